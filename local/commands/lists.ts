import { type Listing } from "../../terminal/listing";
import { executionListing, modelListing, trialListing } from "../../terminal/tables";
import { findExecution, listExecutions, listHeads } from "../records/executions";
import { listedExecution } from "../records/executionRecord";
import type { Workspace } from "../records/workspace";
import { allModels, metadataOf } from "./models";

/** The executions of a work folder. The table needs their heads only; JSON has all but the trials. */
export function executions(workspace: Workspace): Listing {
  return {
    ...executionListing(listHeads(workspace).map(listedExecution)),
    get items() {
      return listExecutions(workspace).map(({ trials, ...rest }) => ({
        ...rest,
        trials: trials.length,
      }));
    },
  };
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
