// Runs benchmarks: `npm run bench -- NAME [OPTION...]`; without a name, all of them in turn. Each prints a Markdown table
// that includes the baseline from the same run; see docs/benchmarks.md.

import { spawnSync } from "node:child_process";

import { runPython } from "./python.mjs";

const transpile = ["--require", "ts-node/register/transpile-only"];
const typescript = (file) => (options) =>
  spawnSync(process.execPath, [...transpile, file, ...options], { stdio: "inherit" }).status ?? 1;

const python = (name) => (options) => runPython(["-m", `bench.${name}`, ...options]);

const benches = {
  commands: python("commands"),
  container: python("container"),
  definition: typescript("bench/definition.ts"),
  drift: python("drift"),
  intervals: python("intervals"),
  local: python("local"),
  program: typescript("bench/program/index.ts"),
  tuning: python("tuning"),
};

const [name, ...options] = process.argv.slice(2);
if (name !== undefined && !Object.hasOwn(benches, name)) {
  process.stderr.write(
    `error: there is no benchmark "${name}"; the benchmarks are ${Object.keys(benches).join(", ")}\n`,
  );
  process.exit(2);
}
const chosen = name === undefined ? Object.values(benches) : [benches[name]];
process.exitCode = Math.max(...chosen.map((bench) => bench(options)));
