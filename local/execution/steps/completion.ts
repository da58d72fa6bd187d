import type { TuningRequest } from "../../../pipeline/language/evaluate";
import type { Trial } from "../execution";
import { type EndedTrial, stoppedTrial } from "./trial";
import type { TuningJob } from "./tuningJob";

type TuningJobConfig = NonNullable<TuningRequest["HyperParameterTuningJobConfig"]>;

/**
 * Part of the best objective by which a training job must be better to count as an improvement (source: the
 * service model, BestObjectiveNotImproving, "improve model performance by 1% or greater over prior training
 * jobs"; the developer guide's example, "Track and set completion criteria for your tuning job", does without).
 */
const minImprovement = 0.01;

/**
 * The number of training jobs since the last one that improved the best objective, as
 * TuningJobCompletionDetails has it. That the count starts again with an improvement is the reading of the
 * developer guide, "from the current best training job".
 *
 * @param objectives in the order of the training jobs, negated when maximising, so smaller is better
 */
export function jobsNotImproving(objectives: readonly number[]): number {
  let best = Infinity;
  let count = -1;
  for (const value of objectives) {
    const improves =
      value < best && (best === Infinity || best - value >= minImprovement * Math.abs(best));
    count = improves ? 0 : count + 1;
    best = Math.min(best, value);
  }
  return Math.max(count, 0);
}

/**
 * Tells why a tuning job is complete, by the objectives of its training jobs so far; undefined where it goes on.
 *
 * @param objectives as for {@link jobsNotImproving}
 */
export type CompletionRule = (objectives: readonly number[]) => string | undefined;

/**
 * The TuningJobCompletionCriteria of a tuning job; undefined where none applies here. ConvergenceDetected does
 * not: SageMaker's algorithm is not public.
 *
 * @param direction 1 where the objective is minimised, -1 where it is maximised
 */
export function completionRule(
  { TuningJobCompletionCriteria: criteria }: TuningJobConfig,
  direction: number,
): CompletionRule | undefined {
  const target = criteria?.TargetObjectiveMetricValue;
  const max = criteria?.BestObjectiveNotImproving?.MaxNumberOfTrainingJobsNotImproving;
  if (target === undefined && max === undefined) {
    return undefined;
  }
  return (objectives) => {
    if (target !== undefined && objectives.some((value) => value <= direction * target)) {
      return `a training job reached ${target}, the TargetObjectiveMetricValue`;
    }
    const count = jobsNotImproving(objectives);
    return max !== undefined && count >= max
      ? `${count} training jobs in a row did not improve the best objective by 1 %`
      : undefined;
  };
}

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

  /** Why the tuning was complete; undefined where all its trials have been run. */
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
