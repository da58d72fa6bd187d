import { z } from "zod";

import { type AlgorithmName, algorithms } from "./algorithms";
import { instanceType } from "./instanceTypes";

const scaling = z
  .enum(["Auto", "Linear", "Logarithmic", "ReverseLogarithmic"])
  .default("Auto")
  .describe("How tuning spreads its trials over the range.");
const min = "Smallest value of the range.";
const max = "Largest value of the range.";

const range = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("integer").describe("Whole numbers."),
    min: z.int().describe(min),
    max: z.int().describe(max),
    scaling,
  }),
  z.strictObject({
    type: z.literal("continuous").describe("Numbers."),
    min: z.number().describe(min),
    max: z.number().describe(max),
    scaling,
  }),
  z.strictObject({
    type: z.literal("categorical").describe("Values one by one."),
    values: z
      .array(z.union([z.string(), z.number()]).transform(String))
      .min(1)
      .max(30)
      .describe("The values to choose from."),
  }),
]);

/** The range in which tuning searches a hyperparameter. */
export type HyperparameterRange = z.output<typeof range>;

/** An algorithm of the user's own: an image that trains and serves by SageMaker's contract. */
const customAlgorithm = z.strictObject({
  image: z
    .string()
    .regex(
      /^[A-Za-z0-9][A-Za-z0-9._/:@-]{0,254}$/,
      "must be the URI of an image, at most 255 characters",
    )
    .describe("URI of an image of your own, in a registry that the account can pull from."),
  metrics: z
    .record(z.string().min(1).max(255), z.string().min(1).max(500))
    .describe(
      "Regexes that find metrics in its log, by name; `validation:rmse` must be among them.",
    ),
});

/**
 * A candidate: a family of models that is tuned, evaluated and, if it is the best, registered.
 * Source of the limits: CreateHyperParameterTuningJob, and SageMaker's quotas for it.
 */
export const candidateFields = z.strictObject({
  name: z
    .string()
    .regex(
      /^[A-Za-z][A-Za-z0-9]{0,29}$/,
      "must be a letter and at most 29 more letters and digits, such as XGBoost",
    )
    .describe("Name, which its steps carry: TuneXGBoost, EvaluateXGBoost."),
  algorithm: z
    .union([
      z.enum(Object.keys(algorithms) as [AlgorithmName, ...AlgorithmName[]]),
      customAlgorithm,
    ])
    .describe("Algorithm that trains it: one of this project's, or an image of your own."),
  hyperparameters: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean()]).transform(String))
    .prefault({})
    .describe(
      "Hyperparameters that are the same for all trials; the others are the algorithm's defaults.",
    ),
  ranges: z
    .record(z.string(), range)
    .describe("Hyperparameters that tuning searches, 1 to 30, by name."),
  strategy: z
    .enum(["Bayesian", "Random", "Grid", "Hyperband"])
    .default("Bayesian")
    .describe("How tuning searches."),
  hyperband: z
    .strictObject({
      minResource: z.int().min(1).describe("Iterations after which the first trials are stopped."),
      maxResource: z.int().min(1).describe("Iterations of a trial that is never stopped."),
    })
    .optional()
    .describe(
      "Hyperband's resources, in the algorithm's iterations: it stops unpromising trials. Required for the " +
        "strategy Hyperband, and for no other; the algorithm must report its metrics in each iteration, which the " +
        "Decision Tree does not.",
    ),
  earlyStopping: z
    .boolean()
    .default(false)
    .describe("Whether SageMaker stops trials early that are worse than the median."),
  maxJobs: z.int().min(1).max(750).default(20).describe("Number of trials."),
  maxParallelJobs: z
    .int()
    .min(1)
    .max(10)
    .optional()
    .describe("Trials that run at once. Default: 2, or 1 where `maxJobs` is 1."),
  completionCriteria: z
    .strictObject({
      maxJobsNotImproving: z
        .int()
        .min(3)
        .optional()
        .describe(
          "Trials in a row that may fail to improve the best validation RMSE by 1 %. Default: any number.",
        ),
      targetObjectiveValue: z
        .number()
        .min(0)
        .optional()
        .describe("Validation RMSE at which tuning has what it wants. Default: none."),
      completeOnConvergence: z
        .boolean()
        .default(false)
        .describe(
          "Whether tuning ends where SageMaker finds that it has converged. Not applied by the local run.",
        ),
    })
    .optional()
    .describe("What ends tuning before `maxJobs` trials. Default: nothing."),
  maxTuningRuntimeInSeconds: z
    .int()
    .min(120)
    .max(15_768_000)
    .optional()
    .describe(
      "Time limit of tuning as a whole in seconds: trials that run then are stopped. Default: none.",
    ),
  maxRetryAttempts: z
    .int()
    .min(1)
    .max(30)
    .optional()
    .describe(
      "How often a trial is run again that failed by an internal error of SageMaker, within `maxRuntimeInSeconds` " +
        "in all. Default: never.",
    ),
  instanceType: instanceType
    .optional()
    .describe(
      "Instance type of its training jobs. Default: the pipeline parameter TrainingInstanceType.",
    ),
  maxRuntimeInSeconds: z
    .int()
    .min(1)
    .max(2_419_200)
    .default(3600)
    .describe("Time limit of a training job in seconds."),
  spotMaxWaitTimeInSeconds: z
    .int()
    .min(1)
    .max(2_419_200)
    .optional()
    .describe(
      "Trains on spot instances: the seconds that a training job may take with its waiting for them, at least " +
        "`maxRuntimeInSeconds`. A trial that is interrupted starts anew, unless an image of your own resumes from what " +
        "it wrote to /opt/ml/checkpoints. Default: on-demand instances.",
    ),
});

/** A candidate, with its defaults filled in and all values of hyperparameters as strings. */
export type Candidate = z.output<typeof candidateFields> & { readonly maxParallelJobs: number };
