// Runs every suite: `npm test`. Arguments go to mocha and pytest as files or folders: `npm test -- tests/local`.
// Ends with the sum of both, and what was skipped and why.

import { spawn } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";

import { projectPython, pythonEnvironment } from "./python.mjs";

/** Runs a command, shows its output, and returns it with the exit code. */
function run(command, args, env) {
  return new Promise((done) => {
    const child = spawn(command, args, { env, stdio: ["ignore", "pipe", "inherit"] });
    const chunks = [];
    child.stdout.on("data", (chunk) => {
      chunks.push(chunk);
      process.stdout.write(chunk);
    });
    child.on("error", (error) => {
      process.stderr.write(`error: cannot run ${command}: ${error.message}\n`);
      done({ code: 1, output: "" });
    });
    child.on("close", (code) => {
      done({ code: code ?? 1, output: Buffer.concat(chunks).toString() });
    });
  });
}

/** The number before a word in a runner's closing lines, such as `12 passing`. */
function count(output, word) {
  // eslint-disable-next-line no-control-regex
  const plain = output.replace(/\u001b\[[0-9;]*m/g, "");
  const found = [...plain.matchAll(new RegExp(`(\\d+) ${word}\\b`, "g"))].at(-1);
  return Number(found?.[1] ?? 0);
}

const named = process.argv.slice(2);
const paths = named.length === 0 ? ["tests"] : named;
const forMocha = paths
  .filter((path) => path.endsWith(".test.ts") || (existsSync(path) && statSync(path).isDirectory()))
  .map((path) => (path.endsWith(".ts") ? path : join(path, "**", "*.test.ts")));
const forPytest = paths.filter((path) => !path.endsWith(".ts"));
const total = { passed: 0, failed: 0, skipped: 0 };
let succeeded = true;

if (forMocha.length > 0) {
  const mocha = join("node_modules", "mocha", "bin", "mocha.js");
  const { code, output } = await run(process.execPath, [mocha, ...forMocha], process.env);
  total.passed += count(output, "passing");
  total.failed += count(output, "failing");
  total.skipped += count(output, "pending");
  succeeded &&= code === 0 || (named.length > 0 && /No test files found/.test(output));
}
if (forPytest.length > 0) {
  const workers = String(Math.min(availableParallelism(), 4));
  const args = [
    "-m",
    "pytest",
    "-q",
    "-ra",
    "--numprocesses",
    workers,
    "--dist",
    "loadfile",
    ...forPytest,
  ];
  const { code, output } = await run(projectPython(), args, pythonEnvironment());
  total.passed += count(output, "passed");
  total.failed += count(output, "failed") + count(output, "errors?");
  total.skipped += count(output, "skipped");
  // pytest's 5: the named paths hold no Python tests.
  succeeded &&= code === 0 || (named.length > 0 && code === 5);
}

if (!succeeded && total.failed === 0) {
  total.failed = 1; // A runner that could not run is a failure too.
}
process.stdout.write(
  `\n${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ""}\n`,
);
process.exitCode = succeeded ? 0 : 1;
