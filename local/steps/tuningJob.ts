import type { JsonObject } from "../../pipeline/expressions";
import { object, text } from "../../pipeline/walk";
import type { Execution } from "../execution";
import { metricDefinitions } from "../standins/images";
import { readSeries } from "../processes/logs";
import { trainingKeys } from "../caching/stepKey";
import { hyperbandRule, medianRule, type StoppingRule } from "./earlyStopping";

/** A tuning job, read out of its arguments. */
export interface TuningJob {
  readonly step: string;
  /** The definition of its training jobs. */
  readonly definition: JsonObject;
  readonly strategy: string;
  readonly objectiveMetric: string;
  /** The objective's values in a log, in their order. */
  readonly readObjective: (log: string) => readonly number[];
  /** 1 where the objective is minimised, -1 where it is maximised. */
  readonly direction: number;
  readonly maxJobs: number;
  readonly maxParallelJobs: number;
  readonly parameterRanges: JsonObject;
  readonly seed: number;
  readonly stoppingRule?: StoppingRule;
  /** The hash of all that a training job depends on, by its hyperparameters. */
  readonly keyOf: (hyperparameters: JsonObject) => string | undefined;
  /** Seconds for which the result of an equal training job may stand in for one. */
  readonly cacheSeconds: number;
}

function readStoppingRule(config: JsonObject): StoppingRule | undefined {
  if (config["Strategy"] === "Hyperband") {
    const { MaxResource: max, MinResource: min } = object(
      object(config["StrategyConfig"])["HyperbandStrategyConfig"],
    );
    return hyperbandRule(Number(min ?? 1), Number(max ?? Infinity));
  }
  return config["TrainingJobEarlyStoppingType"] === "Auto" ? medianRule : undefined;
}

/** Reads a tuning job out of the arguments of its step. */
export async function readTuningJob(
  execution: Execution,
  step: string,
  args: JsonObject,
  cacheSeconds: number,
): Promise<TuningJob> {
  const config = object(args["HyperParameterTuningJobConfig"]);
  const definition = object(args["TrainingJobDefinition"]);
  const specification = object(definition["AlgorithmSpecification"]);
  const objective = object(config["HyperParameterTuningJobObjective"]);
  const limits = object(config["ResourceLimits"]);
  const image = execution.images.find(text(specification["TrainingImage"]));
  const objectiveMetric = text(objective["MetricName"]);
  const metrics = image === undefined ? [] : metricDefinitions(specification, image);
  const regex = metrics.find(({ name }) => name === objectiveMetric)?.regex ?? "";
  const stoppingRule = readStoppingRule(config);
  const keys = await trainingKeys(execution, definition);
  return {
    step,
    definition,
    strategy: text(config["Strategy"]),
    objectiveMetric,
    readObjective: (log) => readSeries(log, regex),
    direction: objective["Type"] === "Maximize" ? -1 : 1,
    maxJobs: Number(limits["MaxNumberOfTrainingJobs"]),
    maxParallelJobs: Number(limits["MaxParallelTrainingJobs"]),
    parameterRanges: object(config["ParameterRanges"]),
    seed: Number(config["RandomSeed"] ?? 0),
    ...(stoppingRule === undefined ? {} : { stoppingRule }),
    keyOf: (hyperparameters) => keys?.(hyperparameters),
    cacheSeconds,
  };
}
