import {
  DescribeHyperParameterTuningJobCommand,
  type HyperParameterTrainingJobSummary,
  paginateListTrainingJobsForHyperParameterTuningJob,
  type SageMakerClient,
} from "@aws-sdk/client-sagemaker";

import type { ShownTrial } from "../terminal/progress";
import type { CsvTrial } from "../terminal/trialsCsv";
import type { ExecutionStep } from "./steps";

/** A training job of a tuning step. */
export interface ExecutionTrial extends CsvTrial, ShownTrial {
  readonly status: string;
  /** Name of its tuning job. */
  readonly tuningJob: string;
  /** ISO 8601; undefined if the training job has not started. */
  readonly startTime?: string;
  /** The learning curve: values of the objective. Only known on this machine. */
  readonly history?: readonly number[];
}

/** The part of a tuning job that its trials need. */
export interface Tuning {
  readonly step: string;
  readonly job: string;
  readonly objectiveMetric: string;
  readonly maximised: boolean;
  /** The hyperparameters that are the same for all trials. */
  readonly hyperparameters: Readonly<Record<string, string>>;
  /** Max trials, and max trials at once. */
  readonly max: number;
  readonly parallel: number;
  /** S3 URI of the folder of its models. */
  readonly output: string;
  /** The training job with the best objective so far. */
  readonly best?: string | undefined;
}

/** The tuning job of a step; undefined if it has started none. */
export async function tuningOf(
  client: SageMakerClient,
  { job, name }: ExecutionStep,
): Promise<Tuning | undefined> {
  if (job?.kind !== "tuning") {
    return undefined;
  }
  const {
    BestTrainingJob: best,
    HyperParameterTuningJobConfig: config,
    TrainingJobDefinition: training,
    TrainingJobDefinitions: trainings = [],
  } = await client.send(
    new DescribeHyperParameterTuningJobCommand({ HyperParameterTuningJobName: job.name }),
  );
  const { OutputDataConfig: output, StaticHyperParameters: hyperparameters = {} } =
    training ?? trainings[0] ?? {};
  const objective = config?.HyperParameterTuningJobObjective;
  return {
    step: name,
    job: job.name,
    objectiveMetric: objective?.MetricName ?? "objective",
    maximised: objective?.Type === "Maximize",
    // The names of what the service adds for its own use begin with an underscore.
    hyperparameters: Object.fromEntries(
      Object.entries(hyperparameters).filter(([key]) => !key.startsWith("_")),
    ),
    max: config?.ResourceLimits?.MaxNumberOfTrainingJobs ?? 0,
    parallel: config?.ResourceLimits?.MaxParallelTrainingJobs ?? 1,
    output: output?.S3OutputPath?.replace(/\/$/, "") ?? "",
    best: best?.TrainingJobName,
  };
}

function trial(
  tuning: Tuning,
  summary: HyperParameterTrainingJobSummary,
  number: number,
): ExecutionTrial {
  const { TrainingEndTime: end, TrainingJobName: name = "", TrainingStartTime: start } = summary;
  const objective = summary.FinalHyperParameterTuningJobObjectiveMetric?.Value;
  const status = summary.TrainingJobStatus ?? "InProgress";
  return {
    step: tuning.step,
    tuningJob: tuning.job,
    number,
    trainingJobName: name,
    status,
    hyperparameters: { ...tuning.hyperparameters, ...summary.TunedHyperParameters },
    objectiveMetric: tuning.objectiveMetric,
    maximised: tuning.maximised,
    metrics: objective === undefined ? {} : { [tuning.objectiveMetric]: objective },
    objective,
    startTime: start?.toISOString(),
    seconds: start && ((end ?? new Date()).getTime() - start.getTime()) / 1000,
    failureReason: summary.FailureReason === "" ? undefined : summary.FailureReason,
    modelArtifact:
      status === "Completed" && tuning.output !== ""
        ? `${tuning.output}/${name}/output/model.tar.gz`
        : undefined,
  };
}

/** All trials of a tuning job so far, in the order of their creation. */
export async function trialsOf(
  client: SageMakerClient,
  tuning: Tuning,
): Promise<readonly ExecutionTrial[]> {
  const found: HyperParameterTrainingJobSummary[] = [];
  const pages = paginateListTrainingJobsForHyperParameterTuningJob(
    { client, pageSize: 100 },
    {
      HyperParameterTuningJobName: tuning.job,
      SortBy: "CreationTime",
      SortOrder: "Ascending",
    },
  );
  for await (const { TrainingJobSummaries: page = [] } of pages) {
    found.push(...page);
  }
  return found.map((summary, number) => trial(tuning, summary, number));
}

/** The trials of all tuning steps of an execution. */
export async function allTrials(
  client: SageMakerClient,
  steps: readonly ExecutionStep[],
): Promise<readonly ExecutionTrial[]> {
  const trials: ExecutionTrial[] = [];
  // Sequential, because the service allows few such calls a second.
  for (const step of steps) {
    const tuning = await tuningOf(client, step);
    if (tuning !== undefined) {
      trials.push(...(await trialsOf(client, tuning)));
    }
  }
  return trials;
}
