import { deepEqual, equal, match, ok } from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { stringify } from "yaml";

import type { JsonObject } from "../../pipeline/language/json";
import { command, local, temporaryFolder } from "../support/localRun";

/** A tuning that tries depths in order: deeper is better where there is much to learn. */
const depths = (name: string, algorithm: string, hyperparameters: JsonObject): JsonObject => ({
  name,
  algorithm,
  hyperparameters,
  strategy: "Grid",
  ranges: { max_depth: { type: "categorical", values: [1, 2, 4, 8] } },
  maxJobs: 4,
});
const candidates = [
  depths("Tree", "decision-tree", { random_state: 1 }),
  depths("Boost", "xgboost", {
    objective: "reg:squarederror",
    num_round: 60,
    early_stopping_rounds: 5,
  }),
];

interface Outcome {
  readonly status: string;
  readonly candidates: readonly { readonly name: string; readonly r2: number }[];
}

/** Writes a table as Parquet, by an SQL query, and the configuration that names its columns. */
async function prepare(
  folder: string,
  columns: Readonly<Record<string, string>>,
  query: string,
): Promise<readonly string[]> {
  const data = join(folder, "data.parquet");
  const script = `import duckdb, sys; duckdb.sql(sys.argv[1]).write_parquet(sys.argv[2])`;
  const made = await command(join(".venv", "bin", "python"), ["-c", script, query, data]);
  equal(made.code, 0, made.stderr);
  const config = {
    "aws:region": "us-east-1",
    "restate:dataset": {
      table: "strange",
      format: "parquet",
      columns: Object.entries(columns).map(([name, type]) => ({ name, type })),
      target: "y",
    },
    "restate:candidates": candidates,
    "restate:network": { mode: "none" },
    "restate:protect": false,
    "restate:forceDestroy": true,
  };
  writeFileSync(join(folder, "config.yaml"), stringify({ config }));
  return ["--config-file", join(folder, "config.yaml"), "--data", data, "--work-folder", folder];
}

const work = (folder: string): string => join(folder, "work");

describe("the local run of a strange table", function () {
  this.timeout(600_000);

  for (const deviation of [0.001]) {
    it(`ranks the trials of both families for a target with standard deviation ${deviation}`, async () => {
      const folder = temporaryFolder();
      // sin has a standard deviation of 0.7071 over whole periods.
      const args = await prepare(
        folder,
        { y: "double", x: "double", z: "double" },
        `select 3 + ${deviation} / 0.7071 * sin(x) as y, x, z from (select range * 0.0418879e0 as x,
         hash(range) % 1000 / 1e3 as z from range(600))`,
      );
      const { code, stderr, stdout } = await local(["--json", ...args.slice(0, -1), work(folder)]);
      equal(code, 0, stderr);
      const { candidates: found } = JSON.parse(stdout) as Outcome;
      const lines = readFileSync(join(work(folder), "trials.csv"), "utf8").split("\n");
      for (const { name, r2 } of found) {
        ok(r2 > 0.6, `${name}: ${r2}`);
        const objectives = lines
          .filter((line) => line.includes(`,Tune${name},`))
          .map((line) => ({
            depth: Number(/max_depth""?:""?"?"?(\d+)/.exec(line)?.[1]),
            value: Number(/,validation:rmse,([^,]+),/.exec(line)?.[1]),
          }))
          .sort((one, other) => one.depth - other.depth);
        equal(new Set(objectives.map(({ value }) => value)).size, 4, JSON.stringify(objectives));
        ok((objectives[0]?.value ?? 0) > (objectives[3]?.value ?? 1), JSON.stringify(objectives));
      }
    });
  }

  it("keeps labels intact, whatever they contain", async () => {
    const folder = temporaryFolder();
    const labels = ["a,b", 'say "c"', "two\nlines", "日本 ü", "it's", "; |\t#"];
    const list = labels.map((label) => `'${label.replaceAll("'", "''")}'`).join(", ");
    const args = await prepare(
      folder,
      { y: "double", kind: "string", x: "double" },
      `select range % 6 + range / 1e4 as y, [${list}][range % 6 + 1] as kind, range / 1e2 as x from range(300)`,
    );
    const { code, stderr, stdout } = await local(["--json", ...args.slice(0, -1), work(folder)]);
    equal(code, 0, stderr);
    for (const { name, r2 } of (JSON.parse(stdout) as Outcome).candidates) {
      ok(r2 > 0.9, `${name}: ${r2}`);
    }
    const files = readdirSync(work(folder), { recursive: true, encoding: "utf8" });
    const file = files.find((path) => path.endsWith("feature_names.json")) ?? "";
    const names = JSON.parse(readFileSync(join(work(folder), file), "utf8")) as readonly string[];
    deepEqual([...names].sort(), ["x", ...labels.map((label) => `kind_${label}`)].sort());
  });

  it("names labels that would share a column before anything runs", async () => {
    const folder = temporaryFolder();
    const args = await prepare(
      folder,
      { y: "double", kind: "string", kind_b: "double" },
      `select range / 1e1 as y, ['a', 'a ', 'b'][range % 3 + 1] as kind, range::double as kind_b from range(30)`,
    );
    const { code, stderr } = await local([...args.slice(0, -1), work(folder)]);
    equal(code, 1);
    match(stderr, /column kind: the labels "a", "a " differ only by surrounding blanks/);
    match(stderr, /column kind_b and label "b" of column kind would both be the column "kind_b"/);
    const executions = join(work(folder), "executions");
    deepEqual(existsSync(executions) ? readdirSync(executions) : [], []);
  });
});
