import { isAbsolute, join, relative } from "node:path";

import type { Status, StepFailure, StepResult, Trial } from "../execution/execution";
import type { Challenge } from "./challenge";
import {
  type CandidateRecord,
  type ExecutionDocument,
  type ExecutionHead,
  executionId,
  type StepDocument,
  type TrialDocument,
  tuningJobOf,
  type WinnerRecord,
} from "./executionDocument";

/** An execution for commands and the report, derived from its document. */
export interface ExecutionRecord {
  readonly id: string;
  readonly status: Status;
  readonly failureReason?: string;
  /** ISO 8601. */
  readonly startTime: string;
  /** From its start to its end, or to its last sign of life. */
  readonly seconds: number;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly steps: readonly StepResult[];
  readonly trials: readonly Trial[];
  readonly candidates: readonly CandidateRecord[];
  /** The candidate that was registered. */
  readonly winner?: WinnerRecord;
  /** The result of its challenge, if configured. */
  readonly challenge?: Challenge;
}

const secondsBetween = (start: string, end: string): number =>
  (Date.parse(end) - Date.parse(start)) / 1000;

/** A log's path relative to the execution's folder, so that a work folder can be moved. */
export function fromFolder(folder: string, log: string): string {
  return isAbsolute(log) ? relative(folder, log) : log;
}

/** The execution whose results a step reused, by caching or by selective execution. */
function sourceOf(step: StepDocument): string | undefined {
  const arn =
    step.CacheHitResult?.SourcePipelineExecutionArn ??
    step.SelectiveExecutionResult?.SourcePipelineExecutionArn;
  return arn?.slice(arn.lastIndexOf("/") + 1);
}

/** A remark on the outcome of a step. */
function detailOf(step: StepDocument): string | undefined {
  const source = sourceOf(step);
  const { ModelApprovalStatus: approval, ModelPackageArn: arn } = step.Properties ?? {};
  const [, group, version] =
    /model-package\/([^/]+)\/(\d+)$/.exec(typeof arn === "string" ? arn : "") ?? [];
  if (source !== undefined) {
    return `as in execution ${source}`;
  }
  if (step.Metadata?.Condition?.Outcome !== undefined) {
    return step.Metadata.Condition.Outcome.toLowerCase();
  }
  if (version !== undefined) {
    return `version ${version} of ${group ?? ""}, ${typeof approval === "string" ? approval : "PendingManualApproval"}`;
  }
  return step.StepStatus === "Executing" && (step.AttemptCount ?? 1) > 1
    ? `attempt ${step.AttemptCount}`
    : undefined;
}

function stepOf(step: StepDocument, folder: string): StepResult {
  const { EndTime: end, FailureReason: failureReason, Log: log, StartTime: start } = step;
  const detail = detailOf(step);
  const reusedFrom = sourceOf(step);
  const status = step.StepStatus === "Starting" ? "Executing" : step.StepStatus;
  return {
    name: step.StepName,
    type: step.StepType,
    status,
    ...(start === undefined || end === undefined ? {} : { seconds: secondsBetween(start, end) }),
    ...(detail === undefined ? {} : { detail }),
    ...(reusedFrom === undefined ? {} : { reusedFrom }),
    ...(failureReason === undefined ? {} : { failureReason }),
    ...(log === undefined ? {} : { log: join(folder, log) }),
  };
}

function trialOf(trial: TrialDocument, step: StepDocument | undefined, folder: string): Trial {
  const tuning = tuningJobOf(step);
  const goal = tuning.HyperParameterTuningJobConfig?.HyperParameterTuningJobObjective;
  const { Fault: fault, FailureReason: failureReason, S3ModelArtifacts: modelArtifact } = trial;
  const objective = trial.FinalHyperParameterTuningJobObjectiveMetric;
  const reusedFrom = trial.SourcePipelineExecution;
  return {
    step: trial.StepName,
    number: trial.Number,
    trainingJobName: trial.TrainingJobName,
    status: trial.TrainingJobStatus as Trial["status"],
    ...(failureReason === undefined ? {} : { failureReason }),
    ...(fault === undefined ? {} : { fault: fault as StepFailure["fault"] }),
    hyperparameters: {
      ...tuning.TrainingJobDefinition?.StaticHyperParameters,
      ...trial.TunedHyperParameters,
    },
    objectiveMetric: objective?.MetricName ?? goal?.MetricName ?? "",
    ...(objective?.Value === undefined ? {} : { objective: objective.Value }),
    ...(goal?.Type === "Maximize" ? { maximised: true } : {}),
    metrics: Object.fromEntries(
      trial.FinalMetricDataList.map(({ MetricName: name = "", Value: value = Number.NaN }) => [
        name,
        value,
      ]),
    ),
    history: trial.ObjectiveHistory,
    seconds: trial.Seconds,
    ...(modelArtifact === undefined ? {} : { modelArtifact }),
    log: join(folder, trial.Log),
    ...(reusedFrom === undefined ? {} : { reusedFrom }),
  };
}

/** The finished trials of an execution, in the order of their end. */
export function trialsOf(
  document: Pick<ExecutionDocument, "steps" | "trials">,
  folder: string,
): readonly Trial[] {
  const steps = new Map(document.steps.map((step) => [step.StepName, step]));
  return document.trials
    .filter((trial) => trial.TrainingJobStatus !== "InProgress")
    .map((trial) => trialOf(trial, steps.get(trial.StepName), folder));
}

/** An execution for the table of executions. */
function listedExecution(
  head: ExecutionHead,
): Omit<ExecutionRecord, "candidates" | "challenge" | "parameters" | "steps" | "trials"> {
  const { execution, winner } = head;
  const { CreationTime: start, FailureReason: failureReason, LastModifiedTime: last } = execution;
  return {
    id: executionId(head),
    status: execution.PipelineExecutionStatus,
    ...(failureReason === undefined ? {} : { failureReason }),
    startTime: start,
    seconds: secondsBetween(start, last),
    ...(winner === undefined ? {} : { winner }),
  };
}

/**
 * An execution for commands.
 * @param folder the execution's folder, which has its logs
 */
export function recordOf(document: ExecutionDocument, folder: string): ExecutionRecord {
  const { candidates, challenge, notExecuted, parameters } = document;
  return {
    ...listedExecution(document),
    parameters: Object.fromEntries(parameters.map(({ Name = "", Value = "" }) => [Name, Value])),
    steps: [
      ...document.steps.map((step) => stepOf(step, folder)),
      ...notExecuted.map(({ StepName: name, StepType: type }): StepResult => ({
        name,
        type,
        status: "NotExecuted",
      })),
    ],
    trials: trialsOf(document, folder),
    candidates,
    ...(challenge && { challenge }),
  };
}
