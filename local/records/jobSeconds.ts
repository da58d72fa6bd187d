import {
  type ExecutionDocument,
  type ExecutionHead,
  executionId,
  type StepDocument,
} from "./executionDocument";
import { findDocument, listHeads } from "./executions";
import type { Workspace } from "./workspace";

/** The durations of an execution's jobs on this machine. */
export interface JobSeconds {
  readonly executionId: string;
  /** Seconds of each executed step's job by the step's name; for a tuning, the mean of its trials. */
  readonly seconds: ReadonlyMap<string, number>;
}

function stepSeconds({ trials }: ExecutionDocument, step: StepDocument): number | undefined {
  if (step.StepType === "Tuning") {
    const own = trials.filter(
      (one) => one.StepName === step.StepName && one.SourcePipelineExecution === undefined,
    );
    return own.length === 0
      ? undefined
      : own.reduce((sum, { Seconds: seconds }) => sum + seconds, 0) / own.length;
  }
  return step.CacheHitResult !== undefined ||
    step.StartTime === undefined ||
    step.EndTime === undefined
    ? undefined
    : (Date.parse(step.EndTime) - Date.parse(step.StartTime)) / 1000;
}

/** The times of the latest successful execution in a work folder, if any. */
export function latestJobSeconds(workspace: Workspace): JobSeconds | undefined {
  const succeeded = ({ execution }: ExecutionHead): boolean =>
    execution.PipelineExecutionStatus === "Succeeded";
  const [id] = listHeads(workspace).filter(succeeded).map(executionId);
  const document = id === undefined ? undefined : findDocument(workspace, id);
  if (id === undefined || document === undefined) {
    return undefined;
  }
  const entries = document.steps.flatMap((step): [string, number][] => {
    const seconds = stepSeconds(document, step);
    return seconds === undefined ? [] : [[step.StepName, seconds]];
  });
  return { executionId: id, seconds: new Map(entries) };
}
