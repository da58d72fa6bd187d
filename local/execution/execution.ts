import type { HyperParameterTrainingJobSummary } from "@aws-sdk/client-sagemaker";

import type { Step } from "../../pipeline/language/definition";
import type { ModelRequest, Scope } from "../../pipeline/language/evaluate";
import type { ExecutionEvent, ShownStatus, ShownStep, ShownTrial } from "../../terminal/events";
import type { CsvTrial } from "../../terminal/trialsCsv";
import type { Cache } from "../caching/cache";
import type { Images } from "../standins/images";
import type { Machine } from "../environments/containerEnvironment";
import type { AwsServices } from "../environments/awsServices";
import type { Jobs } from "../environments/jobs";
import type { ModelRegistry } from "../records/modelRegistry";
import type { ObjectStore } from "../storage/objectStore";
import type { Table, WorkGroup } from "../../offline/program";
import type { Tuner } from "../environments/tuner";

/** SageMaker's status of a step or an execution. */
export type Status = ShownStatus;

/** A training job of a tuning step. */
export interface Trial extends ShownTrial, CsvTrial {
  /** Stopped: by early stopping, or because its tuning was complete. */
  readonly status: "Completed" | "Failed" | "Stopped";
  /** The name of its failure in RetryPolicies. */
  readonly fault?: StepFailure["fault"];
  /** The learning curve: all values of the objective in the log, or 100 evenly spaced ones. */
  readonly history: readonly number[];
  /** Its start, ISO 8601. Unknown in old records. */
  readonly startTime?: string;
  readonly seconds: number;
  readonly log: string;
}

/** The response of a Describe call, with times as texts. */
export type Properties = Readonly<Record<string, unknown>>;

/** Rows of the table that a job's query has read, and of the query's result. */
export interface QueriedRows {
  readonly table: number;
  readonly selected: number;
}

/** A tuning job of an earlier execution. */
export interface EarlierTuning {
  /** What its Describe call answers. */
  readonly described: Properties;
  readonly trials: readonly Pick<
    HyperParameterTrainingJobSummary,
    | "FinalHyperParameterTuningJobObjectiveMetric"
    | "TrainingJobName"
    | "TrainingJobStatus"
    | "TunedHyperParameters"
  >[];
}

/** The outcome of a step. */
export interface StepResult extends ShownStep {
  readonly type: string;
  /** Number of attempts. Default 1. */
  readonly attempts?: number;
  /** Execution whose equal job was reused. */
  readonly reusedFrom?: string;
  /** Its job's log. */
  readonly log?: string;
  /** The properties that `Steps.NAME` refers to: the Describe response of its job or model. */
  readonly properties?: Properties;
}

/** An event for the records only. */
type JobEvent =
  /** The Describe response of a step's job has changed. */
  | { readonly kind: "job"; readonly step: string; readonly properties: Properties }
  /** A training job of a tuning step begins. */
  | {
      readonly kind: "trialBegins";
      readonly trial: Pick<Trial, "hyperparameters" | "number" | "step" | "trainingJobName">;
    };

export type Event = ExecutionEvent<StepResult, Trial> | JobEvent;

/** Whether an event is shown to users. */
export function isShown(event: Event): event is ExecutionEvent<StepResult, Trial> {
  return event.kind !== "job" && event.kind !== "trialBegins";
}

/** The context of an execution's steps. */
export interface Execution {
  readonly id: string;
  /** `arn:aws:sagemaker:REGION:ACCOUNT`, the prefix of ARNs. */
  readonly arnPrefix: string;
  readonly workFolder: string;
  /** Folder of the execution: its jobs, logs and records. */
  readonly folder: string;
  /** The Describe responses of finished steps' jobs, which are also the scope's steps. */
  readonly described: Map<string, Properties>;
  /** The rows of finished steps' queries. */
  readonly queried: Map<string, QueriedRows>;
  readonly scope: Scope;
  readonly store: ObjectStore;
  readonly jobs: Jobs;
  readonly tuner: Pick<Tuner, "ask" | "close" | "open" | "tell" | "warmUp">;
  readonly images: Images;
  readonly tables: readonly Table[];
  readonly workGroups: readonly WorkGroup[];
  readonly cache: Cache;
  readonly registry: ModelRegistry;
  /** Finds a tuning job of an earlier execution by its name. */
  readonly earlierTuning: (name: string) => EarlierTuning | undefined;
  /** Finds a model of this work folder by its name: the request that created it. */
  readonly findModel: (name: string) => ModelRequest | undefined;
  /** This machine's SageMaker API and S3, for jobs that call them. Default: none. */
  readonly services?: AwsServices | undefined;
  /**
   * Checks the permissions of a step. Default: no check.
   * @throws StepFailure if a permission is missing
   */
  readonly authorize?: ((step: Step, request?: object) => Promise<void>) | undefined;
  readonly report: (event: Event) => void;
}

/** Settings that the containers of an execution's jobs share. */
export function machineOf({ jobs, store, workFolder }: Execution): Machine {
  return { store, workFolder, parallelism: jobs.parallelism };
}

/** A failed step, with the reason and its log. */
export class StepFailure extends Error {
  /** @param fault its name in RetryPolicies, if it may be retried */
  constructor(
    readonly step: string,
    reason: string,
    readonly log?: string,
    readonly fault?: "SageMaker.CAPACITY_ERROR" | "SageMaker.JOB_INTERNAL_ERROR",
  ) {
    super(reason);
  }
}
