import { z } from "zod";

import { type AlgorithmName, algorithms } from "./algorithms";
import { flag, integer, text } from "./configFields";
import { instanceType } from "./instanceTypes";

const scaling = z
  .enum(["Auto", "Linear", "Logarithmic", "ReverseLogarithmic"])
  .default("Auto")
  .describe("Scale on which tuning searches the range.");
const min = "Minimum of the range.";
const max = "Maximum of the range.";

const range = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("integer").describe("Integers."),
    min: z.int().describe(min),
    max: z.int().describe(max),
    scaling,
  }),
  z.strictObject({
    type: z.literal("continuous").describe("Real numbers."),
    min: z.number().describe(min),
    max: z.number().describe(max),
    scaling,
  }),
  z.strictObject({
    type: z.literal("categorical").describe("A list of values."),
    values: z
      .array(z.union([z.string(), z.number()]).transform(String))
      .min(1)
      .max(30)
      .describe("The values to choose from."),
  }),
]);

/** The range of a hyperparameter that tuning searches. */
export type HyperparameterRange = z.output<typeof range>;

/** The user's own algorithm: an image that follows SageMaker's contract for training and serving. */
const customAlgorithm = z.strictObject({
  image: text(
    /^[A-Za-z0-9][A-Za-z0-9._/:@-]{0,254}$/,
    "must be the URI of an image, with at most 255 characters",
  ).describe("URI of your own image, in a registry that the account can pull from."),
  metrics: z
    .record(z.string().min(1).max(255), z.string().min(1).max(500))
    .describe(
      "Regular expressions that find metrics in its log, by name, including `validation:rmse`.",
    ),
});

/**
 * A candidate: a family of models that is tuned, evaluated and, if it is the best, registered.
 * Source of the limits: CreateHyperParameterTuningJob, and SageMaker's quotas for it.
 */
export const candidateFields = z.strictObject({
  name: text(
    /^[A-Za-z][A-Za-z0-9]{0,29}$/,
    "must be a letter followed by at most 29 letters and digits, such as XGBoost",
  ).describe("Name, which is part of its steps' names: TuneXGBoost, EvaluateXGBoost."),
  algorithm: z
    .union([
      z.enum(Object.keys(algorithms) as [AlgorithmName, ...AlgorithmName[]]),
      customAlgorithm,
    ])
    .describe("Algorithm that trains it: one of this project's, or your own image."),
  hyperparameters: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean()]).transform(String))
    .prefault({})
    .describe(
      "Hyperparameters that are the same in all trials; others have the algorithm's defaults.",
    ),
  ranges: z
    .record(z.string(), range)
    .optional()
    .describe(
      "Hyperparameters to tune, 1 to 30, by name. Default: the algorithm's default tuning, which also sets " +
        "`hyperparameters` that the candidate does not.",
    ),
  strategy: z
    .enum(["Bayesian", "Random", "Grid", "Hyperband"])
    .default("Bayesian")
    .describe("Search strategy of tuning."),
  hyperband: z
    .strictObject({
      minResource: integer(1).describe("Iterations after which trials can first be stopped."),
      maxResource: integer(1).describe("Iterations of a trial that is not stopped."),
    })
    .optional()
    .describe(
      "Hyperband's resources, in the algorithm's iterations: it stops unpromising trials. Required for the strategy " +
        "Hyperband, and not allowed for others. The algorithm must report its metrics in each iteration, which only " +
        "xgboost and your own images do.",
    ),
  earlyStopping: flag("Whether SageMaker stops trials that are worse than the median early."),
  maxJobs: integer(1, 750).default(20).describe("Number of trials."),
  maxParallelJobs: integer(1, 10)
    .optional()
    .describe("Number of trials that run in parallel. Default: 2, or 1 if `maxJobs` is 1."),
  completionCriteria: z
    .strictObject({
      maxJobsNotImproving: integer(3)
        .optional()
        .describe(
          "Maximum number of consecutive trials that do not improve the best validation RMSE by 1 %. Default: no limit.",
        ),
      targetObjectiveValue: z
        .number()
        .min(0)
        .optional()
        .describe("Validation RMSE at which tuning ends. Default: none."),
      completeOnConvergence: flag(
        "Whether tuning ends when SageMaker detects convergence. Ignored by the local run.",
      ),
    })
    .optional()
    .describe("Criteria that end tuning before `maxJobs` trials. Default: none."),
  maxTuningRuntimeInSeconds: integer(120, 15_768_000)
    .optional()
    .describe(
      "Time limit of the whole tuning in seconds; trials that are still running then are stopped. Default: none.",
    ),
  maxRetryAttempts: integer(1, 30)
    .optional()
    .describe(
      "Maximum number of retries of a trial that failed because of an internal error in SageMaker, within " +
        "`maxRuntimeInSeconds` in total. Default: no retries.",
    ),
  warmStart: z
    .strictObject({
      parents: z
        .array(
          text(
            /^[A-Za-z0-9](-*[A-Za-z0-9]){0,31}$/,
            "must be the name of a tuning job: 1 to 32 letters, digits and hyphens",
          ),
        )
        .min(1)
        .max(5)
        .describe(
          "Names of 1 to 5 tuning jobs that have ended, as `restate trials` prints them. Each is the default of a pipeline " +
            "parameter, such as XGBoostParentTuningJob1, so that a start can name others; `--warm-start` does so.",
        ),
      type: z
        .enum(["TransferLearning", "IdenticalDataAndAlgorithm"])
        .default("TransferLearning")
        .describe(
          "`TransferLearning`: data, ranges and image may differ from those of the parents. `IdenticalDataAndAlgorithm`: " +
            "only ranges and the number of trials may, so parents and tuning must read the same objects in S3.",
        ),
    })
    .optional()
    .describe(
      "Starts from the results of earlier tuning jobs, whose hyperparameters must have the same names (fixed or tuned) and " +
        "types. Their trials count towards the 750 of a tuning job, but not as trials of this one. Requires the strategy " +
        "Bayesian or Random. Default: starts anew.",
    ),
  instanceType: instanceType
    .optional()
    .describe(
      "Instance type of its training jobs. Default: the pipeline parameter TrainingInstanceType.",
    ),
  maxRuntimeInSeconds: integer(1, 2_419_200)
    .default(3600)
    .describe("Time limit of a training job in seconds."),
  spotMaxWaitTimeInSeconds: integer(1, 2_419_200)
    .optional()
    .describe(
      "Trains on spot instances, and limits a training job to this many seconds, including the wait for instances; at " +
        "least `maxRuntimeInSeconds`. An interrupted trial starts from the beginning, unless your own image resumes " +
        "from its files in /opt/ml/checkpoints. Default: on-demand instances.",
    ),
});

/** A candidate with its defaults, and all hyperparameter values as strings. */
export type Candidate = z.output<typeof candidateFields> & {
  readonly maxParallelJobs: number;
  readonly ranges: Readonly<Record<string, HyperparameterRange>>;
};
