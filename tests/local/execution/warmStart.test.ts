import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { warmStart } from "../../../local/execution/steps/warmStart";
import type { ExecutionDocument, TrialDocument } from "../../../local/records/executionDocument";
import { writeDocument } from "../../../local/records/executionFile";
import { recordPath } from "../../../local/records/executions";
import type { TuningRequest } from "../../../pipeline/language/evaluate";
import { parseText } from "../../../pipeline/language/parse";
import { fakeExecution, FakeJobs } from "../../support/fakeEnvironment";
import { temporaryFolder } from "../../support/localRun";
import { definitionOf } from "../../support/localWorld";

const image = "111122223333.dkr.ecr.us-east-1.amazonaws.com/restate-test:0";
const integers = (...names: readonly string[]) => ({
  IntegerParameterRanges: names.map((Name) => ({ Name, MinValue: "1", MaxValue: "9" })),
});

/** What a tuning job is created with. */
function request(config: object = {}, training: object = {}): TuningRequest {
  return {
    HyperParameterTuningJobConfig: {
      Strategy: "Bayesian",
      HyperParameterTuningJobObjective: { Type: "Minimize", MetricName: "loss" },
      ResourceLimits: { MaxNumberOfTrainingJobs: 10, MaxParallelTrainingJobs: 1 },
      ParameterRanges: integers("depth", "leaves"),
      ...config,
    },
    TrainingJobDefinition: {
      AlgorithmSpecification: { TrainingImage: image, TrainingInputMode: "File" },
      StaticHyperParameters: { fixed: "1" },
      InputDataConfig: [
        {
          ChannelName: "train",
          DataSource: { S3DataSource: { S3DataType: "S3Prefix", S3Uri: "s3://team/now/" } },
        },
      ],
      ...training,
    },
  } as unknown as TuningRequest;
}

function trial(number: number, status: TrialDocument["TrainingJobStatus"], value?: number) {
  return {
    StepName: "Tune",
    Number: number,
    TrainingJobName: `old-Tune-00${number + 1}`,
    TrainingJobStatus: status,
    TunedHyperParameters: { depth: String(number), leaves: "5" },
    Seconds: 1,
    FinalMetricDataList: [],
    ObjectiveHistory: [],
    Log: "logs/trial.log",
    ...(value === undefined
      ? {}
      : { FinalHyperParameterTuningJobObjectiveMetric: { MetricName: "loss", Value: value } }),
  } as unknown as TrialDocument;
}

