import type { StepResult, Trial } from "../local/execution/execution";
import type { ExecutionRecord } from "../local/records/executions";

/** A step, as a report shows it. */
export type ReportedStep = Pick<
  StepResult,
  "detail" | "failureReason" | "name" | "reusedFrom" | "seconds" | "status" | "type"
>;

/** A training job of a tuning step, as a report shows it. */
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

/** An execution, as a report shows it: by the records of a local run, or by SageMaker's API. */
export type ReportedExecution = Omit<ExecutionRecord, "steps" | "trials"> & {
  readonly steps: readonly ReportedStep[];
  readonly trials: readonly ReportedTrial[];
};
