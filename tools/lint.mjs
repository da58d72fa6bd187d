// Lints everything and checks its format: `npm run lint`; `npm run format` fixes what can be fixed.

import { spawnSync } from "node:child_process";
import { join } from "node:path";

import { runPython } from "./python.mjs";

const fix = process.argv.includes("--fix");

function runNode(script, ...args) {
  const path = join("node_modules", ...script.split("/"));
  return spawnSync(process.execPath, [path, ...args], { stdio: "inherit" }).status;
}

const results = [
  spawnSync(process.execPath, ["tools/circles.mjs"], { stdio: "inherit" }).status,
  runNode("prettier/bin/prettier.cjs", fix ? "--write" : "--check", "--log-level", "warn", "."),
  runNode("eslint/bin/eslint.js", "--max-warnings", "0", ...(fix ? ["--fix"] : []), "."),
  runPython(["-m", "ruff", "format", ...(fix ? [] : ["--check"]), "."]),
  runPython(["-m", "ruff", "check", ...(fix ? ["--fix"] : []), "."]),
];
process.exitCode = results.every((status) => status === 0) ? 0 : 1;
