/**
 * What evaluating the whole program costs, against an empty program that imports the same of the SDKs. Each
 * runs in processes of its own, in turns, compiled as Pulumi does where types are checked elsewhere.
 */

import { spawnSync } from "node:child_process";
import { join } from "node:path";

const runs = 9;

interface Cost {
  /** Wall time, in seconds. */
  readonly seconds: number;
  /** Time of all processors, in seconds. */
  readonly processor: number;
  /** Most memory at once, in MiB. */
  readonly memory: number;
}

/** Runs one evaluation; it reports on itself when it ends. */
function evaluate(which: "empty" | "program"): Cost {
  const start = performance.now();
  const { output, status } = spawnSync(
    process.execPath,
    [...["--require", "ts-node/register/transpile-only"], join(__dirname, "evaluate.ts"), which],
    { encoding: "utf8", stdio: ["ignore", "ignore", "inherit", "pipe"] },
  );
  if (status !== 0) {
    throw new Error(`the evaluation of ${which} ended with exit code ${String(status)}`);
  }
  const [processor, memory] = JSON.parse(output[3] ?? "") as [number, number];
  return { seconds: (performance.now() - start) / 1000, processor, memory };
}

function median(costs: readonly Cost[], member: keyof Cost): number {
  const values = costs.map((cost) => cost[member]).sort((left, right) => left - right);
  return values[Math.floor(values.length / 2)] ?? Number.NaN;
}

const costs = { empty: [] as Cost[], program: [] as Cost[] };
for (let run = 0; run < runs; run++) {
  costs.empty.push(evaluate("empty"));
  costs.program.push(evaluate("program"));
}
console.log("| | whole program | empty program | ratio |");
console.log("| --- | ---: | ---: | ---: |");
for (const [what, member, digits] of [
  ["wall time (s)", "seconds", 2],
  ["processor time (s)", "processor", 2],
  ["peak memory (MiB)", "memory", 0],
] as const) {
  const whole = median(costs.program, member);
  const empty = median(costs.empty, member);
  console.log(
    `| ${what} | ${whole.toFixed(digits)} | ${empty.toFixed(digits)} | ${(whole / empty).toFixed(2)} |`,
  );
}
