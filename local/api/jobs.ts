import type { DescribeTrainingJobResponse } from "@aws-sdk/client-sagemaker";

import type { Properties } from "../execution/execution";
import {
  type ExecutionDocument,
  executionId,
  type Recorded,
  type StepDocument,
  type TrialDocument,
  type TuningJob,
  tuningJobOf,
} from "../records/executionDocument";
import { describedJob } from "../records/describedJob";
import { findDocument, listDocuments } from "../records/executions";
import { jobsNotImproving } from "../execution/steps/completionRule";
import { nameOf, statusOf, trainingTimes } from "../execution/steps/jobProperties";
import { artifactUri } from "../execution/steps/trainingJob";
import { invalid, notFound } from "./errors";
import type { Answer, SageMakerOperations } from "./operation";
import {
  byTime,
  filtered,
  type Filtered,
  pageOf,
  type PageRequest,
  type TimeFilters,
} from "./pages";
import type { World } from "./world";

export interface Job extends Filtered {
  /** The response of Describe, with further members. */
  readonly properties: Properties;
  readonly execution: string;
  /** Path of its log in the execution's folder. */
  readonly log: string;
  /** The training jobs of a tuning job. */
  readonly trials: readonly TrialDocument[];
}

type DescribedTraining = Partial<Recorded<DescribeTrainingJobResponse>>;

/** The kind of job by the type of step. */
const stepTypes = {
  processing: ["Processing", "QualityCheck"],
  training: ["Training"],
  transform: ["Transform"],
  tuning: ["Tuning"],
} as const;

export type JobKind = keyof typeof stepTypes;

/** The response of DescribeTrainingJob for a training job of a tuning job. */
function trialProperties(trial: TrialDocument, tuning: TuningJob): Properties {
  const { HyperParameterTuningJobConfig: config, TrainingJobDefinition: definition } = tuning;
  const { InstanceCount, InstanceType, VolumeKmsKeyId, VolumeSizeInGB } =
    definition?.HyperParameterTuningResourceConfig ?? definition?.ResourceConfig ?? {};
  const resources = { InstanceCount, InstanceType, VolumeKmsKeyId, VolumeSizeInGB };
  return {
    ...definition,
    ...trial,
    TuningJobArn: tuning.HyperParameterTuningJobArn,
    ModelArtifacts: {
      S3ModelArtifacts:
        trial.S3ModelArtifacts ?? artifactUri(definition ?? {}, trial.TrainingJobName),
    },
    SecondaryStatus:
      trial.TrainingJobStatus === "InProgress" ? "Training" : trial.TrainingJobStatus,
    HyperParameters: {
      ...definition?.StaticHyperParameters,
      ...trial.TunedHyperParameters,
      _tuning_objective_metric: config?.HyperParameterTuningJobObjective?.MetricName ?? "",
    },
    ResourceConfig: resources,
    LastModifiedTime: trial.TrainingEndTime ?? trial.CreationTime ?? "",
    ...trainingTimes(trial.Seconds),
  };
}

function trialJob(trial: TrialDocument, tuning: StepDocument | undefined, execution: string): Job {
  return {
    name: trial.TrainingJobName,
    creationTime: trial.CreationTime ?? tuning?.StartTime ?? "",
    lastModifiedTime: trial.TrainingEndTime,
    status: trial.TrainingJobStatus,
    properties: trialProperties(trial, tuningJobOf(tuning)),
    execution,
    log: trial.Log,
    trials: [],
  };
}

const textOf = (value: unknown): string | undefined =>
  typeof value === "string" ? value : undefined;

function withArtifact(properties: DescribedTraining, name: string): Properties {
  const { ModelArtifacts, OutputDataConfig } = properties;
  return {
    ...properties,
    ModelArtifacts: ModelArtifacts ?? { S3ModelArtifacts: artifactUri({ OutputDataConfig }, name) },
  };
}

