import { readFileSync } from "node:fs";
import { join as joinPath } from "node:path";

import { type Retired, xgboostRetired } from "./algorithms/xgboostRetired";

/**
 * The contract of an algorithm: its hyperparameters, channels and metrics, with the used members of CreateAlgorithm's
 * TrainingSpecification.
 */
interface TrainingSpecification {
  readonly SupportedHyperParameters: readonly HyperParameterSpecification[];
  readonly MetricDefinitions: readonly { readonly Name: string; readonly Regex: string }[];
}

/** A hyperparameter of an algorithm, as CreateAlgorithm describes it. */
export interface HyperParameterSpecification {
  readonly Name: string;
  readonly Type: "Categorical" | "Continuous" | "FreeText" | "Integer";
  readonly Range?: {
    readonly IntegerParameterRangeSpecification?: NumericRange;
    readonly ContinuousParameterRangeSpecification?: NumericRange;
    readonly CategoricalParameterRangeSpecification?: { readonly Values: readonly string[] };
  };
  readonly IsTunable?: boolean;
  readonly IsRequired?: boolean;
}

interface NumericRange {
  readonly MinValue: string;
  readonly MaxValue: string;
}

function read(...path: readonly string[]): TrainingSpecification {
  return JSON.parse(
    readFileSync(joinPath(__dirname, "..", ...path), "utf8"),
  ) as TrainingSpecification;
}

const decisionTree = read("container", "decision_tree", "training_specification.json");

/** The contract of another algorithm of the Decision Tree image, which only differs in hyperparameters. */
function ofTheSameImage(file: string): TrainingSpecification {
  return { ...decisionTree, ...read("container", "decision_tree", "algorithms", file) };
}

/** The algorithms that a candidate can name, each with its contract. */
export const algorithms = {
  "decision-tree": decisionTree,
  "random-forest": ofTheSameImage("random_forest.json"),
  "extra-trees": ofTheSameImage("random_forest.json"),
  "hist-gradient-boosting": ofTheSameImage("hist_gradient_boosting.json"),
  lightgbm: ofTheSameImage("lightgbm.json"),
  ridge: ofTheSameImage("ridge.json"),
  "elastic-net": ofTheSameImage("elastic_net.json"),
  xgboost: read("pipeline", "algorithms", "xgboost.json"),
} as const satisfies Record<string, TrainingSpecification>;

/** The name of an algorithm that comes with this project. */
export type AlgorithmName = keyof typeof algorithms;

/** The images that train them: the stack's own, by the name of its first algorithm, and SageMaker's. */
export type TrainingImage = "decision-tree" | "xgboost";

/** The image that trains an algorithm, and reads its models. */
export function imageOf(algorithm: AlgorithmName): TrainingImage {
  return algorithm === "xgboost" ? "xgboost" : "decision-tree";
}

/**
 * The metric that tuning minimises for every candidate: on the same validation set, it ranks models like R². XGBoost logs
 * five decimals, too few for MSE with a small target (source: EvaluationMonitor in dmlc/xgboost).
 */
export const objectiveMetric = "validation:rmse";

/**
 * The algorithms that report the objective in each round, which Hyperband needs to stop trials early (source: SageMaker's guide, "Understand the hyperparameter tuning strategies available in
 * Amazon SageMaker AI", Hyperband). The others report once.
 */
export const iterativeAlgorithms: readonly AlgorithmName[] = ["xgboost"];

/** Hyperparameters and values of an algorithm's contract that are refused. */
export function retiredOf(algorithm: AlgorithmName): Retired {
  return algorithm === "xgboost" ? xgboostRetired : { hyperparameters: {}, values: {} };
}

/** The problem with a value of a hyperparameter, if any. */
export function hyperparameterProblem(
  specification: HyperParameterSpecification,
  value: string,
): string | undefined {
  const { Range: range, Type: type } = specification;
  const numeric =
    range?.IntegerParameterRangeSpecification ?? range?.ContinuousParameterRangeSpecification;
  if (type === "Integer" || type === "Continuous") {
    const number = Number(value);
    if (value.trim() === "" || !Number.isFinite(number)) {
      return `must be a number, not "${value}"`;
    }
    if (type === "Integer" && !Number.isInteger(number)) {
      return `must be an integer, not ${value}`;
    }
    if (
      numeric !== undefined &&
      (number < Number(numeric.MinValue) || number > Number(numeric.MaxValue))
    ) {
      return `must be from ${numeric.MinValue} to ${numeric.MaxValue}, not ${value}`;
    }
  }
  const values = range?.CategoricalParameterRangeSpecification?.Values;
  if (values !== undefined && !values.includes(value)) {
    return `must be one of ${values.join(", ")}, not "${value}"`;
  }
  return undefined;
}
