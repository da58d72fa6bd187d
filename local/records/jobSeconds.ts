import {
  type ExecutionDocument,
  type ExecutionHead,
  executionId,
  type StepDocument,
} from "./executionDocument";
import { findDocument, listHeads } from "./executions";
import type { Workspace } from "./workspace";

/** How long the jobs of an execution took on this machine. */
export interface JobSeconds {
  readonly executionId: string;
  /** Seconds of a job of each step that was run, by the step's name: of a tuning, of a trial on average. */
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

/** The times of the latest execution that has succeeded in a work folder; undefined if there is none. */
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
