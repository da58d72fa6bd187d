import type { TuningRequest } from "../../../pipeline/language/evaluate";
import { type Execution, StepFailure, type Trial } from "../execution";
import { tuningKey } from "../../caching/stepKey";
import type { Attempt, JobKind, JobOutcome } from "./jobStep";
import { Completion } from "./completion";
import { jobsNotImproving } from "./completionRule";
import { jobArn } from "./jobProperties";
import { artifactUri } from "./trainingJob";
import { type EndedTrial, runTrial } from "./trial";
import { readTuningJob, type TuningJob } from "./tuningJob";
import { warmStart } from "./warmStart";

/**
 * Runs the trials, with the definition's parallelism, until the tuning is complete. A suggestion only uses trials that are
 * at least two rounds back, in order, so it does not depend on which running trial ends first, and equal seeds give equal
 * searches on every machine. Therefore an interrupted search can continue: it suggests the same trials, and the results of
 * completed ones are reused.
 */
async function search(
  execution: Execution,
  job: TuningJob,
  completion: Completion,
): Promise<readonly Trial[]> {
  const { maxJobs, maxParallelJobs, step } = job;
  const lag = 2 * maxParallelJobs;
  const trials: Promise<EndedTrial>[] = [];
  const earlier: (readonly number[])[] = [];
  const running = new Set<Promise<unknown>>();
  for (let number = 0; number < maxJobs; number += 1) {
    const told = await trials[number - lag];
    if (told !== undefined) {
      const { course, trial } = told;
      if (trial.objective !== undefined) {
        earlier.push(course);
      }
      await execution.tuner.tell(step, trial.number, trial.objective);
    }
    const tuned = await execution.tuner.ask(step, number);
    // Not before, because the search continues while trials run.
    if (running.size >= maxParallelJobs) {
      await Promise.race(running);
    }
    await completion.decidedBy(number - maxParallelJobs);
    if (completion.signal.aborted || execution.jobs.isClosed) {
      break;
    }
    const ended = runTrial(execution, job, number, tuned, [...earlier], completion.signal);
    trials.push(ended);
    completion.add(ended);
    const forget = (): boolean => running.delete(settled);
    const settled = ended.then(forget, forget);
    running.add(settled);
  }
  return completion.trials();
}

/** Runs the search of a tuning job, and always closes it. */
async function searchToEnd(
  execution: Execution,
  job: TuningJob,
): Promise<{ readonly trials: readonly Trial[]; readonly completion: Completion }> {
  const { maxJobs: of, maxParallelJobs: parallel, step } = job;
  execution.report({ kind: "tuning", step, of, parallel });
  const completion = new Completion(job, (trial) => {
    execution.report({ kind: "trial", trial, of });
  });
  try {
    return { trials: await search(execution, job, completion), completion };
  } finally {
    await completion.close();
  }
}

async function run(
  execution: Execution,
  step: string,
  request: TuningRequest,
  { cacheSeconds }: Attempt,
): Promise<JobOutcome> {
  const job = await readTuningJob(execution, step, request, cacheSeconds);
  const { best: earlierBest, earlier } = await warmStart(execution, step, request, job.direction);
  const known = await execution.tuner.open({
    tuning: step,
    // Hyperband draws at random, and stops weak trials early.
    strategy: job.strategy === "Hyperband" ? "Random" : job.strategy,
    objectiveType: job.direction < 0 ? "Maximize" : "Minimize",
    parameterRanges: job.parameterRanges,
    seed: job.seed,
    maxJobs: job.maxJobs,
    earlier,
  });
  const { trials, completion } = await searchToEnd(execution, job);
  const completed = trials
    .filter(({ status }) => status === "Completed")
    .sort((left, right) => job.direction * ((left.objective ?? 0) - (right.objective ?? 0)));
  const [best] = completed;
  if (best === undefined) {
    const last = trials.at(-1);
    throw new StepFailure(
      step,
      `none of ${trials.length} training jobs completed; the last one: ${last?.failureReason ?? ""}`,
      last?.log,
      last?.fault,
    );
  }
  const fixed = job.definition.StaticHyperParameters ?? {};
  const summaries = completed.map((trial) => ({
    TrainingJobName: trial.trainingJobName,
    TrainingJobArn: jobArn(execution.arnPrefix, "Training", trial.trainingJobName),
    TrainingJobStatus: trial.status,
    TunedHyperParameters: Object.fromEntries(
      Object.entries(trial.hyperparameters).filter(([name, value]) => fixed[name] !== value),
    ),
    FinalHyperParameterTuningJobObjectiveMetric: {
      MetricName: trial.objectiveMetric,
      Value: trial.objective ?? null,
    },
  }));
  const details = [
    ...(earlier.length === 0 ? [] : [`starts from ${known} of ${earlier.length} earlier trials`]),
    ...(completion.reason === undefined
      ? []
      : [`complete after ${trials.length} of ${job.maxJobs} trials: ${completion.reason}`]),
  ];
  const isBeaten =
    earlierBest !== undefined && job.direction * (earlierBest.value - (best.objective ?? 0)) < 0;
  return {
    facts: {
      BestTrainingJob: summaries[0] ?? null,
      ...(earlierBest && {
        OverallBestTrainingJob: isBeaten ? earlierBest.summary : (summaries[0] ?? null),
      }),
      TrainingJobSummaries: summaries,
      TuningJobCompletionDetails: {
        NumberOfTrainingJobsObjectiveNotImproving: jobsNotImproving(
          trials.flatMap(({ objective }) =>
            objective === undefined ? [] : job.direction * objective,
          ),
        ),
      },
    },
    trials,
    isAccidental: completion.isByTime || trials.some(({ fault }) => fault !== undefined),
    detail: details.length === 0 ? undefined : details.join("; "),
  };
}

/** Tuning jobs. Their properties list the training jobs that completed, best first. */
export const tuning: JobKind<TuningRequest> = {
  key: tuningKey,
  run,
  outputs: ({ TrainingJobDefinition: definition }, { trials = [] }) =>
    Object.fromEntries(
      trials
        .filter(({ status }) => status === "Completed")
        .map(({ trainingJobName: name }) => [name, artifactUri(definition ?? {}, name)]),
    ),
};
