import type { SageMakerClient } from "@aws-sdk/client-sagemaker";
import { setTimeout as wait } from "node:timers/promises";

import type { PipelineDefinition } from "../pipeline/language/definition";
import type { Progress } from "../terminal/progress";
import { AwsError } from "./awsErrors";
import type { World } from "./world";
import { describeExecution, type ExecutionState, hasEnded } from "./executions";
import { type ExecutionStep, type Snapshot, stepHasEnded, stepsOf } from "./steps";
import { type ExecutionTrial, type Tuning, trialsOf, tuningOf } from "./trials";

/** Waits for a number of seconds. */
export type Pause = (seconds: number) => Promise<unknown>;

const pauseFor: Pause = (seconds) => wait(1000 * seconds);

/** How often to poll, in seconds. */
export interface Pace {
  /** After something has changed. */
  readonly shortest: number;
  /** The pause grows to this while nothing changes. */
  readonly longest: number;
}

/** How often in a row a poll may fail, by throttling or a lost network, before giving up. */
const maxFailures = 8;

/**
 * Calls a function repeatedly, with pauses that grow while nothing changes, until it reports the end. A call that
 * failed for a transient reason is repeated.
 *
 * @param look polls; returns whether something has changed, and whether it is over
 * @param pause waits between two polls
 * @throws AwsError if it fails for another reason, or for a transient one too often in a row
 */
export async function poll(
  pace: Pace,
  look: () => Promise<{ readonly changed: boolean; readonly over: boolean }>,
  pause = pauseFor,
): Promise<void> {
  let seconds = pace.shortest;
  for (let failures = 0; ;) {
    try {
      const { changed, over } = await look();
      if (over) {
        return;
      }
      failures = 0;
      seconds = changed ? pace.shortest : Math.min(seconds * 1.5, pace.longest);
    } catch (error) {
      failures++;
      if (!(error instanceof AwsError && error.transient) || failures >= maxFailures) {
        throw error;
      }
      seconds = Math.min(seconds * 2, Math.max(pace.longest, pace.shortest));
    }
    await pause(seconds);
  }
}

/** Reports each change of a step and each ended trial once. */
class Watch {
  private readonly shown = new Map<string, ExecutionStep>();
  private readonly tunings = new Map<string, Tuning>();
  private readonly trials = new Set<string>();

  constructor(
    private readonly client: SageMakerClient,
    private readonly report: Progress["report"],
  ) {}

  /** @returns whether there was anything to report */
  async note(steps: readonly ExecutionStep[], over: boolean): Promise<boolean> {
    let changed = false;
    for (const step of steps) {
      const before = this.shown.get(step.name);
      const news =
        (before?.status ?? "NotExecuted") !== step.status ||
        (before?.attempts ?? step.attempts) !== step.attempts ||
        (over && step.status === "NotExecuted");
      const isOver = stepHasEnded(step);
      if (news && !isOver) {
        this.tell(step);
      }
      // The trials of a tuning step are reported between its start and its end.
      const trials = (news || !isOver) && (await this.noteTrials(step));
      if (news && isOver) {
        this.tell(step);
      }
      changed ||= news || trials;
    }
    return changed;
  }

  private tell(step: ExecutionStep): void {
    this.shown.set(step.name, step);
    this.report({ kind: "step", step });
  }

  private async noteTrials(step: ExecutionStep): Promise<boolean> {
    // If the job is another execution's, its trials were reported there.
    if (step.job?.kind !== "tuning" || step.reusedFrom !== undefined) {
      return false;
    }
    const tuning = this.tunings.get(step.name) ?? (await tuningOf(this.client, step));
    if (tuning === undefined) {
      return false;
    }
    if (!this.tunings.has(step.name)) {
      this.tunings.set(step.name, tuning);
      this.report({ kind: "tuning", step: step.name, of: tuning.max, parallel: tuning.parallel });
    }
    const ended = (await trialsOf(this.client, tuning)).filter(
      ({ status, trainingJobName }: ExecutionTrial) =>
        ["Completed", "Failed", "Stopped"].includes(status) && !this.trials.has(trainingJobName),
    );
    for (const trial of ended) {
      this.trials.add(trial.trainingJobName);
      this.report({ kind: "trial", trial, of: tuning.max });
    }
    return ended.length > 0;
  }
}

/**
 * Watches an execution until it ends.
 *
 * @param definition the definition that it runs
 * @param report receives the events
 * @returns its final state
 */
export async function follow(
  world: World,
  started: Pick<ExecutionState, "arn" | "pipelineName">,
  definition: PipelineDefinition,
  report: Progress["report"],
  pace: Pace,
  pause?: Pause,
): Promise<Snapshot> {
  const watch = new Watch(world.client, report);
  let last: Snapshot | undefined;
  const look = async (): Promise<{ readonly changed: boolean; readonly over: boolean }> => {
    // In this order, so that the steps are complete once the execution has ended.
    const execution = await describeExecution(world, started);
    last = { ...execution, steps: await stepsOf(world.client, started.arn, definition) };
    const over = hasEnded(last);
    return { changed: await watch.note(last.steps, over), over };
  };
  await poll(pace, look, pause);
  // poll calls its function at least once.
  return last as unknown as Snapshot;
}
