// Runs benchmarks: `npm run bench -- NAME [OPTION...]`; without a name, all of them in turn. Each prints a Markdown table
// that includes the baseline from the same run; see docs/benchmarks.md.

import { runPython } from "./python.mjs";

const benches = ["commands", "container", "drift", "intervals", "local", "tuning"];

const [name, ...options] = process.argv.slice(2);
if (name !== undefined && !benches.includes(name)) {
  process.stderr.write(
    `error: there is no benchmark "${name}"; the benchmarks are ${benches.join(", ")}\n`,
  );
  process.exit(2);
}
const chosen = name === undefined ? benches : [name];
process.exitCode = Math.max(
  ...chosen.map((bench) => runPython(["-m", `bench.${bench}`, ...options])),
);
