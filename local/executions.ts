import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { UserError } from "./errors";
import type { Execution, Status, Trial } from "./execution";
import { writeJson } from "./files";
import type { RunResult, StepResult } from "./run";
import type { CandidateSummary } from "./summary";
import type { Workspace } from "./workspace";

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
  /** Name of the candidate that was registered, its version, and its R² on the test data. */
  readonly winner?: { readonly name: string; readonly version: number; readonly r2: number };
}

const recordPath = (folder: string): string => join(folder, "execution.json");

/** Notes that an execution has begun, so that it is known should it never end. */
export function beginRecord(execution: Execution, startTime: Date): ExecutionRecord {
  const record: ExecutionRecord = {
    id: execution.id,
    status: "Executing",
    processId: process.pid,
    startTime: startTime.toISOString(),
    seconds: 0,
    parameters: Object.fromEntries(execution.scope.parameters),
    steps: [],
    trials: [],
  };
  writeJson(recordPath(execution.folder), record);
  return record;
}

/** Notes what an execution came to. */
export function endRecord(
  execution: Execution,
  begun: ExecutionRecord,
  ended: {
    readonly result: RunResult;
    readonly seconds: number;
    readonly trials: readonly Trial[];
    readonly winner: CandidateSummary | undefined;
  },
): void {
  const { result, seconds, trials, winner } = ended;
  const record: ExecutionRecord = {
    ...begun,
    status: result.status,
    ...(result.failureReason === undefined ? {} : { failureReason: result.failureReason }),
    seconds,
    steps: result.steps,
    trials,
    ...(winner?.model === undefined
      ? {}
      : {
          winner: {
            name: winner.name,
            version: winner.model.version,
            r2: winner.metrics?.r2 ?? Number.NaN,
          },
        }),
  };
  writeJson(recordPath(execution.folder), record);
}

function isRunning(processId: number): boolean {
  try {
    return process.kill(processId, 0);
  } catch {
    return false;
  }
}

/** Reads a record; an execution whose process is gone was stopped. */
function readRecord(path: string): ExecutionRecord {
  const record = JSON.parse(readFileSync(path, "utf8")) as ExecutionRecord;
  return record.status === "Executing" && !isRunning(record.processId)
    ? { ...record, status: "Stopped" }
    : record;
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
    .map(readRecord)
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
