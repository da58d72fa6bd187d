import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { UserError } from "./errors";
import type { Trial } from "./execution";
import type { Workspace } from "./workspace";

/** What is kept of an execution, as its `execution.json` has it. */
export interface ExecutionRecord {
  readonly id: string;
  readonly status: string;
  readonly failureReason?: string;
  /** ISO 8601. */
  readonly startTime: string;
  readonly seconds: number;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly trials: readonly Trial[];
  /** Name of the candidate that was registered, and its version. */
  readonly winner?: { readonly name: string; readonly version: number; readonly r2: number };
}

/** The executions of a work folder, the latest first. */
export function listExecutions(workspace: Workspace): readonly ExecutionRecord[] {
  const folder = join(workspace.folder, "executions");
  if (!existsSync(folder)) {
    return [];
  }
  return readdirSync(folder)
    .map((id) => join(workspace.execution(id), "execution.json"))
    .filter((path) => existsSync(path))
    .map((path) => JSON.parse(readFileSync(path, "utf8")) as ExecutionRecord)
    .sort((left, right) => right.startTime.localeCompare(left.startTime));
}

/**
 * An execution by its id, or the latest.
 * @throws UserError where there is none
 */
export function findExecution(workspace: Workspace, id: string | undefined): ExecutionRecord {
  const all = listExecutions(workspace);
  const found = id === undefined ? all[0] : all.find((one) => one.id === id);
  if (found === undefined) {
    throw new UserError(
      id === undefined
        ? `there is no execution in ${workspace.folder}; \`npm run local\` makes one`
        : `there is no execution ${id}; there are ${all.map((one) => one.id).join(", ") || "none"}`,
    );
  }
  return found;
}
