import { z } from "zod";

import { type AlgorithmName, algorithms } from "./algorithms";

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

/** An algorithm of the user's own: an image that trains and serves by SageMaker's contract. */
const customAlgorithm = z.strictObject({
  /** URI of the image, in a registry that the account can pull from. */
  image: z
    .string()
    .regex(
      /^[A-Za-z0-9][A-Za-z0-9._/:@-]{0,254}$/,
      "must be the URI of an image, at most 255 characters",
    ),
  /** The regexes that find metrics in its log, by name; `validation:rmse` must be among them. */
  metrics: z.record(z.string().min(1).max(255), z.string().min(1).max(500)),
});

const instanceType = z
  .string()
  .regex(/^ml\.[a-z0-9-]+\.[a-z0-9-]+$/, "must be a SageMaker instance type, such as ml.m5.xlarge");

/**
 * A candidate: a family of models that is tuned, evaluated and, if it is the best, registered.
 * Source of the limits: CreateHyperParameterTuningJob, and SageMaker's quotas for it.
 */
export const candidateFields = z.strictObject({
  /** Name, which its steps carry: TuneXGBoost, EvaluateXGBoost. */
  name: z
    .string()
    .regex(
      /^[A-Za-z][A-Za-z0-9]{0,29}$/,
      "must be a letter and at most 29 more letters and digits, such as XGBoost",
    ),
  /** Which algorithm trains it: one that comes with this project, or an image of the user's own. */
  algorithm: z.union([
    z.enum(Object.keys(algorithms) as [AlgorithmName, ...AlgorithmName[]]),
    customAlgorithm,
  ]),
  /** Hyperparameters that are the same for all trials. Default: the algorithm's own defaults. */
  hyperparameters: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean()]).transform(String))
    .default({}),
  /** Hyperparameters that tuning searches; 1 to 30. */
  ranges: z.record(z.string(), range),
  /** How tuning searches. Default `Bayesian`. */
  strategy: z.enum(["Bayesian", "Random", "Grid", "Hyperband"]).default("Bayesian"),
  /**
   * Hyperband's minimum and maximum resource of a trial, in the algorithm's iterations: it stops trials
   * that promise little. Needed for the strategy Hyperband, and for no other; the algorithm must report its
   * metrics in each iteration, which the Decision Tree does not.
   */
  hyperband: z
    .strictObject({ minResource: z.int().min(1), maxResource: z.int().min(1) })
    .optional(),
  /** Whether SageMaker stops trials early that are worse than the median. Default false. */
  earlyStopping: z.boolean().default(false),
  /** Number of trials, 1 to 750. Default 20. */
  maxJobs: z.int().min(1).max(750).default(20),
  /** Trials that run at once, 1 to 10. Default 2. */
  maxParallelJobs: z.int().min(1).max(10).default(2),
  /** Instance type of its training jobs. Default: the pipeline parameter TrainingInstanceType. */
  instanceType: instanceType.optional(),
  /** Time limit of a training job in seconds, 1 to 28 days. Default 3600. */
  maxRuntimeInSeconds: z.int().min(1).max(2_419_200).default(3600),
  /**
   * Trains on spot instances: the seconds that a training job may take with its waiting for them, at least
   * `maxRuntimeInSeconds`. A trial that is interrupted starts anew, unless an image of your own resumes from
   * what it wrote to /opt/ml/checkpoints. Default: on-demand instances.
   */
  spotMaxWaitTimeInSeconds: z.int().min(1).max(2_419_200).optional(),
});

/** A candidate, with its defaults filled in and all values of hyperparameters as strings. */
export type Candidate = z.output<typeof candidateFields>;