function stepJob(step: StepDocument, document: ExecutionDocument, kind: JobKind): Job | undefined {
  const { StepName: name, StepType: type } = step;
  const properties = describedJob(step);
  const jobName = nameOf(type, properties);
  if (jobName === undefined || step.SelectiveExecutionResult !== undefined) {
    return undefined;
  }
  return {
    name: jobName,
    creationTime: textOf(properties["CreationTime"]) ?? step.StartTime ?? "",
    lastModifiedTime: textOf(properties["LastModifiedTime"]),
    status: statusOf(type, properties),
    // A training job has it from the start.
    properties: kind === "training" ? withArtifact(properties, jobName) : properties,
    execution: executionId(document),
    log: step.Log ?? `logs/${kind === "training" ? jobName : name}.log`,
    trials: document.trials.filter((trial) => trial.StepName === name),
  };
}

function jobsIn(document: ExecutionDocument, kind: JobKind): readonly Job[] {
  const types: readonly string[] = stepTypes[kind];
  const own = document.steps
    .filter((step) => types.includes(step.StepType))
    .flatMap((step) => stepJob(step, document, kind) ?? []);
  if (kind !== "training") {
    return own;
  }
  const steps = new Map(document.steps.map((step) => [step.StepName, step]));
  const id = executionId(document);
  return [
    ...own,
    ...document.trials.map((trial) => trialJob(trial, steps.get(trial.StepName), id)),
  ];
}

/** All jobs of a kind; a job that later executions reuse is listed once. */
export function allJobs(world: World, kind: JobKind): readonly Job[] {
  const byName = new Map<string, Job>();
  // Latest first, so that the execution that ran a job overwrites those that reuse it.
  for (const document of listDocuments(world.workspace)) {
    for (const job of jobsIn(document, kind)) {
      byName.set(job.name, job);
    }
  }
  return [...byName.values()];
}

/** A job by its name; undefined if there is none. */
export function findJob(world: World, kind: JobKind, name: string): Job | undefined {
  const named = ({ name: one }: Job): boolean => one.toLowerCase() === name.toLowerCase();
  // Job names begin with the execution's id.
  const [id = ""] = name.split("-");
  const document = findDocument(world.workspace, id);
  const own = document && jobsIn(document, kind).find(named);
  return own ?? allJobs(world, kind).find(named);
}

function existing(world: World, kind: JobKind, name = ""): Job {
  const job = findJob(world, kind, name);
  if (job === undefined) {
    if (kind === "tuning") {
      // Evidence for code and message: aws/amazon-sagemaker-examples#1540.
      throw notFound(`Amazon SageMaker can't find a tuning job called ${name}. Type another name.`);
    }
    // Evidence for code and message: aws/aws-sdk#165 for DescribeTrainingJob; assumed for the others.
    throw invalid("Requested resource not found.");
  }
  return job;
}

/** A training job in the list of a tuning job. */
function summaryOf(tuning: string, trial: TrialDocument): Answer {
  return { ...trial, TuningJobName: tuning };
}

const objectiveOf = (trial: TrialDocument): number | undefined =>
  trial.FinalHyperParameterTuningJobObjectiveMetric?.Value;

/** The members of a tuning job's Describe response that depend on its training jobs. */
function tuningState({ creationTime, name, properties, trials }: Job): Answer {
  const count = (status: string): number =>
    trials.filter((trial) => trial.TrainingJobStatus === status).length;
  const { HyperParameterTuningEndTime: ended, HyperParameterTuningJobConfig: config }: TuningJob =
    properties;
  const direction = config?.HyperParameterTuningJobObjective?.Type === "Maximize" ? -1 : 1;
  const worth = (trial: TrialDocument): number => direction * (objectiveOf(trial) ?? Infinity);
  const [best] = trials
    .filter((trial) => trial.TrainingJobStatus === "Completed" && objectiveOf(trial) !== undefined)
    .sort((left, right) => worth(left) - worth(right));
  const measured = trials.filter((trial) => objectiveOf(trial) !== undefined);
  const pending = count("InProgress");
  const end = Date.parse(ended ?? new Date().toISOString());
  return {
    TrainingJobStatusCounters: {
      Completed: count("Completed"),
      InProgress: pending,
      RetryableError: 0,
      NonRetryableError: count("Failed"),
      Stopped: count("Stopped"),
    },
    ObjectiveStatusCounters: {
      Succeeded: measured.length,
      Pending: pending,
      Failed: trials.length - measured.length - pending,
    },
    BestTrainingJob: best && summaryOf(name, best),
    ConsumedResources: {
      RuntimeInSeconds: Math.max(0, Math.round((end - Date.parse(creationTime)) / 1000)),
    },
    TuningJobCompletionDetails: {
      NumberOfTrainingJobsObjectiveNotImproving: jobsNotImproving(
        [...measured].sort((left, right) => left.Number - right.Number).map(worth),
      ),
    },
  };
}

