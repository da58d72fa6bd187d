import type { EarlierTuning } from "../execution/execution";
import { executionId, tuningJobOf } from "./executionDocument";
import { describedJob } from "./describedJob";
import { findDocument, listHeads } from "./executions";
import type { Workspace } from "./workspace";

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
        described: describedJob(step),
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
