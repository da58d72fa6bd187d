import { z } from "zod";

import { type AlgorithmName, algorithms, hyperparameterProblem } from "./algorithms";

/** The metric that tuning minimises for every candidate: both families report it, and on one
 * validation set it ranks models exactly as R² does. */
export const objectiveMetric = "validation:mse";

const scaling = z.enum(["Auto", "Linear", "Logarithmic", "ReverseLogarithmic"]).default("Auto");

const range = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("integer"), min: z.int(), max: z.int(), scaling }),
  z.strictObject({ type: z.literal("continuous"), min: z.number(), max: z.number(), scaling }),
  z.strictObject({
    type: z.literal("categorical"),
    values: z
      .array(z.union([z.string(), z.number()]).transform(String))
      .min(1)
      .max(30),
  }),
]);

/** The range in which tuning searches a hyperparameter. */
export type HyperparameterRange = z.output<typeof range>;

const instanceType = z
  .string()
  .regex(/^ml\.[a-z0-9-]+\.[a-z0-9-]+$/, "must be a SageMaker instance type, such as ml.m5.xlarge");

/**
 * A candidate: a family of models that is tuned, evaluated and, if it is the best, registered.
 * Source of the limits: CreateHyperParameterTuningJob, and SageMaker's quotas for it.
 */
export const candidateSchema = z
  .strictObject({
    /** Name, which its steps carry: TuneXGBoost, EvaluateXGBoost. */
    name: z
      .string()
      .regex(
        /^[A-Za-z][A-Za-z0-9]{0,29}$/,
        "must be a letter and at most 29 more letters and digits, such as XGBoost",
      ),
    /** Which algorithm trains it. */
    algorithm: z.enum(Object.keys(algorithms) as [AlgorithmName, ...AlgorithmName[]]),
    /** Hyperparameters that are the same for all trials. Default: the algorithm's own defaults. */
    hyperparameters: z
      .record(z.string(), z.union([z.string(), z.number(), z.boolean()]).transform(String))
      .default({}),
    /** Hyperparameters that tuning searches; 1 to 30. */
    ranges: z.record(z.string(), range),
    /** How tuning searches. Default `Bayesian`. */
    strategy: z.enum(["Bayesian", "Random", "Grid"]).default("Bayesian"),
    /** Number of trials, 1 to 750. Default 20. */
    maxJobs: z.int().min(1).max(750).default(20),
    /** Trials that run at once, 1 to 10. Default 2. */
    maxParallelJobs: z.int().min(1).max(10).default(2),
    /** Instance type of its training jobs. Default: the pipeline parameter TrainingInstanceType. */
    instanceType: instanceType.optional(),
  })
  .superRefine((candidate, context) => {
    const problem = (path: (string | number)[], message: string): void => {
      context.addIssue({ code: "custom", path, message });
    };
    const supported = new Map(
      algorithms[candidate.algorithm].SupportedHyperParameters.map((one) => [one.Name, one]),
    );
    const specification = (path: string[], name: string) => {
      const found = supported.get(name);
      if (found === undefined) {
        problem(
          path,
          `is not a hyperparameter of ${candidate.algorithm}, which has ${[...supported.keys()].join(", ")}`,
        );
      }
      return found;
    };

    for (const [name, value] of Object.entries(candidate.hyperparameters)) {
      const found = specification(["hyperparameters", name], name);
      const wrong = found && hyperparameterProblem(found, value);
      if (wrong !== undefined) {
        problem(["hyperparameters", name], wrong);
      }
      if (name in candidate.ranges) {
        problem(["hyperparameters", name], "is among the ranges too; it can be static or tuned");
      }
    }
    for (const [name, one] of Object.entries(candidate.ranges)) {
      const found = specification(["ranges", name], name);
      if (found?.IsTunable === false) {
        problem(["ranges", name], `cannot be tuned for ${candidate.algorithm}`);
      }
      if (one.type === "categorical") {
        if (new Set(one.values).size < one.values.length) {
          problem(["ranges", name, "values"], "has a value twice");
        }
      } else {
        if (one.min > one.max) {
          problem(["ranges", name], `has min ${one.min} above max ${one.max}`);
        }
        if (one.scaling === "Logarithmic" && one.min <= 0) {
          problem(["ranges", name], "must have a min above 0 for logarithmic scaling");
        }
        if (one.scaling === "ReverseLogarithmic" && (one.min < 0 || one.max >= 1)) {
          problem(["ranges", name], "must lie in [0, 1) for reverse logarithmic scaling");
        }
        if (one.scaling === "ReverseLogarithmic" && one.type === "integer") {
          problem(
            ["ranges", name],
            "is an integer range, which has no reverse logarithmic scaling",
          );
        }
      }
      if (candidate.strategy === "Grid" && one.type !== "categorical") {
        problem(["ranges", name], "must be categorical: the Grid strategy takes no other ranges");
      }
      if (found !== undefined) {
        for (const value of one.type === "categorical" ? one.values : [one.min, one.max]) {
          const wrong = hyperparameterProblem(found, String(value));
          if (wrong !== undefined) {
            problem(["ranges", name], wrong);
          }
        }
      }
    }
    const tuned = Object.keys(candidate.ranges).length;
    if (tuned < 1 || tuned > 30) {
      problem(["ranges"], `has ${tuned} hyperparameters; tuning takes 1 to 30`);
    }
    for (const { Name: name, IsRequired: required } of supported.values()) {
      if (
        required === true &&
        !(name in candidate.hyperparameters) &&
        !(name in candidate.ranges)
      ) {
        problem(["hyperparameters"], `lacks ${name}, which ${candidate.algorithm} requires`);
      }
    }
    if (candidate.maxParallelJobs > candidate.maxJobs) {
      problem(
        ["maxParallelJobs"],
        `is ${candidate.maxParallelJobs}, above maxJobs ${candidate.maxJobs}`,
      );
    }
  });

