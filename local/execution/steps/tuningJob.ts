import type { TuningRequest } from "../../../pipeline/language/evaluate";
import { type Execution, StepFailure } from "../execution";
import { metricDefinitions } from "../../standins/images";
import { readSeries } from "../../environments/logs";
import { trainingKeys } from "../../caching/stepKey";
import { completionRule, type CompletionRule } from "./completionRule";
import { hyperbandRule, medianRule, type StoppingRule } from "./earlyStopping";

type TuningJobConfig = NonNullable<TuningRequest["HyperParameterTuningJobConfig"]>;

/** A parsed tuning job. */
export interface TuningJob {
  readonly step: string;
  readonly definition: NonNullable<TuningRequest["TrainingJobDefinition"]>;
  readonly strategy: string;
  readonly objectiveMetric: string;
  /** The objective's values in a log, in order. */
  readonly readObjective: (log: string) => readonly number[];
  /** 1 to minimise the objective, -1 to maximise it. */
  readonly direction: number;
  readonly maxJobs: number;
  readonly maxParallelJobs: number;
  readonly parameterRanges: NonNullable<TuningJobConfig["ParameterRanges"]>;
  readonly seed: number;
  readonly stoppingRule?: StoppingRule;
  /** Default: it continues until all training jobs have ended. */
  readonly completionRule?: CompletionRule | undefined;
  /** Seconds after which it is complete. Default: no limit. */
  readonly maxRuntimeInSeconds?: number | undefined;
  /** The hash of everything that a training job depends on, by its hyperparameters. */
  readonly keyOf: (hyperparameters: Readonly<Record<string, string>>) => string | undefined;
  /** Seconds for which a training job may reuse a result of another execution. */
  readonly cacheSeconds: number;
}

function readStoppingRule(config: TuningJobConfig): StoppingRule | undefined {
  if (config.Strategy === "Hyperband") {
    const { MaxResource: max = Infinity, MinResource: min = 1 } =
      config.StrategyConfig?.HyperbandStrategyConfig ?? {};
    return hyperbandRule(min, max);
  }
  return config.TrainingJobEarlyStoppingType === "Auto" ? medianRule : undefined;
}

/** The number of all combinations; only Grid has no MaxNumberOfTrainingJobs. */
function combinations(ranges: TuningJobConfig["ParameterRanges"]): number {
  const counts = ranges?.CategoricalParameterRanges?.map(
    ({ Values: values }) => values?.length ?? 0,
  );
  return (counts ?? []).reduce((product, count) => product * count, 1);
}

/** Parses the request of a tuning step. */
export async function readTuningJob(
  execution: Execution,
  step: string,
  request: TuningRequest,
  cacheSeconds: number,
): Promise<TuningJob> {
  const { HyperParameterTuningJobConfig: config, TrainingJobDefinition: definition } = request;
  if (config === undefined || definition === undefined) {
    throw new StepFailure(step, "a tuning needs a configuration and a TrainingJobDefinition");
  }
  const specification = definition.AlgorithmSpecification;
  const objective = config.HyperParameterTuningJobObjective;
  const limits = config.ResourceLimits;
  const image = execution.images.find(specification?.TrainingImage ?? "");
  const objectiveMetric = objective?.MetricName ?? "";
  const metrics =
    image === undefined ? [] : metricDefinitions(specification?.MetricDefinitions, image);
  const regex = metrics.find(({ name }) => name === objectiveMetric)?.regex ?? "";
  const direction = objective?.Type === "Maximize" ? -1 : 1;
  const keys = await trainingKeys(execution, definition, definition.StaticHyperParameters);
  return {
    step,
    definition,
    strategy: config.Strategy ?? "",
    objectiveMetric,
    readObjective: (log) => readSeries(log, regex),
    direction,
    maxJobs: limits?.MaxNumberOfTrainingJobs ?? combinations(config.ParameterRanges),
    maxParallelJobs: limits?.MaxParallelTrainingJobs ?? 1,
    parameterRanges: config.ParameterRanges ?? {},
    seed: config.RandomSeed ?? 0,
    stoppingRule: readStoppingRule(config),
    completionRule: completionRule(config, direction),
    maxRuntimeInSeconds: limits?.MaxRuntimeInSeconds,
    keyOf: (hyperparameters) => keys?.(hyperparameters),
    cacheSeconds,
  };
}
