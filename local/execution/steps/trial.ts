import type { Execution, Trial } from "../execution";
import { trialName } from "./jobNames";
import { resultKey } from "../../caching/stepKey";
import { artifactUri, outputUri, runTrainingJob, type TrainingResult } from "./trainingJob";
import type { TuningJob } from "./tuningJob";

/** Seconds between two looks at the log of a job that may be stopped early. */
const lookSeconds = 0.2;

/** Maximum number of values of an objective's course that are kept with a trial. */
const maxHistory = 100;

/** A trial that has ended, with what later ones may be measured by. */
export interface EndedTrial {
  readonly trial: Trial;
  /** All values of the objective, negated when maximising, so smaller is always better. */
  readonly course: readonly number[];
}

/** The result of a training job, with all values of the objective that it reported. */
interface Outcome extends TrainingResult {
  readonly values: readonly number[];
  /** Execution whose equal job stands in for this one. */
  readonly reusedFrom?: string;
}

/** A course of the objective, negated when maximising, so smaller is always better. */
function turned({ direction }: TuningJob, values: readonly number[]): readonly number[] {
  return values.map((value) => direction * value);
}

/** Evenly chosen values, the last among them. */
function thinned(values: readonly number[]): readonly number[] {
  const step = Math.ceil(values.length / maxHistory);
  return values.filter((_, index) => (values.length - 1 - index) % step === 0);
}

/** Looks at a running job's log now and then, and stops it where the stopping rule says so. */
function watcher(
  job: TuningJob,
  earlier: readonly (readonly number[])[],
): (log: string, stop: () => void) => () => void {
  return (log, stop) => {
    const timer = setInterval(() => {
      if (job.stoppingRule?.(turned(job, job.readObjective(log)), earlier) !== undefined) {
        clearInterval(timer);
        stop();
      }
    }, lookSeconds * 1000);
    return () => {
      clearInterval(timer);
    };
  };
}

/** Runs a training job, or takes the result of an equal one that completed. */
async function runOrReuse(
  execution: Execution,
  job: TuningJob,
  number: number,
  name: string,
  hyperparameters: Readonly<Record<string, string>>,
  earlier: readonly (readonly number[])[],
  signal: AbortSignal,
): Promise<Outcome> {
  const { cacheSeconds, definition, keyOf, objectiveMetric, stoppingRule } = job;
  const content = keyOf({ ...hyperparameters, _tuning_objective_metric: objectiveMetric });
  const key = resultKey(execution, content, job.step, number);
  const modelArtifact = artifactUri(definition, name);
  const places = { model: modelArtifact, output: outputUri(modelArtifact) };
  const found = await execution.cache.find<Outcome>(key, () => places, cacheSeconds);
  if (found !== undefined) {
    const isOwn = execution.cache.isOwn(found);
    return { ...found.value, modelArtifact, ...(isOwn ? {} : { reusedFrom: found.execution }) };
  }
  execution.report({
    kind: "trialBegins",
    trial: { step: job.step, number, trainingJobName: name, hyperparameters },
  });
  const result = await runTrainingJob(execution, {
    name,
    definition,
    hyperparameters,
    objectiveMetric,
    ...(stoppingRule === undefined ? {} : { watch: watcher(job, earlier) }),
    signal,
  });
  const outcome: Outcome = { ...result, values: job.readObjective(result.log) };
  if (result.status === "Completed" && !signal.aborted) {
    await execution.cache.keep(key, outcome, places);
  }
  return outcome;
}

/** A trial that was stopped as its tuning was complete: what it reached counts no longer. */
export function stoppedTrial(trial: Trial, reason: string): Trial {
  const stopped: { -readonly [Name in keyof Trial]: Trial[Name] } = {
    ...trial,
    status: "Stopped",
    failureReason: `stopped, as the tuning was complete: ${reason}`,
  };
  delete stopped.fault;
  delete stopped.modelArtifact;
  delete stopped.objective;
  return stopped;
}

/**
 * Runs a training job of a tuning job, or takes the result of an equal one.
 *
 * @param number its number, from 0
 * @param tuned its hyperparameters beside the static ones
 * @param earlier courses of the objective in earlier trials, by which it may be stopped early
 * @param signal stops it, where the tuning is complete; its reason says why
 */
export async function runTrial(
  execution: Execution,
  job: TuningJob,
  number: number,
  tuned: Readonly<Record<string, string>>,
  earlier: readonly (readonly number[])[],
  signal: AbortSignal,
): Promise<EndedTrial> {
  const { definition, objectiveMetric, step } = job;
  const name = trialName(execution.id, step, number);
  const hyperparameters = {
    ...definition.StaticHyperParameters,
    ...tuned,
  };
  const outcome = await runOrReuse(execution, job, number, name, hyperparameters, earlier, signal);
  const { fault, metrics, modelArtifact, values, ...result } = outcome;
  const common: Trial = {
    step,
    number,
    trainingJobName: name,
    hyperparameters,
    objectiveMetric,
    ...(job.direction < 0 ? { maximised: true } : {}),
    metrics,
    history: thinned(values),
    ...result,
  };
  // Decided by what was reported, not by when somebody looked: what a job still reports after the decision,
  // or whether it ends before, depends on the machine's speed.
  const stoppedAfter = job.stoppingRule?.(turned(job, values), earlier);
  if (stoppedAfter !== undefined) {
    const reported = values.slice(0, stoppedAfter);
    const objective = reported.at(-1);
    return {
      course: turned(job, reported),
      trial: {
        ...common,
        status: "Stopped",
        failureReason: `stopped early, after ${stoppedAfter} values of the objective`,
        history: thinned(reported),
        ...(objective === undefined ? {} : { objective }),
      },
    };
  }
  const course = turned(job, values);
  const trial: Trial = {
    ...common,
    ...(modelArtifact === undefined ? {} : { modelArtifact }),
    ...(fault === undefined ? {} : { fault }),
  };
  // A job that is told to stop may end well all the same, with half a model.
  if (signal.aborted) {
    return { course, trial: stoppedTrial(trial, String(signal.reason)) };
  }
  if (result.status === "Failed") {
    return { course, trial };
  }
  const objective = metrics[objectiveMetric];
  if (objective === undefined) {
    const failureReason = `the log has no ${objectiveMetric}`;
    return { course, trial: { ...trial, status: "Failed", failureReason } };
  }
  return { course, trial: { ...trial, objective } };
}
