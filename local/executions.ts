import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import type { JsonObject } from "../pipeline/expressions";
import { UserError } from "./errors";
import type { Event, Execution, Status, StepResult, Trial } from "./execution";
import { writeJson } from "./files";
import type { RunResult } from "./run";
import type { CandidateSummary, Metrics } from "./summary";
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

/** What becomes of steps when their execution is stopped. */
function stoppedSteps(steps: readonly StepResult[]): readonly StepResult[] {
  return steps.map((step) => (step.status === "Executing" ? { ...step, status: "Stopped" } : step));
}

const recordPath = (folder: string): string => join(folder, "execution.json");

/** Keeps the record of an execution up to date, so that it is known how far it got should it never end. */
export class Recorder {
  readonly trials: Trial[] = [];
  private readonly steps = new Map<string, StepResult>();
  private readonly begun: ExecutionRecord;

  constructor(
    private readonly execution: Pick<Execution, "folder" | "id" | "scope">,
    private readonly startTime: Date,
  ) {
    this.begun = {
      id: execution.id,
      status: "Executing",
      processId: process.pid,
      startTime: startTime.toISOString(),
      seconds: 0,
      parameters: Object.fromEntries(execution.scope.parameters),
      steps: [],
      trials: [],
      candidates: [],
    };
  }

  /** Notes that the execution has begun. */
  begin(): void {
    this.write({});
  }

  /** Notes what happened. */
  note(event: Event): void {
    if (event.kind === "trial") {
      this.trials.push(event.trial);
    } else {
      this.steps.set(event.step.name, event.step);
      this.write({});
    }
  }

  /** Notes that the execution was stopped, and with it what it was doing. */
  stop(): void {
    this.write({ status: "Stopped", steps: stoppedSteps([...this.steps.values()]) });
  }

  /** Notes what the execution came to. */
  end(
    result: RunResult,
    candidates: readonly CandidateSummary[],
    winner: CandidateSummary | undefined,
  ): void {
    this.write({
      status: result.status,
      ...(result.failureReason === undefined ? {} : { failureReason: result.failureReason }),
      steps: result.steps,
      candidates: candidates.map(({ best, metrics, name, seconds, trials, tuningStep }) => ({
        name,
        tuningStep,
        ...(metrics === undefined ? {} : { metrics }),
        hyperparameters: best?.hyperparameters ?? {},
        trials: trials.length,
        seconds,
      })),
      ...(winner?.model === undefined
        ? {}
        : {
            winner: {
              name: winner.name,
              group: winner.model.group,
              version: winner.model.version,
              approvalStatus: winner.model.approvalStatus,
              r2: winner.metrics?.r2 ?? Number.NaN,
            },
          }),
    });
  }

  private write(more: Partial<ExecutionRecord>): void {
    writeJson(recordPath(this.execution.folder), {
      ...this.begun,
      seconds: (Date.now() - this.startTime.getTime()) / 1000,
      steps: [...this.steps.values()],
      trials: this.trials,
      ...more,
    });
  }
}

function isRunning(processId: number): boolean {
  try {
    return process.kill(processId, 0);
  } catch {
    return false;
  }
}

/** Reads a record; an execution whose process is gone was stopped. */
export function readRecord(path: string): ExecutionRecord {
  const record = JSON.parse(readFileSync(path, "utf8")) as ExecutionRecord;
  return record.status === "Executing" && !isRunning(record.processId)
    ? { ...record, status: "Stopped", steps: stoppedSteps(record.steps) }
    : record;
}

/** The definition that an execution ran. */
export function readDefinition(workspace: Workspace, id: string): JsonObject {
  const path = join(workspace.execution(id), "definition.json");
  return JSON.parse(readFileSync(path, "utf8")) as JsonObject;
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
