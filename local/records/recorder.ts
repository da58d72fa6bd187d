import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";

import type { Event, Execution, StepResult, Trial } from "../execution";
import { type ExecutionRecord, listExecutions, recordPath } from "./executions";
import { writeJson, type WriteOptions } from "../storage/files";
import type { RunResult } from "../run";
import type { CandidateSummary } from "./summary";
import { appendTrials } from "./trials";
import type { Workspace } from "./workspace";

/** Trials up to which a record is written at each; beyond, its writing would cost more than a trial. */
const fewTrials = 200;

/** Milliseconds between two writings of a record for trials beyond these. */
const trialInterval = 1000;

/** Keeps the record of an execution up to date, so that it is known how far it got should it never end. */
export class Recorder {
  readonly trials: Trial[] = [];
  private readonly steps = new Map<string, StepResult>();
  private readonly begun: ExecutionRecord;
  private written = 0;

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
      const due = performance.now() - this.written > trialInterval;
      if (due || this.trials.length <= fewTrials) {
        this.write({}, { durable: false });
      }
    } else if (event.kind === "step") {
      this.steps.set(event.step.name, event.step);
      this.write({}, { durable: false });
    }
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

  private write(more: Partial<ExecutionRecord>, options?: WriteOptions): void {
    const record: ExecutionRecord = {
      ...this.begun,
      seconds: (Date.now() - this.startTime.getTime()) / 1000,
      steps: [...this.steps.values()],
      trials: this.trials,
      ...more,
    };
    writeJson(recordPath(this.execution.folder), record, options);
    this.written = performance.now();
  }
}

/**
 * Ends the executions whose process was killed: their records say Stopped, their trials are added to the
 * table of all trials, and their jobs' folders go. To be called by the only run in the folder.
 */
export function endKilled(workspace: Workspace): void {
  for (const record of listExecutions(workspace)) {
    const folder = workspace.execution(record.id);
    const jobs = join(folder, "jobs");
    // A run that ended by itself has removed the folder.
    if (record.status === "Stopped" && existsSync(jobs)) {
      writeJson(recordPath(folder), record);
      appendTrials(workspace.trials, record.id, record.trials);
      rmSync(jobs, { recursive: true, force: true });
    }
  }
}
