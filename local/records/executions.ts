import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

import type { JsonObject } from "../../pipeline/expressions";
import { UserError } from "../../terminal/errors";
import { readDocument } from "./documents";
import type { Status, StepResult, Trial } from "../execution";
import { isRunning } from "../processes/processes";
import type { Metrics } from "./summary";
import type { Workspace } from "./workspace";

/** What is kept of a candidate. */
export interface CandidateRecord {
  readonly name: string;
  readonly tuningStep: string;
  /** On the test data. */
  readonly metrics?: Metrics;
  readonly hyperparameters: Readonly<Record<string, string>>;
  readonly trials: number;
  /** Seconds that its tuning took. */
  readonly seconds: number;
}

/** What is kept of an execution, as its `execution.json` has it. */
export interface ExecutionRecord {
  readonly id: string;
  readonly status: Status;
  /** Process that runs or ran it. */
  readonly processId: number;
  readonly failureReason?: string;
  /** ISO 8601. */
  readonly startTime: string;
  readonly seconds: number;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly steps: readonly StepResult[];
  readonly trials: readonly Trial[];
  readonly candidates: readonly CandidateRecord[];
  /** The candidate that was registered. */
  readonly winner?: {
    readonly name: string;
    /** Its model package, with the approval status that it was registered with. */
    readonly group: string;
    readonly version: number;
    readonly approvalStatus: string;
    /** On the test data. */
    readonly r2: number;
  };
}

/** Where the record of an execution is kept. */
export const recordPath = (folder: string): string => join(folder, "execution.json");

const recordMembers = [
  ...["id", "status", "startTime", "seconds", "parameters"],
  ...["steps", "trials", "candidates"],
];

/** Reads a record; an execution whose process is gone was stopped. Undefined where it is damaged. */
function tryRecord(path: string): ExecutionRecord | undefined {
  const record = readDocument(path, recordMembers) as unknown as ExecutionRecord | undefined;
  return record?.status === "Executing" && !isRunning(record.processId) ? stopped(record) : record;
}

/**
 * The record at a path.
 * @throws UserError where it is damaged
 */
export function readRecord(path: string): ExecutionRecord {
  const record = tryRecord(path);
  if (record === undefined) {
    throw new UserError(`the record of the execution cannot be read: ${path}`);
  }
  return record;
}

function stopped(record: ExecutionRecord): ExecutionRecord {
  const steps = record.steps.map((step): StepResult =>
    step.status === "Executing" ? { ...step, status: "Stopped" } : step,
  );
  return { ...record, status: "Stopped", steps };
}

/**
 * The definition that an execution ran.
 * @throws UserError where it is damaged
 */
export function readDefinition(workspace: Workspace, id: string): JsonObject {
  const path = join(workspace.execution(id), "definition.json");
  const definition = existsSync(path) ? readDocument(path, ["Steps"]) : undefined;
  if (definition === undefined) {
    throw new UserError(`the definition of execution ${id} cannot be read: ${path}`);
  }
  return definition;
}

/** The executions of a work folder, the latest first. */
export function listExecutions(workspace: Workspace): readonly ExecutionRecord[] {
  const folder = join(workspace.folder, "executions");
  if (!existsSync(folder)) {
    return [];
  }
  return readdirSync(folder)
    .map((id) => recordPath(workspace.execution(id)))
    .filter((path) => existsSync(path))
    .flatMap((path) => tryRecord(path) ?? [])
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
