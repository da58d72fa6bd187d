/**
 * Tells whether a training job is to stop, by the values of the objective metric that it has reported and
 * those that earlier jobs of its tuning have, in their order; smaller is better.
 *
 * @returns after how many values it is to stop; undefined if it continues
 */
export type StoppingRule = (
  values: readonly number[],
  earlier: readonly (readonly number[])[],
) => number | undefined;

/** Earlier jobs without which the median says little. */
const minJobs = 3;

/** Part of an earlier job's usual length before which nothing is stopped: slow starts may end well. */
const warmUp = 0.2;

function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** The mean of the first value, of the first two, and so on. */
function runningAverages(values: readonly number[]): readonly number[] {
  let sum = 0;
  return values.map((value, index) => (sum += value) / (index + 1));
}

/**
 * SageMaker's early stopping, TrainingJobEarlyStoppingType Auto: a job stops where its objective is worse
 * than the median of the running averages of earlier jobs up to the same value.
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

/** Of as many jobs one continues, at each rung. */
const reduction = 3;

/**
 * Hyperband as successive halving without waiting: after MinResource values, then after 3, 9, ... times as
 * many, a job continues where it is among the best third of the earlier jobs that came as far.
 *
 * @param minResource values before the first rung
 * @param maxResource values after which there is no rung any more
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
