// Lints and checks the form of everything: `npm run lint`; `npm run format` fixes what can be fixed.

import { spawnSync } from "node:child_process";
import { join } from "node:path";

import { findCircles } from "./circles.mjs";
import { runPython } from "./python.mjs";

const fix = process.argv.includes("--fix");

function runNode(script, ...args) {
  const path = join("node_modules", ...script.split("/"));
  return spawnSync(process.execPath, [path, ...args], { stdio: "inherit" }).status;
}

/** Says which files import each other. */
function checkCircles() {
  const circles = findCircles();
  for (const circle of circles) {
    console.error(`files import each other: ${circle.join(" -> ")}`);
  }
  return circles.length === 0 ? 0 : 1;
}

const results = [
  checkCircles(),
  runNode("prettier/bin/prettier.cjs", fix ? "--write" : "--check", "--log-level", "warn", "."),
  runNode("eslint/bin/eslint.js", "--max-warnings", "0", ...(fix ? ["--fix"] : []), "."),
  runPython(["-m", "ruff", "format", ...(fix ? [] : ["--check"]), "."]),
  runPython(["-m", "ruff", "check", ...(fix ? ["--fix"] : []), "."]),
];
process.exitCode = results.every((status) => status === 0) ? 0 : 1;
