import type { Step } from "../../pipeline/language/definition";
import type { Scope } from "../../pipeline/language/evaluate";
import type { ExecutionEvent } from "../../terminal/events";
import type { Cache } from "../caching/cache";
import type { Images } from "../standins/images";
import type { Machine } from "../environments/containerEnvironment";
import type { AwsServices } from "../environments/awsServices";
import type { Jobs } from "../environments/jobs";
import type { ModelRegistry } from "../records/modelRegistry";
import type { ObjectStore } from "../storage/objectStore";
import type { Table, WorkGroup } from "../../offline/program";
import type { Tuner } from "../environments/tuner";

/** The state of a step or an execution, in SageMaker's words. */
export type Status = "Executing" | "Failed" | "NotExecuted" | "Stopped" | "Stopping" | "Succeeded";

/** A training job of a tuning step. */
export interface Trial {
  readonly step: string;
  /** Number among the step's trials, from 0. */
  readonly number: number;
  readonly trainingJobName: string;
  /** Stopped: by early stopping, or as its tuning was complete. */
  readonly status: "Completed" | "Failed" | "Stopped";
  readonly failureReason?: string;
  /** What RetryPolicies call its failure. */
  readonly fault?: StepFailure["fault"];
  /** The static and the tuned ones. */
  readonly hyperparameters: Readonly<Record<string, string>>;
  /** Name of the objective metric. */
  readonly objectiveMetric: string;
  readonly objective?: number;
  /** Whether the higher objective is the better one. Default: the lower one is. */
  readonly maximised?: boolean;
  /** The last value of each metric that the log reports. */
  readonly metrics: Readonly<Record<string, number>>;
  /** The objective's course: all its values in the log, or 100 of them evenly chosen. */
  readonly history: readonly number[];
  /** When it began, ISO 8601. Not known of old records. */
  readonly startTime?: string;
  readonly seconds: number;
  /** S3 URI of the model artifact. */
  readonly modelArtifact?: string;
  readonly log: string;
  /** Execution whose equal training job stands in for it. */
  readonly reusedFrom?: string;
}

/** What a Describe call answers, with times as texts. */
export type Properties = Readonly<Record<string, unknown>>;

/** The outcome of a step. */
export interface StepResult {
  readonly name: string;
  readonly type: string;
  readonly status: Status;
  /** ISO 8601. */
  readonly startTime?: string;
  readonly seconds?: number;
  /** How often it was tried. Default: once. */
  readonly attempts?: number;
  /** What there is to say of its outcome. */
  readonly detail?: string;
  /** Execution whose equal job stands in for its own. */
  readonly reusedFrom?: string;
  /** Why it failed. */
  readonly failureReason?: string;
  /** Its job's log. */
  readonly log?: string;
  /** What `Steps.NAME` refers to: what the Describe call of its job or model would answer. */
  readonly properties?: Properties;
}

/** What the records get of jobs while they go on; it is shown nowhere. */
export type JobEvent =
  /** What the Describe call of a step's job would answer has changed. */
  | { readonly kind: "job"; readonly step: string; readonly properties: Properties }
  /** A training job of a tuning step begins. */
  | {
      readonly kind: "trialBegins";
      readonly trial: Pick<Trial, "hyperparameters" | "number" | "step" | "trainingJobName">;
    };

/** What happens in an execution, for whoever watches it. */
export type Event = ExecutionEvent<StepResult, Trial> | JobEvent;

/** Whether an event is one that is shown. */
export function isShown(event: Event): event is ExecutionEvent<StepResult, Trial> {
  return event.kind !== "job" && event.kind !== "trialBegins";
}

/** What the steps of an execution work with. */
export interface Execution {
  readonly id: string;
  /** `arn:aws:sagemaker:REGION:ACCOUNT`, with which the ARNs of what the steps make begin. */
  readonly arnPrefix: string;
  readonly workFolder: string;
  /** Folder of the execution: its jobs, logs and records. */
  readonly folder: string;
  /** What the Describe call of each finished step's job would answer; the scope's steps are these. */
  readonly described: Map<string, Properties>;
  readonly scope: Scope;
  readonly store: ObjectStore;
  readonly jobs: Jobs;
  readonly tuner: Pick<Tuner, "ask" | "close" | "open" | "tell" | "warmUp">;
  readonly images: Images;
  readonly tables: readonly Table[];
  readonly workGroups: readonly WorkGroup[];
  readonly cache: Cache;
  readonly registry: ModelRegistry;
  /** SageMaker's API and S3 of this machine, for jobs that call them. Default: jobs find none. */
  readonly services?: AwsServices | undefined;
  /**
   * Makes sure that the roles may do what a step does. Default: nobody asks.
   * @throws StepFailure if they may not
   */
  readonly authorize?: ((step: Step, request?: object) => Promise<void>) | undefined;
  readonly report: (event: Event) => void;
}

/** What the containers of an execution's jobs share. */
export function machineOf({ jobs, store, workFolder }: Execution): Machine {
  return { store, workFolder, parallelism: jobs.parallelism };
}

/** A step that failed, with the reason, and where its log is. */
export class StepFailure extends Error {
  /** @param fault what RetryPolicies call it, where trying again may help */
  constructor(
    readonly step: string,
    reason: string,
    readonly log?: string,
    readonly fault?: "SageMaker.CAPACITY_ERROR" | "SageMaker.JOB_INTERNAL_ERROR",
  ) {
    super(reason);
  }
}
