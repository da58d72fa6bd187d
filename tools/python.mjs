// Runs the project's Python: `node tools/python.mjs ARGUMENT...`.

import { spawnSync } from "node:child_process";
import { delimiter, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = resolve(fileURLToPath(import.meta.url), "..", "..");

/** The interpreter of the project's environment, which tools/setup.mjs creates. */
export function projectPython() {
  const path = process.platform === "win32" ? ["Scripts", "python.exe"] : ["bin", "python"];
  return join(root, ".venv", ...path);
}

/** The environment in which Python finds the project's modules. */
export function pythonEnvironment() {
  return { ...process.env, PYTHONPATH: [root, join(root, "container")].join(delimiter) };
}

/** Runs the interpreter, and returns its exit code. */
export function runPython(args) {
  const { error, status } = spawnSync(projectPython(), args, {
    cwd: root,
    stdio: "inherit",
    env: pythonEnvironment(),
  });
  if (error !== undefined) {
    process.stderr.write(`error: cannot run ${projectPython()}: ${error.message}\n`);
  }
  return status ?? 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.exitCode = runPython(process.argv.slice(2));
}
