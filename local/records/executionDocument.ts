import type {
  DescribeHyperParameterTuningJobResponse,
  DescribePipelineExecutionResponse,
  HyperParameterTrainingJobSummary,
  MetricData,
  Parameter,
  PipelineExecutionStep,
} from "@aws-sdk/client-sagemaker";

import type { Properties } from "../execution/execution";
import type { ProcessIdentity } from "../environments/processes";
import type { Challenge } from "./challenge";
import type { Metrics } from "./summary";

/** A value of the API as a JSON document has it: its times are texts, ISO 8601 in UTC. */
export type Recorded<Value> = Value extends Date
  ? string
  : Value extends readonly (infer One)[]
    ? Recorded<One>[]
    : Value extends object
      ? { [Key in keyof Value]: Recorded<Value[Key]> }
      : Value;

type Required<Value, Key extends keyof Value> = Value & {
  readonly [Name in Key]-?: NonNullable<Value[Name]>;
};

/** Whether the stack's policies are asked about what an execution does; why not, if they are not. */
export type Obedience = "checked" | "not checked: roles of others" | "not checked: turned off";

/** An execution, as DescribePipelineExecution answers. */
export type DescribedExecution = Required<
  Recorded<DescribePipelineExecutionResponse>,
  | "CreationTime"
  | "LastModifiedTime"
  | "PipelineArn"
  | "PipelineExecutionArn"
  | "PipelineExecutionStatus"
>;

/** A step that was begun, as ListPipelineExecutionSteps answers, and what else is kept of it. */
export type StepDocument = Required<Recorded<PipelineExecutionStep>, "StepName" | "StepStatus"> & {
  readonly StepType: string;
  /** Its log, from the execution's folder. */
  readonly Log?: string | undefined;
  /** What the Describe call of its job or model answers: what `Steps.NAME` refers to in a definition. */
  readonly Properties?: Properties | undefined;
};

/** A tuning job, as DescribeHyperParameterTuningJob answers. */
export type TuningJob = Partial<Recorded<DescribeHyperParameterTuningJobResponse>>;

/** The tuning job of a step. */
export function tuningJobOf(step: StepDocument | undefined): TuningJob {
  return step?.StepType === "Tuning" ? (step.Properties ?? {}) : {};
}

/** A training job of a tuning step, as ListTrainingJobsForHyperParameterTuningJob answers, and more. */
export type TrialDocument = Required<
  Recorded<HyperParameterTrainingJobSummary>,
  "TrainingJobName" | "TrainingJobStatus" | "TunedHyperParameters"
> & {
  readonly StepName: string;
  /** Number among the step's trials, from 0. */
  readonly Number: number;
  /** Seconds of training. */
  readonly Seconds: number;
  /** The last value of each metric that the log reports, as DescribeTrainingJob answers. */
  readonly FinalMetricDataList: readonly Recorded<MetricData>[];
  /** The objective's course: all its values in the log, or 100 of them evenly chosen. */
  readonly ObjectiveHistory: readonly number[];
  /** S3 URI of the model artifact. */
  readonly S3ModelArtifacts?: string | undefined;
  /** Its log, from the execution's folder. */
  readonly Log: string;
  /** What RetryPolicies call its failure. */
  readonly Fault?: string | undefined;
  /** Execution whose equal training job stands in for it. */
  readonly SourcePipelineExecution?: string | undefined;
};

/** What is kept of a candidate. */
export interface CandidateRecord {
  readonly name: string;
  readonly tuningStep: string;
  /** On the test data. */
  readonly metrics?: Metrics;
  readonly hyperparameters: Readonly<Record<string, string>>;
  readonly trials: number;
  /** Seconds that its tuning took. */
  readonly seconds: number;
}

/** The candidate that was registered. */
export interface WinnerRecord {
  readonly name: string;
  /** Its model package, with the approval status that it was registered with. */
  readonly group: string;
  readonly version: number;
  readonly approvalStatus: string;
  /** On the test data. */
  readonly r2: number;
}

/** What a list shows of an execution: the first line of its document, so that lists read no more. */
export interface ExecutionHead {
  readonly version: 2;
  /** The process that runs or ran it. */
  readonly process: ProcessIdentity;
  readonly pipelineName: string;
  readonly execution: DescribedExecution;
  /** The ClientRequestToken that it was started with. */
  readonly clientRequestToken?: string | undefined;
  /** Whether its steps had to obey the stack's policies. Not known of old records. */
  readonly authorization?: Obedience | undefined;
  /** The hash of what it depends on beside its definition and parameters. Not known of old documents. */
  readonly inputs?: string | undefined;
  readonly trialCount: number;
  readonly winner?: WinnerRecord | undefined;
}

/** All that is known of an execution: the document `execution.json` of its folder. */
export interface ExecutionDocument extends ExecutionHead {
  /** The values of all parameters, as ListPipelineParametersForExecution answers. */
  readonly parameters: readonly Recorded<Parameter>[];
  readonly steps: readonly StepDocument[];
  /** Of an execution that has ended: the steps that were not begun. */
  readonly notExecuted: readonly { readonly StepName: string; readonly StepType: string }[];
  readonly trials: readonly TrialDocument[];
  readonly candidates: readonly CandidateRecord[];
  /** Of the best candidate, where a champion must be beaten. */
  readonly challenge?: Challenge | undefined;
}

/** The ARN of a pipeline, in which the service writes its name in lower case, as in its documentation's examples. */
export function pipelineArnOf(arnPrefix: string, pipelineName: string): string {
  return `${arnPrefix}:pipeline/${pipelineName.toLowerCase()}`;
}

/** The id of an execution: the last part of its ARN. */
export function executionId({ execution }: Pick<ExecutionHead, "execution">): string {
  const mark = "/execution/";
  const arn = execution.PipelineExecutionArn;
  return arn.slice(arn.indexOf(mark) + mark.length);
}
