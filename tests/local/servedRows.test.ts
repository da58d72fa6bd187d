import { deepEqual, equal, match, ok } from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { stringify } from "yaml";

import { cliScript, local, temporaryFolder } from "../support/localRun";

/** Free on a machine that hands out ports from 32768 on. */
const port = 18_237;

const labels = ["north", "south; east", '5" pipe', "Süd\u00a0West", "o'hare", "a+b%20", "日本"];

interface Row {
  readonly price: number;
  /** Its values in the table's order, as the file has them. */
  readonly values: Readonly<Record<string, string>>;
}

/** A number by chance, the same each time: 0 to 1. */
function chanceOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

/** Rows whose prices are all different, so that they tell which is which. */
function rowsOf(count: number): readonly Row[] {
  const chance = chanceOf(7);
  const digits = (number: number): string => String(Math.floor(number)).padStart(2, "0");
  return Array.from({ length: count }, (_, index): Row => {
    const area = 20 + 180 * chance();
    const label = labels[Math.floor(chance() * labels.length)] ?? "";
    const month = 1 + Math.floor(chance() * 12);
    const isMissing = chance() < 0.15;
    const price = Math.round(area * 10 + labels.indexOf(label) * 100 + month * 5) + index / 1000;
    return {
      price,
      values: {
        area: isMissing ? "NA" : `1.${digits(area).padStart(3, "0")},${digits(99 * chance())}`,
        label: chance() < 0.1 ? "" : label,
        sold: `${digits(1 + 28 * chance())}.${digits(month)}.${2015 + Math.floor(8 * chance())}`,
        lift: chance() < 0.5 ? "true" : "false",
        note: `row ${index}; of "many"`,
      },
    };
  });
}

const quoted = (values: readonly string[]): string =>
  values.map((value) => `"${value.replaceAll('"', '""')}"`).join(";");

const candidates = {
  Tree: {
    algorithm: "decision-tree",
    hyperparameters: { random_state: 1 },
    ranges: { max_leaf_nodes: { type: "integer", min: 20, max: 60, scaling: "Linear" } },
  },
  /** Behind it, another container adds intervals. */
  Boosted: {
    algorithm: "xgboost",
    hyperparameters: { objective: "reg:squarederror", num_round: 20 },
    ranges: { eta: { type: "continuous", min: 0.2, max: 0.4, scaling: "Linear" } },
  },
};

