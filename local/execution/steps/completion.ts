import type { Trial } from "../execution";
import { type EndedTrial, stoppedTrial } from "./trial";
import type { TuningJob } from "./tuningJob";

/**
 * Decides when a tuning job is complete: trial by trial in their order, not as they happen to end, so it does
 * not depend on the machine's speed. The trials after the one that decides are those that run then, and are
 * stopped, whether or not one of them has ended already. That SageMaker stops them is documented of neither
 * criterion ("AMT stops the tuning job"); of MaxRuntimeInSeconds: aws/sagemaker-python-sdk#3983.
 */
export class Completion {
  private readonly stopping = new AbortController();
  private readonly decisions: Promise<Trial>[] = [];
  private readonly objectives: number[] = [];
  private readonly timer: NodeJS.Timeout | undefined;
  private byRule: string | undefined;

  /** @param report takes each trial, when it is known whether it counts */
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
        Math.min(limit * 1000, 2 ** 31 - 1), // what a timer takes
      );
    }
  }

  /** Stops the trials that are running, once the tuning is complete. */
  get signal(): AbortSignal {
    return this.stopping.signal;
  }

  /** Why the tuning was complete; undefined if all its trials have been run. */
  get reason(): string | undefined {
    return this.signal.aborted ? String(this.signal.reason) : undefined;
  }

  /** Whether it was its time that ran out. */
  get isByTime(): boolean {
    return this.signal.aborted && this.byRule === undefined;
  }

  /** Takes the next trial, which is running. */
  add(ended: Promise<EndedTrial>): void {
    const before = this.job.completionRule && this.decisions.at(-1);
    const decision = this.decide(ended, before);
    this.decisions.push(decision);
    // An error is for whoever waits for all.
    decision.catch(() => undefined);
  }

  /** Waits until the tuning is known to go on after a trial or to be complete by it, where trials decide that. */
  async decidedBy(number: number): Promise<void> {
    if (this.job.completionRule !== undefined) {
      await this.decisions[number];
    }
  }

  /** Waits for all trials. */
  trials(): Promise<readonly Trial[]> {
    return Promise.all(this.decisions);
  }

  /** Waits until nothing runs any more, however it ended. */
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
