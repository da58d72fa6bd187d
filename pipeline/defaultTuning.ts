import type { AlgorithmName } from "./algorithms";
import type { HyperparameterRange } from "./candidateFields";

/** The ranges of a tuning, and the static hyperparameters. */
interface Tuning<Value> {
  readonly hyperparameters: Readonly<Record<string, Value>>;
  readonly ranges: Readonly<Record<string, HyperparameterRange>>;
}

type Scaling = "Linear" | "Logarithmic";

const integer = (min: number, max: number, scaling: Scaling) =>
  ({ type: "integer", min, max, scaling }) as const;
const continuous = (min: number, max: number, scaling: Scaling) =>
  ({ type: "continuous", min, max, scaling }) as const;

/** A common seed, so that equal trials give equal models. */
const seed = 1729;

const forest: Tuning<number | string> = {
  hyperparameters: { n_estimators: 200, random_state: seed },
  ranges: {
    // Below 1, because an integer would be a number of features.
    max_features: continuous(0.2, 0.99, "Linear"),
    min_samples_leaf: integer(1, 20, "Logarithmic"),
    min_samples_split: integer(2, 20, "Logarithmic"),
  },
};

/**
 * The tuning of candidates without ranges. The tree may have more than the original's 12 leaves, which would limit it too
 * much. Boosting stops when the validation rows no longer improve.
 */
export const defaultTunings: Readonly<Record<AlgorithmName, Tuning<number | string>>> = {
  "decision-tree": {
    hyperparameters: { random_state: seed },
    ranges: {
      max_leaf_nodes: integer(100, 1000, "Logarithmic"),
      max_depth: integer(10, 30, "Linear"),
      min_samples_leaf: integer(2, 30, "Logarithmic"),
    },
  },
  "random-forest": forest,
  "extra-trees": forest,
  "hist-gradient-boosting": {
    hyperparameters: { max_iter: 600, n_iter_no_change: 30, random_state: seed },
    ranges: {
      learning_rate: continuous(0.03, 0.2, "Logarithmic"),
      max_leaf_nodes: integer(15, 127, "Logarithmic"),
      min_samples_leaf: integer(5, 50, "Logarithmic"),
      l2_regularization: continuous(0.001, 10, "Logarithmic"),
      max_features: continuous(0.5, 1, "Linear"),
    },
  },
  lightgbm: {
    hyperparameters: { num_iterations: 600, early_stopping_round: 30, bagging_freq: 1, seed },
    ranges: {
      learning_rate: continuous(0.03, 0.2, "Logarithmic"),
      num_leaves: integer(15, 127, "Logarithmic"),
      min_data_in_leaf: integer(5, 50, "Logarithmic"),
      bagging_fraction: continuous(0.6, 1, "Linear"),
      feature_fraction: continuous(0.6, 1, "Linear"),
    },
  },
  ridge: { hyperparameters: {}, ranges: { alpha: continuous(0.001, 100_000, "Logarithmic") } },
  "elastic-net": {
    hyperparameters: { max_iter: 5000, random_state: seed },
    ranges: {
      alpha: continuous(0.00001, 1, "Logarithmic"),
      l1_ratio: continuous(0, 1, "Linear"),
    },
  },
  xgboost: {
    hyperparameters: {
      objective: "reg:squarederror",
      num_round: 600,
      early_stopping_rounds: 30,
      seed,
    },
    ranges: {
      eta: continuous(0.03, 0.2, "Logarithmic"),
      max_depth: integer(4, 9, "Linear"),
      min_child_weight: continuous(1, 20, "Logarithmic"),
      subsample: continuous(0.6, 1, "Linear"),
      colsample_bytree: continuous(0.6, 1, "Linear"),
    },
  },
};

/**
 * The tuning of a candidate without ranges.
 *
 * @param given its static hyperparameters
 */
export function defaultTuning(
  algorithm: AlgorithmName,
  given: Readonly<Record<string, string>>,
): Tuning<string> {
  const { hyperparameters, ranges } = defaultTunings[algorithm];
  const fixed = Object.entries(hyperparameters).map(([name, value]) => [name, String(value)]);
  return {
    hyperparameters: { ...(Object.fromEntries(fixed) as Record<string, string>), ...given },
    ranges: Object.fromEntries(Object.entries(ranges).filter(([name]) => !(name in given))),
  };
}
