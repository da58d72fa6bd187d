import type { Execution, Trial } from "../execution";
import { trialName } from "./jobNames";
import { resultKey } from "../../caching/stepKey";
import { artifactUri, outputUri, runTrainingJob, type TrainingResult } from "./trainingJob";
import type { TuningJob } from "./tuningJob";

/** Seconds between polls of the log of a job that may be stopped early. */
const lookSeconds = 0.2;

/** Max length of a trial's recorded learning curve. */
const maxHistory = 100;

/** A finished trial, with the values that later ones are compared with. */
export interface EndedTrial {
  readonly trial: Trial;
  /** All values of the objective, negated when maximising, so smaller is always better. */
  readonly course: readonly number[];
}

/** The result of a training job, with all reported values of the objective. */
interface Outcome extends TrainingResult {
  readonly values: readonly number[];
  /** Execution whose equal job was reused. */
  readonly reusedFrom?: string;
}

/** A learning curve, negated when maximising, so smaller is always better. */
function turned({ direction }: TuningJob, values: readonly number[]): readonly number[] {
  return values.map((value) => direction * value);
}

/** Evenly spaced values, including the last. */
function thinned(values: readonly number[]): readonly number[] {
  const step = Math.ceil(values.length / maxHistory);
  return values.filter((_, index) => (values.length - 1 - index) % step === 0);
}

/** Polls a running job's log, and applies the stopping rule. */
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

/** Runs a training job, or reuses the result of an equal one that completed. */
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
    return { ...found.value, modelArtifact, reusedFrom: isOwn ? undefined : found.execution };
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
    watch: stoppingRule && watcher(job, earlier),
    signal,
  });
  const outcome: Outcome = { ...result, values: job.readObjective(result.log) };
  if (result.status === "Completed" && !signal.aborted) {
    await execution.cache.keep(key, outcome, places);
  }
  return outcome;
}

/** A trial that was stopped because its tuning was complete, so its result does not count. */
export function stoppedTrial(trial: Trial, reason: string): Trial {
  return {
    ...trial,
    status: "Stopped",
    failureReason: `stopped, as the tuning was complete: ${reason}`,
    fault: undefined,
    modelArtifact: undefined,
    objective: undefined,
  };
}

/**
 * Runs a training job of a tuning job, or reuses the result of an equal one.
 *
 * @param number its number, from 0
 * @param tuned its tuned hyperparameters
 * @param earlier learning curves of earlier trials, for early stopping
 * @param signal stops it when the tuning is complete, with the reason
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
  const hyperparameters = { ...definition.StaticHyperParameters, ...tuned };
  const outcome = await runOrReuse(execution, job, number, name, hyperparameters, earlier, signal);
  const { values, ...result } = outcome;
  // Decided by reported values, not by the time of a poll: what a job reports after the decision, or whether it
  // ends before, depends on the machine's speed.
  const stoppedAfter = job.stoppingRule?.(turned(job, values), earlier);
  const reported = values.slice(0, stoppedAfter);
  const course = turned(job, reported);
  const trial: Trial = {
    step,
    number,
    trainingJobName: name,
    hyperparameters,
    objectiveMetric,
    maximised: job.direction < 0 ? true : undefined,
    ...result,
    history: thinned(reported),
  };
  if (stoppedAfter !== undefined) {
    return {
      course,
      trial: {
        ...trial,
        status: "Stopped",
        failureReason: `stopped early, after ${stoppedAfter} values of the objective`,
        modelArtifact: undefined,
        fault: undefined,
        objective: reported.at(-1),
      },
    };
  }
  // A stopped job may still end with exit code 0, with half a model.
  if (signal.aborted) {
    return { course, trial: stoppedTrial(trial, String(signal.reason)) };
  }
  if (result.status === "Failed") {
    return { course, trial };
  }
  const objective = result.metrics[objectiveMetric];
  if (objective === undefined) {
    const failureReason = `the log has no ${objectiveMetric}`;
    return { course, trial: { ...trial, status: "Failed", failureReason } };
  }
  return { course, trial: { ...trial, objective } };
}
