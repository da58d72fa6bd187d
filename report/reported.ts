import type { StepResult, Trial } from "../local/execution/execution";
import type { ExecutionRecord } from "../local/records/executions";

/** A step in a report. */
export type ReportedStep = Pick<
  StepResult,
  "detail" | "failureReason" | "name" | "reusedFrom" | "seconds" | "status" | "type"
>;

/** A training job of a tuning step in a report. */
export type ReportedTrial = Pick<
  Trial,
  | "failureReason"
  | "hyperparameters"
  | "maximised"
  | "number"
  | "objective"
  | "objectiveMetric"
  | "reusedFrom"
  | "step"
> & { readonly status: string; readonly seconds?: number };

/** An execution in a report, from the records of a local run or from SageMaker's API. */
export type ReportedExecution = Omit<ExecutionRecord, "steps" | "trials"> & {
  readonly steps: readonly ReportedStep[];
  readonly trials: readonly ReportedTrial[];
};
