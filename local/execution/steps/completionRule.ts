import type { TuningRequest } from "../../../pipeline/language/evaluate";

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
 * Tells why a tuning job is complete, by the objectives of its training jobs so far; undefined if it continues.
 *
 * @param objectives as for {@link jobsNotImproving}
 */
export type CompletionRule = (objectives: readonly number[]) => string | undefined;

/**
 * The TuningJobCompletionCriteria of a tuning job; undefined if none applies here. ConvergenceDetected does
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
