/**
 * The cost of evaluating the whole program, compared with an empty program with the same imports from the SDKs, and with
 * one that registers the same resources with inputs from a file. They run in turn, each in its own process, compiled as
 * Pulumi does without type checks.
 */

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { evaluateProgram } from "../../offline/program";
import { stackConfig } from "../../offline/stackConfig";

const runs = 9;

interface Cost {
  /** Wall time, in seconds. */
  readonly seconds: number;
  /** CPU time, in seconds. */
  readonly processor: number;
  /** Peak memory in MiB. */
  readonly memory: number;
}

/** Runs one evaluation; it reports on itself when it ends. */
function evaluate(args: readonly string[]): Cost {
  const start = performance.now();
  const { output, status } = spawnSync(
    process.execPath,
    [
      ...["--require", "ts-node/register/transpile-only"],
      ...[join(__dirname, "evaluate.ts"), ...args],
    ],
    { encoding: "utf8", stdio: ["ignore", "ignore", "inherit", "pipe"] },
  );
  if (status !== 0) {
    throw new Error(`the evaluation of ${args.join(" ")} ended with exit code ${String(status)}`);
  }
  const [processor, memory] = JSON.parse(output[3] ?? "") as [number, number];
  return { seconds: (performance.now() - start) / 1000, processor, memory };
}

function median(costs: readonly Cost[], member: keyof Cost): number {
  const values = costs.map((cost) => cost[member]).sort((left, right) => left - right);
  return values[Math.floor(values.length / 2)] ?? Number.NaN;
}

async function measure(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "restate-bench-"));
  const file = join(folder, "resources.json");
  const costs = { program: [] as Cost[], resources: [] as Cost[], empty: [] as Cost[] };
  try {
    const { resources } = await evaluateProgram("prod", stackConfig("prod"));
    writeFileSync(file, JSON.stringify(resources));
    for (let run = 0; run < runs; run++) {
      costs.empty.push(evaluate(["empty"]));
      costs.resources.push(evaluate(["resources", file]));
      costs.program.push(evaluate(["program"]));
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  console.log(
    "| | whole program | its resources | empty program | whole / resources | whole / empty |",
  );
  console.log("| --- | ---: | ---: | ---: | ---: | ---: |");
  for (const [what, member, digits] of [
    ["wall time (s)", "seconds", 2],
    ["processor time (s)", "processor", 2],
    ["peak memory (MiB)", "memory", 0],
  ] as const) {
    const whole = median(costs.program, member);
    const resources = median(costs.resources, member);
    const empty = median(costs.empty, member);
    const values = [whole, resources, empty].map((value) => value.toFixed(digits));
    const ratios = [whole / resources, whole / empty].map((value) => value.toFixed(2));
    console.log(`| ${[what, ...values, ...ratios].join(" | ")} |`);
  }
}

void measure();