describe("a warm start", () => {
  const folder = temporaryFolder();
  const { definition } = parseText(definitionOf([]));
  ok(definition);
  const { execution } = fakeExecution(folder, "new", definition, new FakeJobs());

  /** Keeps the record of an execution with one tuning job. */
  function keep(
    id: string,
    properties: object = {},
    trials = [trial(0, "Completed", 3), trial(1, "Completed", 2), trial(2, "Stopped", 1)],
  ): void {
    mkdirSync(join(folder, "executions", id), { recursive: true });
    writeDocument(recordPath(join(folder, "executions", id)), {
      version: 2,
      process: { id: 1 },
      pipelineName: "team",
      execution: {
        CreationTime: "2026-01-02T03:04:05.000Z",
        LastModifiedTime: "2026-01-02T03:04:05.000Z",
        PipelineArn: "arn:aws:sagemaker:us-east-1:111122223333:pipeline/team",
        PipelineExecutionArn: `arn:aws:sagemaker:us-east-1:111122223333:pipeline/team/execution/${id}`,
        PipelineExecutionStatus: "Succeeded",
      },
      parameters: [],
      steps: [
        {
          StepName: "Tune",
          StepType: "Tuning",
          StepStatus: "Succeeded",
          Properties: {
            HyperParameterTuningJobName: `${id}-Tune`,
            HyperParameterTuningJobStatus: "Completed",
            ...request(),
            ...properties,
          },
        },
      ],
      trialCount: trials.length,
      trials,
    } as unknown as ExecutionDocument);
  }

  const start = (
    changed: TuningRequest = request(),
    type: "IdenticalDataAndAlgorithm" | "TransferLearning" = "TransferLearning",
    ...parents: readonly string[]
  ) =>
    warmStart(
      execution,
      "Tune",
      {
        ...changed,
        WarmStartConfig: {
          ParentHyperParameterTuningJobs: (parents.length === 0 ? ["old-Tune"] : parents).map(
            (HyperParameterTuningJobName) => ({ HyperParameterTuningJobName }),
          ),
          WarmStartType: type,
        },
      },
      1,
    );

  const refused = async (changed: TuningRequest, reason: string): Promise<void> => {
    await rejects(start(changed), { message: `WarmStartConfig: parent old-Tune: ${reason}` });
  };

  before(() => {
    keep("old");
    for (const place of ["now", "then"]) {
      mkdirSync(join(folder, "s3", "team", place), { recursive: true });
      writeFileSync(join(folder, "s3", "team", place, "rows.csv"), "1,2\n");
    }
  });

  it("uses all trials with an objective, including their fixed hyperparameters", async () => {
    deepEqual(await start(), {
      earlier: [
        { hyperparameters: { fixed: "1", depth: "0", leaves: "5" }, value: 3 },
        { hyperparameters: { fixed: "1", depth: "1", leaves: "5" }, value: 2 },
        { hyperparameters: { fixed: "1", depth: "2", leaves: "5" }, value: 1 },
      ],
      best: undefined,
    });
    deepEqual(await warmStart(execution, "Tune", request(), 1), { earlier: [], best: undefined });
  });

  it("finds the best completed trial for identical data and algorithm", async () => {
    const { best } = await start(request(), "IdenticalDataAndAlgorithm");
    equal(best?.value, 2);
    deepEqual(
      [best.summary["TuningJobName"], best.summary["TrainingJobName"]],
      ["old-Tune", "old-Tune-002"],
    );
  });

  it("compares data by its content, as each execution has its own folders", async () => {
    const elsewhere = (S3Uri: string): TuningRequest => {
      const { TrainingJobDefinition: training, ...rest } = request();
      const source = { S3DataSource: { S3DataType: "S3Prefix" as const, S3Uri } };
      const channels = [{ ChannelName: "train", DataSource: source }];
      return {
        ...rest,
        TrainingJobDefinition: { ...training, InputDataConfig: channels },
      } as never;
    };
    equal((await start(elsewhere("s3://team/then/"), "IdenticalDataAndAlgorithm")).best?.value, 2);
    writeFileSync(join(folder, "s3", "team", "then", "rows.csv"), "1,3\n");
    const other =
      "WarmStartConfig: parent old-Tune: was trained on other data, or its data is gone, which IdenticalDataAndAlgorithm " +
      "does not allow";
    for (const uri of ["s3://team/then/", "s3://team/gone/"]) {
      await rejects(start(elsewhere(uri), "IdenticalDataAndAlgorithm"), { message: other });
    }
    const imaged = request(
      {},
      {
        AlgorithmSpecification: { TrainingImage: `${image}1`, TrainingInputMode: "File" },
      },
    );
    await rejects(start(imaged, "IdenticalDataAndAlgorithm"), /was trained by another image/);
    equal((await start(imaged)).earlier.length, 3);
  });

  it("refuses the same as SageMaker", async () => {
    const names =
      "The set of tunable plus static HyperParameter names is not the same across current and parent tuning jobs: ";
    await refused(request({ ParameterRanges: integers("depth") }), `${names}leaves`);
    await refused(
      request({}, { StaticHyperParameters: { fixed: "1", more: "2" } }),
      `${names}more`,
    );
    await refused(
      request({
        ParameterRanges: {
          ...integers("depth"),
          ContinuousParameterRanges: [{ Name: "leaves", MinValue: "1", MaxValue: "9" }],
        },
      }),
      "the range of leaves is continuous, but was integer",
    );
    await refused(
      request({
        HyperParameterTuningJobObjective: { Type: "Maximize", MetricName: "loss" },
      }),
      "has the objective Minimize loss, not Maximize loss",
    );
    await rejects(start(request(), "TransferLearning", "nothing-Tune"), {
      message: `WarmStartConfig: ${folder} has no tuning job nothing-Tune`,
    });
    keep("busy", { HyperParameterTuningJobStatus: "InProgress" });
    await rejects(start(request(), "TransferLearning", "busy-Tune"), /busy-Tune: has not ended$/);
    await rejects(
      start(request({ ResourceLimits: { MaxNumberOfTrainingJobs: 748 } })),
      /WarmStartConfig: 748 trials and 3 of its parents are more than 750$/,
    );
  });

  it("counts changes of fixed hyperparameters, and tuned ones that become fixed", async () => {
    const values = Array.from({ length: 9 }, (_, place) => String(place));
    keep("wide", {
      ...request({
        ParameterRanges: {
          ...integers("depth"),
          CategoricalParameterRanges: [{ Name: "leaves", Values: values }],
        },
      }),
    });
    const fixed = (depth: object, fixedValue: string): TuningRequest =>
      request(
        { ParameterRanges: depth },
        {
          StaticHyperParameters: { fixed: fixedValue, leaves: "3" },
        },
      );
    // 9 categories, and a change of a fixed value, which counts twice.
    equal(
      (await start(fixed(integers("depth"), "1"), "TransferLearning", "wide-Tune")).earlier.length,
      3,
    );
    await rejects(
      start(fixed(integers("depth"), "2"), "TransferLearning", "wide-Tune"),
      /11 values of static hyperparameters have changed, but at most 10 may$/,
    );
  });
});
