import { deepEqual, equal, rejects } from "node:assert/strict";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { thisProcess } from "../../local/environments/processes";
import type {
  ExecutionDocument,
  StepDocument,
  TrialDocument,
} from "../../local/records/executionDocument";
import { writeDocument } from "../../local/records/executionFile";
import { definitionPath, recordPath } from "../../local/records/executions";
import { ObjectStore } from "../../local/storage/objectStore";
import { writeJson } from "../../local/storage/files";
import { Workspace } from "../../local/records/workspace";
import { crossValidationFile } from "../../pipeline/crossValidationSteps";
import type { Step } from "../../pipeline/language/definition";
import { condition, definitionOf, step, tuningStep } from "../report/records";
import { executionIn } from "../support/executions";
import { temporaryFolder } from "../support/localRun";

const arnPrefix = "arn:aws:sagemaker:us-east-1:111122223333";
const id = "abcdefghijkl";

const times = { StartTime: "2026-01-02T03:04:05.000Z", EndTime: "2026-01-02T03:04:15.500Z" };

/** A tuning step that has ended. */
function tuned(name: string): StepDocument {
  const job = `${id}-${name}`;
  return {
    ...{ StepName: name, StepType: "Tuning", StepStatus: "Succeeded", ...times },
    Metadata: { TuningJob: { Arn: `${arnPrefix}:hyper-parameter-tuning-job/${job}` } },
    Properties: {
      HyperParameterTuningJobName: job,
      HyperParameterTuningJobConfig: {
        HyperParameterTuningJobObjective: { Type: "Maximize", MetricName: "r2" },
      },
      TrainingJobDefinition: {
        StaticHyperParameters: { rounds: "20", _for: "SageMaker" },
        OutputDataConfig: { S3OutputPath: "s3://bucket/models/" },
      },
    },
  };
}

/** A processing step that has written a file. */
function measured(name: string): StepDocument {
  const ProcessingJobArn = `${arnPrefix}:processing-job/${id}-${name}`;
  const S3Output = { S3Uri: `s3://bucket/${name}` };
  return {
    ...{ StepName: name, StepType: "Processing", StepStatus: "Succeeded", ...times },
    Metadata: { ProcessingJob: { Arn: ProcessingJobArn } },
    Properties: {
      ProcessingJobName: `${id}-${name}`,
      ProcessingJobArn,
      ProcessingOutputConfig: { Outputs: [{ OutputName: "report", S3Output }] },
    },
  };
}

function trialDocument(
  number: number,
  objective: number | undefined,
  more: Partial<TrialDocument> = {},
): TrialDocument {
  const name = `${id}-TuneTree-00${number + 1}`;
  return {
    StepName: "TuneTree",
    Number: number,
    TrainingJobName: name,
    TrainingJobArn: `${arnPrefix}:training-job/${name}`,
    CreationTime: `2026-01-02T03:04:0${6 + number}.000Z`,
    TrainingStartTime: `2026-01-02T03:04:0${6 + number}.000Z`,
    TrainingEndTime: `2026-01-02T03:04:0${6 + number}.500Z`,
    TrainingJobStatus: objective === undefined ? "Failed" : "Completed",
    TunedHyperParameters: { eta: `0.${number}` },
    FinalHyperParameterTuningJobObjectiveMetric:
      objective === undefined ? undefined : { MetricName: "r2", Value: objective },
    FinalMetricDataList: objective === undefined ? [] : [{ MetricName: "r2", Value: objective }],
    ObjectiveHistory: objective === undefined ? [] : [0, objective],
    Seconds: 0.5,
    Log: `logs/${name}.log`,
    ...more,
  };
}

/** A step that measures the result of another. */
function evaluation(name: string, of: string, file: string): Step {
  return step(name, {
    DependsOn: [of],
    PropertyFiles: [{ PropertyFileName: file, OutputName: "report", FilePath: "report.json" }],
  });
}