describe("a model that accepts the table's own rows,", function () {
  this.timeout(300_000);
  const folder = temporaryFolder();
  const workFolder = join(folder, "work");
  const data = join(folder, "flats.csv");
  const rows = rowsOf(400);
  let server: ChildProcess | undefined;

  before(() => {
    const names = Object.keys(rows[0]?.values ?? {});
    const lines = rows.map(({ price, values }) => {
      const written = price.toFixed(3).replace(".", ",");
      return quoted([...Object.values(values), written]);
    });
    writeFileSync(data, `${[quoted([...names, "price"]), ...lines].join("\n")}\n`);
  });

  afterEach(async () => {
    const ending = server;
    server = undefined;
    if (ending?.exitCode === null) {
      const gone = new Promise((done) => ending.once("exit", done));
      ending.kill("SIGTERM");
      await gone;
    }
  });

  const serve = async (version: string): Promise<void> => {
    const child = spawn(process.execPath, [
      ...[...cliScript, "serve", version, "--work-folder", workFolder, "--port", String(port)],
    ]);
    server = child;
    await new Promise<void>((answers, failed) => {
      let errors = "";
      child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
      child.stdout.on("data", (chunk: Buffer) => {
        if (chunk.toString().includes("is served on")) {
          answers();
        }
      });
      child.once("exit", (code) => {
        failed(new Error(`serve ended with ${String(code)}: ${errors}`));
      });
    });
  };

  const invoke = (...args: readonly string[]): ReturnType<typeof local> =>
    local(["invoke", "--raw", "--port", String(port), "--work-folder", workFolder, ...args]);

  Object.entries(candidates).forEach(([name, candidate], index) => {
    it(`returns the same predictions for the test rows as ${name} in the pipeline`, async () => {
      const config = join(folder, "config.yaml");
      const text = {
        "aws:region": "us-east-1",
        "restate:dataset": {
          table: "flats",
          target: "price",
          columns: [
            { name: "area", type: "double" },
            { name: "label", type: "string" },
            { name: "sold", type: "string" },
            { name: "lift", type: "boolean" },
            { name: "note", type: "string" },
            { name: "price", type: "double" },
          ],
          ...{ headerLines: 1, delimiter: ";", quoted: true, decimal: ",", thousands: "." },
          ...{ nullTexts: ["NA"], missingValues: "impute", servedRows: "raw" },
          ...(name === "Boosted" ? { predictionIntervals: 0.8 } : {}),
          ...{ dropped: ["note"], dateFormats: { sold: "%d.%m.%Y" }, dateParts: { sold: "auto" } },
        },
        "restate:candidates": [
          { name, strategy: "Random", maxJobs: 1, maxParallelJobs: 1, ...candidate },
        ],
        "restate:minimumR2": "-100",
        "restate:network": { mode: "none" },
      };
      writeFileSync(config, stringify({ config: text }));
      const args = ["--config-file", config, "--data", data, "--work-folder", workFolder];
      const run = await local([...args, "--quiet", "--json"]);
      equal(run.code, 0, run.stderr);
      const { execution } = JSON.parse(run.stdout) as { execution: string };
      const bucket = join(workFolder, "s3", "sagemaker-restate-dev-111122223333");
      const evaluated = (file: string): string =>
        readFileSync(join(bucket, "executions", execution, "evaluation", name, file), "utf8");
      const { prediction_interval: interval } = JSON.parse(evaluated("evaluation.json")) as {
        prediction_interval?: { half_width: number };
      };
      equal(interval !== undefined, name === "Boosted");
      const page = readFileSync(join(workFolder, "report", "index.html"), "utf8");
      match(page, /contains the actual value with \d\d %\s+confidence/);
      equal(/with 80 %\s+confidence/.test(page), name === "Boosted");
      const endsOf = (score: number): readonly number[] =>
        interval === undefined ? [] : [score - interval.half_width, score + interval.half_width];
      const predicted = new Map(
        evaluated("predictions.csv")
          .trim()
          .split("\n")
          .slice(1)
          .map((line) => line.split(",").map(Number) as [number, number]),
      );
      const tested = rows.filter(({ price }) => predicted.has(price));
      equal(tested.length, 40);
      const expected = tested.map(({ price }) => predicted.get(price) ?? NaN);
      const close = (stdout: string): void => {
        const answers = stdout.trim().split("\n");
        equal(answers.length, expected.length);
        answers.forEach((line, place) => {
          const [answer = NaN, ...ends] = line.split(",").map(Number);
          deepEqual(ends, endsOf(answer));
          const wanted = expected[place] ?? NaN;
          ok(Math.abs(answer - wanted) <= 1e-6 * Math.abs(wanted), `${answer} is not ${wanted}`);
        });
      };

      const models = await local(["models", "--json", "--work-folder", workFolder]);
      const { version = 0 } = (JSON.parse(models.stdout) as { version: number }[])[index] ?? {};
      await local(["approve", String(version), "--work-folder", workFolder]);
      await serve(String(version));
      const csv = join(folder, "rows.csv");
      writeFileSync(csv, tested.map(({ values }) => quoted(Object.values(values))).join("\n"));
      const byRow = await invoke(csv);
      equal(byRow.code, 0, byRow.stderr);
      close(byRow.stdout);
      const json = join(folder, "rows.json");
      writeFileSync(json, JSON.stringify(tested.map(({ values }) => values)));
      close((await invoke(json)).stdout);
      const [first] = tested;
      const one = await invoke("--json", "--", JSON.stringify(first?.values));
      const score = Number(byRow.stdout.split(/[,\n]/)[0]);
      deepEqual(JSON.parse(one.stdout), [
        interval === undefined ? score : { score, interval: endsOf(score) },
      ]);

      const refused = await invoke("--", '"1,5";"north";"31.02.2020";"true";""');
      equal(refused.code, 1);
      match(
        refused.stderr,
        /^error: the model rejects line 1: .*\(400\) from container-1 .*row 1: sold must be in the form %d\.%m\.%Y, not .*31\.02\.2020/,
      );
      match(
        (await invoke("--", '"1,5";"north"')).stderr,
        /row 1 has 2 values; expected the 5 columns of flats without price, separated by ';': area, label/,
      );
    });
  });
});
