import { deepEqual, equal, match, ok } from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { stringify } from "yaml";

import { cliScript, local, temporaryFolder } from "../support/localRun";

/** Free on a machine that hands out ports from 32768 on. */
const port = 18_238;

/**
 * A price for each of two sizes, which rare rows of great weight pull far away: the weighted mean is near theirs, the
 * unweighted one far from it.
 */
const rows = Array.from({ length: 600 }, (_, index) => {
  const size = index % 2;
  const isRare = index % 10 < 2;
  const price = (isRare ? 20 : 0) + (size === 1 ? 50 : 0) + (index % 7) / 10;
  return { price, size, exposure: index % 25 === 24 ? 0 : isRare ? 8 : 0.5 };
});

/** A candidate that predicts the weighted mean of each size. */
const candidates = [
  {
    name: "Tree",
    algorithm: "decision-tree",
    ranges: { max_leaf_nodes: { type: "integer", min: 4, max: 5, scaling: "Linear" } },
  },
  {
    name: "Boosted",
    algorithm: "xgboost",
    hyperparameters: { eta: 1, lambda: 0, min_child_weight: 0, base_score: 0, max_depth: 1 },
    ranges: { num_round: { type: "integer", min: 1, max: 1, scaling: "Linear" } },
  },
].map((candidate) => ({ strategy: "Random", maxJobs: 1, maxParallelJobs: 1, ...candidate }));

/** The sum of some values. */
const sum = (values: readonly number[]): number => values.reduce((total, one) => total + one, 0);

