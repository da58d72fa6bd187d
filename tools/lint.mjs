// Lints and checks the form of everything: `npm run lint`; `npm run format` mends what can be mended.

import { spawnSync } from "node:child_process";

import { runPython } from "./python.mjs";

const fix = process.argv.includes("--fix");

function run(command, ...args) {
  return spawnSync(command, args, { stdio: "inherit", shell: process.platform === "win32" }).status;
}

const results = [
  run("prettier", fix ? "--write" : "--check", "--log-level", "warn", "."),
  run("eslint", "--max-warnings", "0", ...(fix ? ["--fix"] : []), "."),
  runPython(["-m", "ruff", "format", ...(fix ? [] : ["--check"]), "."]),
  runPython(["-m", "ruff", "check", ...(fix ? ["--fix"] : []), "."]),
];
process.exitCode = results.every((status) => status === 0) ? 0 : 1;
