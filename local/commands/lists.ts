import Table from "cli-table3";

import { findExecution, listExecutions } from "../executions";
import type { ModelPackage } from "../modelRegistry";
import type { Workspace } from "../workspace";
import { allModels, metadataOf } from "./models";

/** Rows to show as a table, or to print as JSON. */
export interface Listing {
  readonly head: readonly string[];
  readonly rows: readonly (readonly (number | string)[])[];
  /** What `--json` prints. */
  readonly items: readonly unknown[];
}

const number = (value: number | undefined, digits: number): string =>
  value === undefined || !Number.isFinite(value) ? "-" : value.toPrecision(digits);

/** The executions of a work folder. */
export function executions(workspace: Workspace): Listing {
  const items = listExecutions(workspace);
  return {
    head: ["Execution", "Started", "Status", "Seconds", "Winner", "R²", "Version"],
    rows: items.map(({ id, seconds, startTime, status, winner }) => [
      id,
      startTime.slice(0, 19).replace("T", " "),
      status,
      seconds.toFixed(1),
      winner?.name ?? "-",
      number(winner?.r2, 4),
      winner?.version ?? "-",
    ]),
    items: items.map(({ trials, ...rest }) => ({ ...rest, trials: trials.length })),
  };
}

/** The trials of an execution, by default of the latest, the best of each step first. */
export function trials(workspace: Workspace, id: string | undefined): Listing {
  const items = [...findExecution(workspace, id).trials].sort(
    (left, right) =>
      left.step.localeCompare(right.step) ||
      (left.objective ?? Infinity) - (right.objective ?? Infinity),
  );
  return {
    head: ["Step", "Trial", "Status", "Objective", "Seconds", "Hyperparameters"],
    rows: items.map((trial) => [
      trial.step,
      trial.number + 1,
      trial.status,
      number(trial.objective, 6),
      trial.seconds.toFixed(1),
      Object.entries(trial.hyperparameters)
        .map(([name, value]) => `${name}=${value}`)
        .join("\n"),
    ]),
    items,
  };
}

/** The model packages of a work folder, the latest last. */
export function models(workspace: Workspace): Listing {
  const items: readonly ModelPackage[] = allModels(workspace);
  return {
    head: ["Group", "Version", "Candidate", "R²", "Status", "Registered"],
    rows: items.map((model) => [
      model.group,
      model.version,
      metadataOf(model, "Candidate"),
      number(Number(metadataOf(model, "R2")), 4),
      model.approvalStatus,
      model.creationTime.slice(0, 19).replace("T", " "),
    ]),
    items,
  };
}

/** A listing as text for the terminal, or as one JSON document. */
export function formatListing(listing: Listing, json: boolean): string {
  if (json) {
    return JSON.stringify(listing.items);
  }
  const table = new Table({ head: [...listing.head], style: { head: [], border: [] } });
  table.push(...listing.rows.map((row) => [...row]));
  return table.toString();
}
