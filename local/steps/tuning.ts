import type { Json, JsonObject } from "../../pipeline/expressions";
import { isObject, text } from "../../pipeline/walk";
import { type Execution, StepFailure, type Trial } from "../execution";
import { metricDefinitions } from "../images";
import { readSeries } from "../logs";
import { tuningKey } from "../stepKey";
import { hyperbandRule, medianRule, type StoppingRule } from "./earlyStopping";
import type { JobKind, JobOutcome } from "./jobStep";
import { artifactUri, runTrainingJob } from "./trainingJob";

/** Seconds between two looks at the log of a job that may be stopped early. */
const lookSeconds = 0.2;

/** Most values of an objective's course that are kept with a trial. */
const mostHistory = 100;

function object(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {};
}

/** A tuning job, read out of its arguments. */
interface TuningJob {
  readonly step: string;
  readonly definition: JsonObject;
  readonly strategy: string;
  readonly objectiveMetric: string;
  /** Finds the objective in a line of a log. */
  readonly objectiveRegex: string;
  /** 1 where the objective is minimised, -1 where it is maximised. */
  readonly direction: number;
  readonly maxJobs: number;
  readonly maxParallelJobs: number;
  readonly stoppingRule?: StoppingRule;
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

function readJob(
  execution: Execution,
  step: string,
  args: JsonObject,
  cacheSeconds: number,
): TuningJob {
  const config = object(args["HyperParameterTuningJobConfig"]);
  const definition = object(args["TrainingJobDefinition"]);
  const specification = object(definition["AlgorithmSpecification"]);
  const objective = object(config["HyperParameterTuningJobObjective"]);
  const limits = object(config["ResourceLimits"]);
  const image = execution.images.find(text(specification["TrainingImage"]));
  const objectiveMetric = text(objective["MetricName"]);
  const metrics = image === undefined ? [] : metricDefinitions(specification, image);
  const stoppingRule = readStoppingRule(config);
  return {
    step,
    definition,
    strategy: text(config["Strategy"]),
    objectiveMetric,
    objectiveRegex: metrics.find(({ name }) => name === objectiveMetric)?.regex ?? "",
    direction: objective["Type"] === "Maximize" ? -1 : 1,
    maxJobs: Number(limits["MaxNumberOfTrainingJobs"]),
    maxParallelJobs: Number(limits["MaxParallelTrainingJobs"]),
    ...(stoppingRule === undefined ? {} : { stoppingRule }),
    cacheSeconds,
  };
}

/** The objective's course in a log, so turned that smaller is better. */
function course(job: TuningJob, log: string): readonly number[] {
  return readSeries(log, job.objectiveRegex).map((value) => job.direction * value);
}

/** Evenly chosen values, the last among them. */
function thinned(values: readonly number[]): readonly number[] {
  const step = Math.ceil(values.length / mostHistory);
  return values.filter((_, index) => (values.length - 1 - index) % step === 0);
}

async function runTrial(
  execution: Execution,
  job: TuningJob,
  number: number,
  tuned: Readonly<Record<string, string>>,
  earlier: readonly Trial[],
): Promise<Trial> {
  const { definition, objectiveMetric, step, stoppingRule } = job;
  const name = `${execution.id}-${step}-${String(number + 1).padStart(3, "0")}`;
  const hyperparameters = {
    ...(object(definition["StaticHyperParameters"]) as Record<string, string>),
    ...tuned,
  };
  const others = earlier.map(({ log }) => course(job, log));
  let stoppedAfter: number | undefined;
  const watch = (log: string, stop: () => void): (() => void) => {
    const timer = setInterval(() => {
      stoppedAfter ??= stoppingRule?.(course(job, log), others);
      if (stoppedAfter !== undefined) {
        clearInterval(timer);
        stop();
      }
    }, lookSeconds * 1000);
    return () => {
      clearInterval(timer);
    };
  };
  const { fault, metrics, ...result } = await runTrainingJob(execution, {
    name,
    definition,
    hyperparameters,
    objectiveMetric,
    cacheSeconds: job.cacheSeconds,
    ...(stoppingRule === undefined ? {} : { watch }),
  });
  const values = readSeries(result.log, job.objectiveRegex);
  const common = {
    step,
    number,
    trainingJobName: name,
    hyperparameters,
    objectiveMetric,
    metrics,
    history: thinned(values),
    ...result,
  };
  if (result.status === "Failed" && stoppedAfter !== undefined) {
    // What it reported between the decision and its end depends on the machine's speed.
    const objective = values[stoppedAfter - 1];
    return {
      ...common,
      status: "Stopped",
      failureReason: `stopped early, after ${stoppedAfter} values of the objective`,
      history: thinned(values.slice(0, stoppedAfter)),
      ...(objective === undefined ? {} : { objective }),
    };
  }
  const objective = metrics[objectiveMetric];
  if (result.status === "Completed" && objective === undefined) {
    return { ...common, status: "Failed", failureReason: `the log has no ${objectiveMetric}` };
  }
  return {
    ...common,
    ...(fault === undefined ? {} : { fault }),
    ...(result.status === "Completed" && objective !== undefined ? { objective } : {}),
  };
}

/**
 * Runs the trials, as many at once as the definition says. A suggestion learns from the trials that are
 * at least two rounds back, told in their order: so it does not depend on which of the running ones
 * happens to end first, and equal seeds give equal searches on every machine.
 */
async function search(execution: Execution, job: TuningJob): Promise<readonly Trial[]> {
  const lag = 2 * job.maxParallelJobs;
  const trials: Promise<Trial>[] = [];
  const learnt: Trial[] = [];
  const running = new Set<Promise<unknown>>();
  try {
    for (let number = 0; number < job.maxJobs; number += 1) {
      if (running.size >= job.maxParallelJobs) {
        await Promise.race(running);
      }
      const told = await trials[number - lag];
      if (told !== undefined) {
        learnt.push(told);
        await execution.tuner.tell(job.step, told.number, told.objective);
      }
      const tuned = await execution.tuner.ask(job.step, number);
      if (tuned === undefined) {
        break;
      }
      const earlier = learnt.filter(({ objective }) => objective !== undefined);
      const trial = runTrial(execution, job, number, tuned, earlier).then((ended) => {
        execution.report({ kind: "trial", trial: ended, of: job.maxJobs });
        return ended;
      });
      trials.push(trial);
      const forget = (): boolean => running.delete(settled);
      const settled = trial.then(forget, forget);
      running.add(settled);
    }
    return await Promise.all(trials);
  } finally {
    await Promise.allSettled(trials);
  }
}

async function run(
  execution: Execution,
  step: string,
  args: JsonObject,
  cacheSeconds: number,
): Promise<JobOutcome> {
  const job = readJob(execution, step, args, cacheSeconds);
  const config = object(args["HyperParameterTuningJobConfig"]);
  await execution.tuner.open({
    tuning: step,
    // Hyperband draws at random, and stops early what does not keep up.
    strategy: job.strategy === "Hyperband" ? "Random" : job.strategy,
    objectiveType: job.direction < 0 ? "Maximize" : "Minimize",
    parameterRanges: object(config["ParameterRanges"]),
    seed: Number(config["RandomSeed"] ?? 0),
    maxJobs: job.maxJobs,
  });
  const trials = await search(execution, job);
  const completed = trials
    .filter(({ status }) => status === "Completed")
    .sort((left, right) => job.direction * ((left.objective ?? 0) - (right.objective ?? 0)));
  const [best] = completed;
  if (best === undefined) {
    const last = trials.at(-1);
    throw new StepFailure(
      step,
      `none of ${trials.length} training jobs completed; the last: ${last?.failureReason ?? ""}`,
      last?.log,
      last?.fault,
    );
  }
  const summaries = completed.map((trial) => ({
    TrainingJobName: trial.trainingJobName,
    TrainingJobStatus: trial.status,
    TunedHyperParameters: trial.hyperparameters,
    FinalHyperParameterTuningJobObjectiveMetric: {
      MetricName: trial.objectiveMetric,
      Value: trial.objective ?? null,
    },
  }));
  return {
    facts: {
      HyperParameterTuningJobName: step,
      HyperParameterTuningJobStatus: "Completed",
      BestTrainingJob: summaries[0] ?? null,
      TrainingJobSummaries: summaries,
    },
    trials,
  };
}

/** Tuning jobs. Their properties list the training jobs that completed, best first. */
export const tuning: JobKind = {
  key: tuningKey,
  run,
  outputs: (args, { trials = [] }) =>
    Object.fromEntries(
      trials
        .filter(({ status }) => status === "Completed")
        .map(({ trainingJobName: name }) => [
          name,
          artifactUri(object(args["TrainingJobDefinition"]), name),
        ]),
    ),
};
