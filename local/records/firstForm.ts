import { basename, dirname } from "node:path";
import { z } from "zod";

import type { JsonObject } from "../../pipeline/language/json";
import type { ExecutionDocument, StepDocument, TrialDocument } from "./executionDocument";

/** The account and region for executions of the first form, which did not record them. */
const arnPrefix = "arn:aws:sagemaker:us-east-1:111122223333";
const pipelineName = "local";

const strings = z.record(z.string(), z.string());

/** The document of an execution before documents had a version. */
const firstForm = z.looseObject({
  id: z.string(),
  status: z.enum(["Executing", "Failed", "Stopped", "Succeeded"]),
  processId: z.number(),
  failureReason: z.string().optional(),
  startTime: z.iso.datetime(),
  seconds: z.number(),
  parameters: z.record(z.string(), z.unknown()),
  steps: z.array(
    z.looseObject({
      name: z.string(),
      type: z.string(),
      status: z.enum(["Executing", "Failed", "NotExecuted", "Stopped", "Succeeded"]),
      seconds: z.number().optional(),
      detail: z.string().optional(),
      reusedFrom: z.string().optional(),
      failureReason: z.string().optional(),
      log: z.string().optional(),
    }),
  ),
  trials: z.array(
    z.looseObject({
      step: z.string(),
      number: z.number(),
      trainingJobName: z.string(),
      status: z.enum(["Completed", "Failed", "Stopped"]),
      failureReason: z.string().optional(),
      hyperparameters: strings,
      objectiveMetric: z.string(),
      objective: z.number().optional(),
      maximised: z.boolean().optional(),
      metrics: z.record(z.string(), z.number()),
      history: z.array(z.number()),
      seconds: z.number(),
      modelArtifact: z.string().optional(),
      log: z.string(),
      fault: z.string().optional(),
      reusedFrom: z.string().optional(),
    }),
  ),
  candidates: z.array(z.looseObject({ name: z.string() })),
  winner: z.looseObject({ name: z.string() }).optional(),
});

type FirstForm = z.infer<typeof firstForm>;

/** Whether a document has the first form, which had no version. */
export function isFirstForm(content: unknown): boolean {
  return typeof content === "object" && content !== null && !("version" in content);
}

const executionArn = (id: string): string =>
  `${arnPrefix}:pipeline/${pipelineName}/execution/${id}`;

/** A log's path relative to the execution's folder, which may have been moved. */
function fromFolder(log: string, id: string): string {
  const folder = dirname(dirname(log));
  const file = `logs/${basename(log)}`;
  return folder === "." || basename(folder) === id ? file : `../${basename(folder)}/${file}`;
}

function convertStep(step: FirstForm["steps"][number], form: FirstForm): StepDocument {
  const { detail, failureReason, log, name, reusedFrom, seconds, status, type } = step;
  const trial = form.trials.find((one) => one.step === name);
  const package_ = /^version (\d+) of ([^,]+), (\w+)$/.exec(detail ?? "");
  const properties: JsonObject | undefined =
    trial !== undefined
      ? {
          HyperParameterTuningJobConfig: {
            HyperParameterTuningJobObjective: {
              Type: trial.maximised === true ? "Maximize" : "Minimize",
              MetricName: trial.objectiveMetric,
            },
          },
        }
      : package_ !== null
        ? {
            ModelPackageArn: `${arnPrefix}:model-package/${package_[2] ?? ""}/${package_[1] ?? ""}`,
            ModelApprovalStatus: package_[3] ?? "",
          }
        : undefined;
  const end = new Date(Date.parse(form.startTime) + 1000 * (seconds ?? 0)).toISOString();
  return {
    StepName: name,
    StepType: type,
    StepStatus: status === "NotExecuted" ? "Stopped" : status,
    StartTime: form.startTime,
    EndTime: seconds === undefined ? undefined : end,
    AttemptCount: 1,
    FailureReason: failureReason,
    CacheHitResult:
      reusedFrom === undefined
        ? undefined
        : { SourcePipelineExecutionArn: executionArn(reusedFrom) },
    Metadata:
      type === "Condition" && (detail === "true" || detail === "false")
        ? { Condition: { Outcome: detail === "true" ? "True" : "False" } }
        : undefined,
    Log: log === undefined ? undefined : fromFolder(log, form.id),
    Properties: properties,
  };
}

function convertTrial(trial: FirstForm["trials"][number], { id }: FirstForm): TrialDocument {
  const { objective, objectiveMetric } = trial;
  return {
    StepName: trial.step,
    Number: trial.number,
    TrainingJobName: trial.trainingJobName,
    TrainingJobArn: `${arnPrefix}:training-job/${trial.trainingJobName}`,
    CreationTime: undefined,
    TrainingJobStatus: trial.status,
    FailureReason: trial.failureReason,
    TunedHyperParameters: trial.hyperparameters,
    FinalHyperParameterTuningJobObjectiveMetric:
      objective === undefined ? undefined : { MetricName: objectiveMetric, Value: objective },
    FinalMetricDataList: Object.entries(trial.metrics).map(([MetricName, Value]) => ({
      MetricName,
      Value,
    })),
    ObjectiveHistory: trial.history,
    Seconds: trial.seconds,
    S3ModelArtifacts: trial.modelArtifact,
    Log: fromFolder(trial.log, id),
    Fault: trial.fault,
    SourcePipelineExecution: trial.reusedFrom,
  };
}

/** Converts a document of the first form; undefined if it is damaged. */
export function convertFirstForm(content: unknown): ExecutionDocument | undefined {
  const { data: form } = firstForm.safeParse(content);
  if (form === undefined) {
    return undefined;
  }
  const { candidates, failureReason, id, parameters, processId, startTime, status, winner } = form;
  const begun = form.steps.filter((step) => step.status !== "NotExecuted");
  return {
    version: 2,
    process: { id: processId },
    pipelineName,
    execution: {
      PipelineArn: `${arnPrefix}:pipeline/${pipelineName}`,
      PipelineExecutionArn: executionArn(id),
      PipelineExecutionStatus: status,
      FailureReason: failureReason,
      CreationTime: startTime,
      LastModifiedTime: new Date(Date.parse(startTime) + 1000 * form.seconds).toISOString(),
    },
    trialCount: form.trials.length,
    winner: winner as ExecutionDocument["winner"],
    parameters: Object.entries(parameters).map(([Name, value]) => ({
      Name,
      Value: typeof value === "string" ? value : JSON.stringify(value),
    })),
    steps: begun.map((step) => convertStep(step, form)),
    notExecuted: form.steps
      .filter((step) => step.status === "NotExecuted")
      .map(({ name, type }) => ({ StepName: name, StepType: type })),
    trials: form.trials.map((trial) => convertTrial(trial, form)),
    candidates: candidates as unknown as ExecutionDocument["candidates"],
  };
}
