import type { EarlierTuning } from "../execution/execution";
import { executionId, type StepDocument, tuningJobOf } from "./executionDocument";
import { findDocument, listHeads } from "./executions";
import type { Workspace } from "./workspace";

/** A tuning job whose process is gone has been stopped. */
function describedOf(step: StepDocument): EarlierTuning["described"] {
  const job = tuningJobOf(step);
  const isStopped =
    job.HyperParameterTuningJobStatus === "InProgress" && step.StepStatus === "Stopped";
  return { ...job, ...(isStopped ? { HyperParameterTuningJobStatus: "Stopped" } : {}) };
}

/** Finds a tuning job in the records of a work folder. */
export function findEarlierTuning(workspace: Workspace, name: string): EarlierTuning | undefined {
  const find = (id: string): EarlierTuning | undefined => {
    const document = findDocument(workspace, id);
    const step = document?.steps.find(
      (one) => tuningJobOf(one).HyperParameterTuningJobName === name,
    );
    return (
      document &&
      step && {
        described: describedOf(step),
        trials: document.trials.filter(({ StepName }) => StepName === step.StepName),
      }
    );
  };
  // The names of jobs begin with the execution's id.
  let found = find(name.split("-", 1)[0] ?? "");
  for (const head of found === undefined ? listHeads(workspace) : []) {
    found ??= find(executionId(head));
  }
  return found;
}
