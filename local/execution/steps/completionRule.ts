import type { TuningRequest } from "../../../pipeline/language/evaluate";

type TuningJobConfig = NonNullable<TuningRequest["HyperParameterTuningJobConfig"]>;

/**
 * Min relative improvement of the best objective (source: the service model, BestObjectiveNotImproving, "improve model
 * performance by 1% or greater over prior training jobs"; the developer guide's example, "Track and set completion
 * criteria for your tuning job", has no minimum).
 */
const minImprovement = 0.01;

/**
 * The number of training jobs since the last improvement of the best objective, as in TuningJobCompletionDetails. That an
 * improvement resets it is our reading of the developer guide, "from the current best training job".
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
 * The reason why a tuning job is complete, by its training jobs' objectives so far; undefined if it continues.
 *
 * @param objectives as for {@link jobsNotImproving}
 */
export type CompletionRule = (objectives: readonly number[]) => string | undefined;

/**
 * The TuningJobCompletionCriteria of a tuning job; undefined if none applies here. ConvergenceDetected does not, because
 * SageMaker's algorithm is not public.
 *
 * @param direction 1 to minimise the objective, -1 to maximise it
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
