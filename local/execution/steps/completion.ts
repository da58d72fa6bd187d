import type { Trial } from "../execution";
import { type EndedTrial, stoppedTrial } from "./trial";
import type { TuningJob } from "./tuningJob";

/**
 * Decides when a tuning job is complete, by trials in order of their numbers, so that the machine's speed does not matter.
 * The trials after the deciding one are stopped, even if one of them has already ended. That SageMaker stops them is
 * not documented for either criterion ("AMT stops the tuning job"); for MaxRuntimeInSeconds: aws/sagemaker-python-sdk#3983.
 */
export class Completion {
  private readonly stopping = new AbortController();
  private readonly decisions: Promise<Trial>[] = [];
  private readonly objectives: number[] = [];
  private readonly timer: NodeJS.Timeout | undefined;
  private byRule: string | undefined;

  /** @param report receives each trial, once it is known whether it counts */
  constructor(
    private readonly job: Pick<TuningJob, "completionRule" | "direction" | "maxRuntimeInSeconds">,
    private readonly report: (trial: Trial) => void,
  ) {
    const { maxRuntimeInSeconds: limit } = job;
    if (limit !== undefined) {
      const reason = `its MaxRuntimeInSeconds, ${limit} s, have passed`;
      this.timer = setTimeout(
        () => {
          this.stopping.abort(reason);
        },
        Math.min(limit * 1000, 2 ** 31 - 1), // the max of a timer
      );
    }
  }

  /** Stops the trials that are running, once the tuning is complete. */
  get signal(): AbortSignal {
    return this.stopping.signal;
  }

  /** The reason why the tuning was complete; undefined if all trials were run. */
  get reason(): string | undefined {
    return this.signal.aborted ? String(this.signal.reason) : undefined;
  }

  /** Whether its time ran out. */
  get isByTime(): boolean {
    return this.signal.aborted && this.byRule === undefined;
  }

  /** Adds the next running trial. */
  add(ended: Promise<EndedTrial>): void {
    const before = this.job.completionRule && this.decisions.at(-1);
    const decision = this.decide(ended, before);
    this.decisions.push(decision);
    // all() reports the error.
    decision.catch(() => undefined);
  }

  /** Waits until it is known whether a trial completes the tuning, if trials can. */
  async decidedBy(number: number): Promise<void> {
    if (this.job.completionRule !== undefined) {
      await this.decisions[number];
    }
  }

  /** Waits for all trials. */
  trials(): Promise<readonly Trial[]> {
    return Promise.all(this.decisions);
  }

  /** Waits until all trials have ended in any way. */
  async close(): Promise<void> {
    await Promise.allSettled(this.decisions);
    clearTimeout(this.timer);
  }

  private async decide(
    ended: Promise<EndedTrial>,
    before: Promise<Trial> | undefined,
  ): Promise<Trial> {
    const [{ trial }] = await Promise.all([ended, before?.catch(() => undefined)]);
    if (this.byRule !== undefined) {
      const stopped = stoppedTrial(trial, this.byRule);
      this.report(stopped);
      return stopped;
    }
    this.report(trial);
    if (trial.objective !== undefined) {
      this.objectives.push(this.job.direction * trial.objective);
    }
    this.byRule = this.job.completionRule?.(this.objectives);
    if (this.byRule !== undefined) {
      this.stopping.abort(this.byRule);
    }
    return trial;
  }
}
