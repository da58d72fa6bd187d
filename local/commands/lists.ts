import { type Listing } from "../../terminal/listing";
import { executionListing, modelListing, trialListing } from "../../terminal/tables";
import { findExecution, listExecutions } from "../records/executions";
import type { Workspace } from "../records/workspace";
import { allModels, metadataOf } from "./models";

/** The executions of a work folder. */
export function executions(workspace: Workspace): Listing {
  const records = listExecutions(workspace);
  return executionListing(
    records,
    records.map(({ trials, ...rest }) => ({ ...rest, trials: trials.length })),
  );
}

/** The trials of an execution, by default of the latest, the best of each step first. */
export function trials(workspace: Workspace, id: string | undefined): Listing {
  return trialListing(findExecution(workspace, id).trials);
}

/** The model packages of a work folder, the latest last. */
export function models(workspace: Workspace): Listing {
  const items = allModels(workspace);
  return modelListing(
    items.map((model) => ({
      ...model,
      candidate: metadataOf(model, "Candidate"),
      r2: Number(metadataOf(model, "R2")),
    })),
    items,
  );
}