describe("an execution, read through the API,", () => {
  const folder = temporaryFolder();
  const workspace = new Workspace(folder);
  const own = workspace.execution(id);
  const definition = definitionOf([
    { ...tuningStep("TuneTree", {}), DisplayName: "Tree" },
    evaluation("EvaluateTree", "TuneTree", "Evaluation"),
    evaluation("ValidateTree", "TuneTree", crossValidationFile),
    step("Register", { Type: "RegisterModel", DependsOn: ["TuneTree"] }),
    condition(
      "Check",
      [{ ...tuningStep("First", {}), DisplayName: "Same" }],
      [{ ...tuningStep("Second", {}), DisplayName: "Same" }],
    ),
  ]);
  const document: ExecutionDocument = {
    version: 2,
    process: thisProcess(),
    pipelineName: "Team",
    execution: {
      PipelineArn: `${arnPrefix}:pipeline/team`,
      PipelineExecutionArn: `${arnPrefix}:pipeline/team/execution/${id}`,
      PipelineExecutionStatus: "Succeeded",
      CreationTime: "2026-01-02T03:04:05.000Z",
      LastModifiedTime: "2026-01-02T03:05:05.000Z",
    },
    trialCount: 4,
    parameters: [{ Name: "Seed", Value: "7" }],
    steps: [tuned("TuneTree"), measured("EvaluateTree"), measured("ValidateTree")],
    trials: [
      trialDocument(0, 0.5),
      trialDocument(1, 0.75, { SourcePipelineExecution: "mnopqrstuvwx" }),
      trialDocument(2, undefined, { FailureReason: "no luck" }),
      trialDocument(3, undefined, { TrainingJobStatus: "InProgress" }),
    ],
  };

  beforeEach(() => {
    writeDocument(recordPath(own), document);
    writeJson(definitionPath(own), definition);
  });

  it("has its parameters, and all steps of its definition", async () => {
    const { parameters, pipelineName, seconds, status, steps } = await executionIn(folder, id);
    deepEqual(
      [pipelineName, status, seconds, parameters],
      ["Team", "Succeeded", 60, { Seed: "7" }],
    );
    deepEqual(
      steps.map((one) => [one.name, one.type, one.status, one.seconds]),
      [
        ["TuneTree", "Tuning", "Succeeded", 10.5],
        ["EvaluateTree", "Processing", "Succeeded", 10.5],
        ["ValidateTree", "Processing", "Succeeded", 10.5],
        ["Register", "RegisterModel", "NotExecuted", undefined],
        ["Check", "Condition", "NotExecuted", undefined],
        ["First", "Tuning", "NotExecuted", undefined],
        ["Second", "Tuning", "NotExecuted", undefined],
      ],
    );
  });

  it("names a candidate by its step's DisplayName, or by its Name if another has the same", async () => {
    const { candidates } = await executionIn(folder, id);
    deepEqual(
      candidates.map(({ name, trials }) => [name, trials.length]),
      [
        ["Tree", 3],
        ["First", 0],
        ["Second", 0],
      ],
    );
  });

  it("has the trials that have ended, with what only this machine records", async () => {
    const [tree] = (await executionIn(folder, id)).candidates;
    const { best, trials = [] } = tree ?? {};
    deepEqual(
      trials.map((one) => [one.number, one.status, one.objective, one.history, one.metrics]),
      [
        [0, "Completed", 0.5, [0, 0.5], { r2: 0.5 }],
        [1, "Completed", 0.75, [0, 0.75], { r2: 0.75 }],
        [2, "Failed", undefined, [], {}],
      ],
    );
    deepEqual(
      trials.map(({ failureReason, reusedFrom }) => [failureReason, reusedFrom]),
      [
        [undefined, undefined],
        [undefined, "mnopqrstuvwx"],
        ["no luck", undefined],
      ],
    );
    deepEqual(
      [best?.number, best?.maximised, best?.seconds, best?.hyperparameters],
      [1, true, 0.5, { rounds: "20", eta: "0.1" }],
    );
    equal(best?.modelArtifact, `s3://bucket/models/${id}-TuneTree-002/output/model.tar.gz`);
  });

  it("has a candidate's metrics and cross-validation from S3", async () => {
    const [before] = (await executionIn(folder, id)).candidates;
    equal(before?.metrics, undefined);
    const store = new ObjectStore(workspace.objects);
    const values = { r2: 0.8, mse: 4, rmse: 2, mae: 1 };
    const regression_metrics = Object.fromEntries(
      Object.entries(values).map(([name, value]) => [name, { value }]),
    );
    const put = (name: string, content: object): void => {
      store.write(`s3://bucket/${name}/report.json`, JSON.stringify(content));
    };
    put("EvaluateTree", { regression_metrics, dataset: { item_count: 40 } });
    put("ValidateTree", { r2: { mean: 0.7, standard_deviation: 0.1, values: [0.6, 0.7, 0.8] } });
    const [tree] = (await executionIn(folder, id)).candidates;
    const { crossValidation, mae, mse, r2, rmse, rows } = tree?.metrics ?? {};
    deepEqual({ r2, mse, rmse, mae }, values);
    equal(rows, 40);
    deepEqual(crossValidation, { mean: 0.7, deviation: 0.1, models: 3 });
    deepEqual(tree?.evaluation, { step: "EvaluateTree", folder: "s3://bucket/EvaluateTree/" });
  });

  it("has its winner, also if the model package has been deleted since", async () => {
    const Arn = `${arnPrefix}:model-package/team-models/3`;
    const registered: StepDocument = {
      ...{ StepName: "Register", StepType: "RegisterModel", StepStatus: "Succeeded", ...times },
      Metadata: { RegisterModel: { Arn } },
    };
    writeDocument(recordPath(own), { ...document, steps: [...document.steps, registered] });
    const { steps, winner } = await executionIn(folder, id);
    equal(steps.find(({ name }) => name === "Register")?.detail, "version 3 of team-models");
    const { approvalStatus, group, name, version } = winner ?? {};
    deepEqual([name, group, version, approvalStatus], ["Tree", "team-models", 3, "deleted"]);
  });

  it("is named if its record is damaged", async () => {
    const path = recordPath(own);
    writeFileSync(path, readFileSync(path, "utf8").replace('"TrainingJobName"', '"Name"'));
    await rejects(executionIn(folder, id), {
      name: "UserError",
      message: `DescribePipelineExecution: the record of the execution cannot be read: ${path} is damaged`,
    });
  });

  it("is refused with the name of its definition if that is damaged or missing", async () => {
    const path = join(own, "definition.json");
    writeFileSync(path, '{"Steps":');
    await rejects(executionIn(folder, id), {
      name: "UserError",
      message: new RegExp(`the definition of \\S+/execution/${id}: `),
    });
    rmSync(path);
    await rejects(executionIn(folder, id), /The definition of the execution is missing: .*\.json/);
  });
});