describe("a local run with weighted rows", function () {
  this.timeout(300_000);
  const folder = temporaryFolder();
  const workFolder = join(folder, "work");
  const config = join(folder, "config.yaml");
  const data = join(folder, "flats.csv");
  let server: ChildProcess | undefined;

  after(async () => {
    if (server?.exitCode === null) {
      const gone = once(server, "exit");
      server.kill("SIGTERM");
      await gone;
    }
  });

  const run = (): ReturnType<typeof local> =>
    local(["--config-file", config, "--data", data, "--work-folder", workFolder, "--quiet"]);

  before(() => {
    const text = {
      "aws:region": "us-east-1",
      "restate:dataset": {
        table: "flats",
        columns: [
          { name: "price", type: "double" },
          { name: "size", type: "int" },
          { name: "exposure", type: "decimal(6,2)" },
        ],
        ...{ target: "price", sampleWeight: "exposure", servedRows: "raw" },
      },
      "restate:candidates": candidates,
      "restate:driftReference": "true",
      "restate:network": { mode: "none" },
    };
    writeFileSync(config, stringify({ config: text }));
  });

  it("trains on the weights and measures by them", async () => {
    writeFileSync(data, rows.map((row) => `${Object.values(row).join(",")}\n`).join(""));
    const ended = await run();
    equal(ended.code, 0, ended.stderr);
    const [model] = JSON.parse(
      (await local(["models", "--json", "--work-folder", workFolder])).stdout,
    ) as { metadata: Record<string, string> }[];
    const execution = model?.metadata["PipelineExecution"] ?? "";
    const report = readFileSync(
      join(workFolder, "executions", execution, "data_report.json"),
      "utf8",
    );
    match(
      (JSON.parse(report) as { summary: string }).summary,
      /^600 rows read, 24 of weight 0, 576 used: 403 \/ 115 \/ 58; .*; weighted by exposure \(effective sample size \d+\);/,
    );
    const outputs = join(
      ...[workFolder, "s3", "sagemaker-restate-dev-111122223333", "executions", execution],
    );
    const read = (path: string): number[][] =>
      readFileSync(join(outputs, path), "utf8")
        .trim()
        .split("\n")
        .map((line) => line.split(",").map(Number));
    const train = read("train/train.csv") as [number, number, number][];
    const means = [0, 1].map((wanted) => {
      const own = train.filter(([, , size]) => size === wanted);
      return sum(own.map(([price, weight]) => price * weight)) / sum(own.map(([, one]) => one));
    });
    // The rare rows have four fifths of the weight.
    ok((means[0] ?? 0) > 14 && (means[1] ?? 0) > 64, `${means.join(", ")} are not weighted`);

    const test = read("test/test.csv") as [number, number, number][];
    const r2Of = (weightOf: (weight: number) => number): number => {
      const weights = test.map(([, weight]) => weightOf(weight));
      const mean = sum(test.map(([price], row) => price * (weights[row] ?? 0))) / sum(weights);
      const squares = (other: (size: number) => number): number =>
        sum(test.map(([price, , size], row) => (weights[row] ?? 0) * (price - other(size)) ** 2));
      return 1 - squares((size) => means[size] ?? NaN) / squares(() => mean);
    };
    const [weighted, unweighted] = [r2Of((weight) => weight), r2Of(() => 1)];
    ok(weighted - unweighted > 0.05, `${weighted} is not above ${unweighted}`);
    for (const { name } of candidates) {
      const evaluation = JSON.parse(
        readFileSync(join(outputs, "evaluation", name, "evaluation.json"), "utf8"),
      ) as {
        regression_metrics: { r2: { value: number } };
        sample_weight: { column: string; unweighted_r2: number };
      };
      ok(Math.abs(evaluation.regression_metrics.r2.value - weighted) < 1e-6);
      equal(evaluation.sample_weight.column, "exposure");
      ok(Math.abs(evaluation.sample_weight.unweighted_r2 - unweighted) < 1e-6);
      for (const [, prediction = NaN] of read(`evaluation/${name}/predictions.csv`).slice(1)) {
        ok(means.some((mean) => Math.abs(mean - prediction) < 1e-5));
      }
    }
    const shown = `metrics are weighted by exposure; unweighted R²: Tree ${unweighted.toFixed(4)}, `;
    ok(ended.stdout.includes(shown), ended.stdout);
    ok(readFileSync(join(workFolder, "report", "index.html"), "utf8").includes(shown));
    equal(model?.metadata["SampleWeight"], "exposure");
    equal(Number(model.metadata["R2"]).toFixed(6), weighted.toFixed(6));
    equal(Number(model.metadata["UnweightedR2"]).toFixed(6), unweighted.toFixed(6));

    const scenario = join(folder, "scenario.yaml");
    writeFileSync(scenario, "rows: 100\n");
    const simulated = await local([
      ...["simulate", "--scenario", scenario, "--days", "3", "--json"],
      ...["--output", join(folder, "days.html"), "--work-folder", workFolder],
    ]);
    equal(simulated.code, 0, simulated.stderr);
    equal((JSON.parse(simulated.stdout) as { population: number }).population, 115 + 58);

    await local(["approve", "1", "--work-folder", workFolder]);
    server = spawn(process.execPath, [
      ...[...cliScript, "serve", "1", "--work-folder", workFolder, "--port", String(port)],
    ]);
    const lines: string[] = [];
    for await (const chunk of server.stdout ?? []) {
      lines.push(String(chunk));
      if (lines.join("").includes("is served on")) {
        break;
      }
    }
    const invoke = (...args: readonly string[]): ReturnType<typeof local> =>
      local(["invoke", "--raw", "--port", String(port), "--work-folder", workFolder, ...args]);
    const answers = await invoke("--", '[{"size": 0}, {"size": 1, "exposure": 3}]');
    equal(answers.code, 0, answers.stderr);
    const known = answers.stdout.trim().split("\n").map(Number);
    deepEqual(
      known.map((one) => one.toFixed(5)),
      means.map((one) => one.toFixed(5)),
    );
    equal((await invoke("--", "1,")).stdout.trim(), String(known[1]));
  });

  it("fails by name on a weight that is none", async () => {
    const wrong = rows.map((row, index) => (index === 9 ? { ...row, exposure: -1 } : row));
    wrong[20] = { ...wrong[20], exposure: "" } as unknown as (typeof rows)[number];
    writeFileSync(data, wrong.map((row) => `${Object.values(row).join(",")}\n`).join(""));
    const ended = await run();
    equal(ended.code, 1);
    match(
      ended.stderr + ended.stdout,
      /the weight "exposure" must be 0 or a number from 1e-37 to 1e\+38, but is not in 2 rows: /,
    );
  });
});
