/**
 * Decides whether to stop a training job, by its values of the objective metric and those of earlier jobs of its tuning;
 * smaller is better.
 *
 * @returns the number of values after which it stops; undefined if it continues
 */
export type StoppingRule = (
  values: readonly number[],
  earlier: readonly (readonly number[])[],
) => number | undefined;

/** Min earlier jobs for a median. */
const minJobs = 3;

/** Min share of the usual length of earlier jobs before a job is stopped, because slow starts may end well. */
const warmUp = 0.2;

function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

function runningAverages(values: readonly number[]): readonly number[] {
  let sum = 0;
  return values.map((value, index) => (sum += value) / (index + 1));
}

/**
 * SageMaker's early stopping, TrainingJobEarlyStoppingType Auto: a job stops if its objective is worse than the median of
 * earlier jobs' running averages at the same point.
 */
export const medianRule: StoppingRule = (values, earlier) => {
  const averages = earlier.map(runningAverages);
  const start = Math.ceil(warmUp * median(earlier.map(({ length }) => length)));
  for (let place = Math.max(start, 1); place <= values.length; place += 1) {
    const others = averages.flatMap((one) => one[place - 1] ?? []);
    if (others.length >= minJobs && (values[place - 1] ?? 0) > median(others)) {
      return place;
    }
  }
  return undefined;
};

/** At each rung, one of this many jobs continues. */
const reduction = 3;

/**
 * Hyperband as asynchronous successive halving: after MinResource values, then after 3, 9, ... times as many, a job
 * continues if it is among the best third of the earlier jobs that reached this rung.
 *
 * @param minResource values before the first rung
 * @param maxResource values after the last rung
 */
export function hyperbandRule(minResource: number, maxResource: number): StoppingRule {
  return (values, earlier) => {
    for (let rung = minResource; rung < maxResource; rung *= reduction) {
      const value = values[rung - 1];
      if (value === undefined) {
        return undefined;
      }
      const others = earlier.flatMap((one) => one[rung - 1] ?? []);
      const better = others.filter((other) => other < value).length;
      if (others.length + 1 >= reduction && better >= (others.length + 1) / reduction) {
        return rung;
      }
    }
    return undefined;
  };
}
