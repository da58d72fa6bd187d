import { deepEqual, equal, ok } from "node:assert/strict";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { cacheSeconds } from "../../local/execution/steps/cacheConfig";
import type { CacheConfig } from "../../pipeline/language/definition";
import type { FullExecution } from "../../sageMaker/fullExecution";
import type { ExecutionStep } from "../../sageMaker/steps";
import { type Draft, set } from "../support/definitions";
import { executionIn, trialsOf } from "../support/executions";
import { housingRows, writeRows } from "../support/housing";
import { local, smallDefinition, temporaryFolder, writeDefinition } from "../support/localRun";

/** The jobs of steps with a CacheConfig, in the order of the definition: all but DataWranglerProcess. */
const jobs = [
  ...["Preprocess", "TuneDecisionTree", "TuneXGBoost"],
  ...["EvaluateDecisionTree", "EvaluateXGBoost"],
];

describe("the results of equal jobs", () => {
  const folder = temporaryFolder();
  const workFolder = join(folder, "work");
  const rows = housingRows(400);
  const data = writeRows(join(folder, "housing.data"), rows);
  let definition: Draft;
  let first: FullExecution;

  async function run(
    change: (definition: Draft) => void = () => undefined,
    ...args: readonly string[]
  ): Promise<FullExecution> {
    const changed = structuredClone(definition);
    change(changed);
    const { code, stderr, stdout } = await local([
      ...["--definition", writeDefinition(folder, changed), "--data", data],
      ...["--work-folder", workFolder, "--json", "--quiet", ...args],
    ]);
    equal(code, 0, stderr);
    return executionIn(workFolder, (JSON.parse(stdout) as { execution: string }).execution);
  }

  /** The jobs that a run took from an earlier one. */
  const reused = ({ steps }: FullExecution): readonly string[] => {
    const found = steps.filter(({ detail }) => detail?.startsWith("as in") === true);
    const order = ({ name }: ExecutionStep): number => jobs.indexOf(name);
    return found.sort((left, right) => order(left) - order(right)).map(({ name }) => name);
  };

  before(async () => {
    definition = await smallDefinition();
    first = await run();
  });

  it("are reused by all steps with a CacheConfig in a second run, which has the same result", async () => {
    deepEqual(reused(first), []);
    const second = await run();
    deepEqual(reused(second), jobs);
    deepEqual(readdirSync(join(workFolder, "executions", second.id, "logs")).sort(), [
      ...["DataWranglerProcess-athena.log", "DataWranglerProcess.log"],
    ]);
    const scores = ({ candidates }: FullExecution): unknown =>
      candidates.map(({ best, metrics, trials }) => [
        metrics,
        best?.hyperparameters,
        trials.length,
      ]);
    deepEqual(scores(second), scores(first));
    deepEqual([second.winner?.name, second.winner?.version], [first.winner?.name, 2]);
    equal(trialsOf(second)[0]?.reusedFrom, first.id);
    // They are where the second run would have written them.
    const bucket = join(workFolder, "s3", "sagemaker-restate-dev-111122223333");
    const objects = join(bucket, "executions", second.id);
    deepEqual(readdirSync(objects).sort(), [
      ...["data-wrangler", "evaluation", "metadata", "test", "train", "validation"],
    ]);
  });

  it("are not reused with --no-cache", async () => {
    deepEqual(reused(await run(undefined, "--no-cache")), []);
  });

  it("are not reused by steps whose arguments changed", async () => {
    const record = await run((changed) => {
      const static_ = ["Steps", "TuneXGBoost", "Arguments", "TrainingJobDefinition"];
      set(changed, [...static_, "StaticHyperParameters", "num_round"], "21");
    });
    deepEqual(
      reused(record),
      jobs.filter((name) => !name.endsWith("XGBoost")),
    );
  });

  it("are not reused if the data changed", async () => {
    writeRows(data, rows.slice(1));
    deepEqual(reused(await run()), []);
    writeRows(data, rows);
  });

  it("are not reused if their outputs are gone", async () => {
    const before = await run();
    const bucket = join(workFolder, "s3", "sagemaker-restate-dev-111122223333");
    for (const id of readdirSync(join(bucket, "executions"))) {
      rmSync(join(bucket, "executions", id, "test"), { recursive: true, force: true });
    }
    deepEqual(reused(before), jobs);
    const record = await run();
    // Preprocess runs again; what it makes is what it was, so the others need not.
    deepEqual(
      reused(record),
      jobs.filter((name) => name !== "Preprocess"),
    );
  });

  it("are not reused if a CacheConfig disables it, or they have expired", async () => {
    const record = await run((changed) => {
      set(changed, ["Steps", "Preprocess", "CacheConfig"], { Enabled: false });
      const config = { Enabled: true, ExpireAfter: "PT0S" };
      set(changed, ["Steps", "TuneDecisionTree", "CacheConfig"], config);
    });
    deepEqual(
      reused(record),
      jobs.filter((name) => name !== "Preprocess" && name !== "TuneDecisionTree"),
    );
    ok(
      trialsOf(record).every(
        ({ reusedFrom, step }) => (reusedFrom === undefined) === (step === "TuneDecisionTree"),
      ),
    );
  });

  it("are not reused if their records are damaged, which does no harm", async () => {
    const cache = join(workFolder, "cache");
    const files = readdirSync(cache).sort();
    files.forEach((file, index) => {
      const path = join(cache, file);
      const content = readFileSync(path, "utf8");
      writeFileSync(
        path,
        index % 3 === 0
          ? ""
          : index % 3 === 1
            ? content.slice(0, -20)
            : content.replace("s3:", "s4:"),
      );
    });
    deepEqual(reused(await run()), []);
    deepEqual(reused(await run()), jobs);
  });
});

describe("cacheSeconds", () => {
  const cases: readonly (readonly [CacheConfig, number])[] = [
    [{ Enabled: true, ExpireAfter: "P30D" }, 30 * 86_400],
    [{ Enabled: true, ExpireAfter: "p30d" }, 30 * 86_400],
    [{ Enabled: true, ExpireAfter: "P1DT2H3M4S" }, 86_400 + 2 * 3600 + 3 * 60 + 4],
    [{ Enabled: true, ExpireAfter: "P1Y2M1W" }, (365 + 60 + 7) * 86_400],
    [{ Enabled: true, ExpireAfter: "PT4H" }, 4 * 3600],
    [{ Enabled: true, ExpireAfter: "30d" }, 30 * 86_400],
    [{ Enabled: true, ExpireAfter: "T16m" }, 16 * 60],
    [{ Enabled: true, ExpireAfter: "30dT5h" }, 30 * 86_400 + 5 * 3600],
    [{ Enabled: true }, Infinity],
    [{ Enabled: false, ExpireAfter: "P30D" }, 0],
  ];
  for (const [config, seconds] of cases) {
    it(`reads ${JSON.stringify(config)}`, () => {
      equal(cacheSeconds(config), seconds);
    });
  }

  it("reuses no result of another execution for a step without a CacheConfig", () => {
    deepEqual([cacheSeconds(undefined), cacheSeconds(null)], [0, 0]);
  });
});
