import { DescribeHyperParameterTuningJobCommand } from "@aws-sdk/client-sagemaker";
import { deepEqual, equal, match } from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { stringify } from "yaml";

import type { JsonObject } from "../../pipeline/language/json";
import { housingRows, writeRows } from "../support/housing";
import { local, temporaryFolder } from "../support/localRun";
import { localWorld, sageMakerOf } from "../support/localWorld";

interface ListedTrial {
  readonly number: number;
  readonly tuningJob: string;
  readonly trainingJobName: string;
  readonly objective: number;
}

describe("a local run that starts from another's results", () => {
  const folder = temporaryFolder();
  const work = ["--work-folder", join(folder, "work")];
  const data = writeRows(join(folder, "housing.data"), housingRows(400));

  /** Writes the configuration of a stack with one candidate, and returns its path. */
  function configured(change: JsonObject): string {
    const path = join(folder, "stack.yaml");
    const candidate = {
      name: "Tree",
      algorithm: "decision-tree",
      ranges: { max_depth: { type: "integer", min: 2, max: 9 } },
      ...{ maxJobs: 3, maxParallelJobs: 1, ...change },
    };
    const config = { "aws:region": "us-east-1", "restate:candidates": [candidate] };
    writeFileSync(path, stringify({ config: { ...config, "restate:network": { mode: "none" } } }));
    return path;
  }

  async function run(change: JsonObject, ...options: readonly string[]) {
    const config = ["--config-file", configured(change), "--data", data];
    return local([...config, ...work, ...options]);
  }

  const trials = async (): Promise<readonly ListedTrial[]> =>
    JSON.parse((await local(["trials", "--json", ...work])).stdout) as readonly ListedTrial[];

  it("uses an execution's tuning jobs with one option, and does not repeat their trials", async () => {
    equal((await run({})).stderr, "");
    const first = await trials();
    const parent = first[0]?.tuningJob ?? "";
    match(
      (await local(["trials", ...work])).stdout,
      new RegExp(`\\nTuning job of TuneTree: ${parent}\\n$`),
    );
    const warm = { warmStart: { parents: ["some-other-job"], type: "IdenticalDataAndAlgorithm" } };
    const failed = await run(warm);
    equal(failed.code, 1);
    match(failed.stderr, /WarmStartConfig: .* has no tuning job some-other-job/);

    const execution = parent.split("-")[0] ?? "";
    const ended = await run({ ...warm, maxJobs: 2 }, "--warm-start", execution);
    equal(ended.code, 0, ended.stderr);
    match(ended.stdout, /starts from 3 of 3 earlier trials/);
    const second = await trials();
    equal(second.length, 2);
    const [{ tuningJob } = { tuningJob: "" }] = second;
    const described = await sageMakerOf(localWorld(join(folder, "work"))).send(
      new DescribeHyperParameterTuningJobCommand({ HyperParameterTuningJobName: tuningJob }),
    );
    const best = [...first, ...second].sort((one, other) => one.objective - other.objective)[0];
    deepEqual(
      {
        parents: described.WarmStartConfig?.ParentHyperParameterTuningJobs,
        completed: described.TrainingJobStatusCounters?.Completed,
        best: described.BestTrainingJob?.TrainingJobName,
        overall: described.OverallBestTrainingJob?.TrainingJobName,
        launchedBy: described.OverallBestTrainingJob?.TuningJobName,
      },
      {
        parents: [{ HyperParameterTuningJobName: parent }],
        completed: 2,
        best: second[0]?.trainingJobName,
        overall: best?.trainingJobName,
        launchedBy: best?.tuningJob,
      },
    );
  });

  it("names what is missing", async () => {
    const none = await run({}, "--warm-start");
    equal(none.code, 1);
    match(
      none.stderr,
      /^error: --warm-start: no candidate has warmStart; set it in restate:candidates/,
    );
    const warm = { warmStart: { parents: ["some-other-job"] } };
    const unknown = await run(warm, "--warm-start", "nothing");
    deepEqual([unknown.code, unknown.stderr.includes("has no execution nothing")], [1, true]);
  });
});