/** Filters of training jobs only, on members of the Describe response. */
interface InstanceFilters {
  readonly TrainingPlanArnEquals?: string | undefined;
  readonly WarmPoolStatusEquals?: string | undefined;
}

function hasInstances(
  { properties }: Job,
  { TrainingPlanArnEquals: plan, WarmPoolStatusEquals: warm }: InstanceFilters,
): boolean {
  const { ResourceConfig: resources, WarmPoolStatus: status }: DescribedTraining = properties;
  return (
    (plan === undefined || resources?.TrainingPlanArn === plan) &&
    (warm === undefined || status?.Status === warm)
  );
}

/** Lists the jobs of a kind. */
function listing(
  kind: JobKind,
  member: string,
  defaults: { readonly defaultOrder?: "Descending"; readonly defaultSort?: "Name" } = {},
): (world: World, request: PageRequest & TimeFilters & InstanceFilters) => Answer {
  return (world, request) => {
    const all = filtered(allJobs(world, kind), request);
    const found = all.filter((job) => hasInstances(job, request));
    const page = pageOf(found, request, {
      ...byTime,
      defaultSize: 10,
      ...defaults,
    });
    return {
      NextToken: page.NextToken,
      [member]: page.items.map((job) =>
        kind === "tuning"
          ? {
              ...job.properties,
              ...(job.properties as TuningJob).HyperParameterTuningJobConfig,
              ...tuningState(job),
            }
          : job.properties,
      ),
    };
  };
}

/** The operations on jobs. */
export const jobs = {
  DescribeHyperParameterTuningJob(world, request) {
    const job = existing(world, "tuning", request.HyperParameterTuningJobName);
    return { ...job.properties, ...tuningState(job) };
  },

  DescribeProcessingJob: (world, { ProcessingJobName: name }) =>
    existing(world, "processing", name).properties,

  DescribeTrainingJob: (world, { TrainingJobName: name }) =>
    existing(world, "training", name).properties,

  DescribeTransformJob: (world, { TransformJobName: name }) =>
    existing(world, "transform", name).properties,

  ListHyperParameterTuningJobs: listing("tuning", "HyperParameterTuningJobSummaries", {
    defaultSort: "Name",
  }),

  ListProcessingJobs: listing("processing", "ProcessingJobSummaries"),

  ListTrainingJobs: listing("training", "TrainingJobSummaries"),

  ListTrainingJobsForHyperParameterTuningJob(world, request) {
    const { SortBy: sortBy, StatusEquals: status } = request;
    const tuning = existing(world, "tuning", request.HyperParameterTuningJobName);
    // Source: SortBy. Sorting by the objective omits training jobs without one.
    const trials = tuning.trials.filter(
      (trial) =>
        (status === undefined || trial.TrainingJobStatus === status) &&
        (sortBy !== "FinalObjectiveMetricValue" || objectiveOf(trial) !== undefined),
    );
    const page = pageOf(trials, request, {
      key: (trial) => trial.TrainingJobName,
      sorts: {
        CreationTime: (trial) => trial.CreationTime ?? "",
        FinalObjectiveMetricValue: (trial) => objectiveOf(trial) ?? 0,
        Name: (trial) => trial.TrainingJobName,
        Status: (trial) => trial.TrainingJobStatus,
      },
      defaultSort: "Name",
      defaultSize: 10,
    });
    return {
      NextToken: page.NextToken,
      TrainingJobSummaries: page.items.map((trial) => summaryOf(tuning.name, trial)),
    };
  },

  ListTransformJobs: listing("transform", "TransformJobSummaries", {
    defaultOrder: "Descending",
  }),
} satisfies SageMakerOperations;