/** A candidate, with its defaults filled in and all values of hyperparameters as strings. */
export type Candidate = z.output<typeof candidateSchema>;

/** The candidates: 1 or more, with different names. */
export const candidatesSchema = z
  .array(candidateSchema)
  .min(1, "must list at least one candidate")
  .superRefine((candidates, context) => {
    candidates.forEach(({ name }, index) => {
      const first = candidates.findIndex((one) => one.name.toLowerCase() === name.toLowerCase());
      if (first < index) {
        context.addIssue({
          code: "custom",
          path: [index, "name"],
          message: `"${name}" is the name of candidate ${first} too (case does not count)`,
        });
      }
    });
  });

/**
 * The two candidates of the problem statement. The tree may grow, so that the comparison is fair: at
 * most 12 leaves, as in the original, cap it far below what it can do.
 */
export const defaultCandidates: z.input<typeof candidatesSchema> = [
  {
    name: "DecisionTree",
    algorithm: "decision-tree",
    hyperparameters: { random_state: 1729 },
    ranges: {
      max_leaf_nodes: { type: "integer", min: 50, max: 500, scaling: "Logarithmic" },
      max_depth: { type: "integer", min: 5, max: 30, scaling: "Linear" },
      min_samples_leaf: { type: "integer", min: 1, max: 50, scaling: "Logarithmic" },
    },
    strategy: "Bayesian",
    maxJobs: 20,
    maxParallelJobs: 2,
  },
  {
    name: "XGBoost",
    algorithm: "xgboost",
    hyperparameters: {
      objective: "reg:squarederror",
      num_round: 600,
      early_stopping_rounds: 30,
      seed: 1729,
    },
    ranges: {
      eta: { type: "continuous", min: 0.03, max: 0.2, scaling: "Logarithmic" },
      max_depth: { type: "integer", min: 4, max: 9, scaling: "Linear" },
      min_child_weight: { type: "continuous", min: 1, max: 20, scaling: "Logarithmic" },
      subsample: { type: "continuous", min: 0.6, max: 1, scaling: "Linear" },
      colsample_bytree: { type: "continuous", min: 0.6, max: 1, scaling: "Linear" },
    },
    strategy: "Bayesian",
    maxJobs: 12,
    maxParallelJobs: 2,
  },
];
