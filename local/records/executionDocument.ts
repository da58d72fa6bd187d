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

/** A value of the API in a JSON document, with times as texts, ISO 8601 in UTC. */
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

/** Whether the stack's policies are checked, or the reason why not. */
export type Obedience = "checked" | "not checked: roles of others" | "not checked: turned off";

/** The response of DescribePipelineExecution. */
export type DescribedExecution = Required<
  Recorded<DescribePipelineExecutionResponse>,
  | "CreationTime"
  | "LastModifiedTime"
  | "PipelineArn"
  | "PipelineExecutionArn"
  | "PipelineExecutionStatus"
>;

/** A started step, as in ListPipelineExecutionSteps, with further members. */
export type StepDocument = Required<Recorded<PipelineExecutionStep>, "StepName" | "StepStatus"> & {
  readonly StepType: string;
  /** Path of its log in the execution's folder. */
  readonly Log?: string | undefined;
  /** The Describe response of its job or model, which `Steps.NAME` refers to in a definition. */
  readonly Properties?: Properties | undefined;
};

export type TuningJob = Partial<Recorded<DescribeHyperParameterTuningJobResponse>>;

export function tuningJobOf(step: StepDocument | undefined): TuningJob {
  return step?.StepType === "Tuning" ? (step.Properties ?? {}) : {};
}

/** A training job of a tuning step, as in ListTrainingJobsForHyperParameterTuningJob, with further members. */
export type TrialDocument = Required<
  Recorded<HyperParameterTrainingJobSummary>,
  "TrainingJobName" | "TrainingJobStatus" | "TunedHyperParameters"
> & {
  readonly StepName: string;
  /** Number among the step's trials, from 0. */
  readonly Number: number;
  /** Seconds of training. */
  readonly Seconds: number;
  /** The last value of each metric in the log, as in DescribeTrainingJob. */
  readonly FinalMetricDataList: readonly Recorded<MetricData>[];
  /** The learning curve: all values of the objective in the log, or 100 evenly spaced ones. */
  readonly ObjectiveHistory: readonly number[];
  /** S3 URI of the model artifact. */
  readonly S3ModelArtifacts?: string | undefined;
  /** Path of its log in the execution's folder. */
  readonly Log: string;
  /** The name of its failure in RetryPolicies. */
  readonly Fault?: string | undefined;
  /** Execution whose equal training job was reused. */
  readonly SourcePipelineExecution?: string | undefined;
};

/** The last values of a trial's metrics, by name. */
export function metricsOf(trial: TrialDocument): Readonly<Record<string, number>> {
  return Object.fromEntries(
    trial.FinalMetricDataList.map(({ MetricName = "", Value = Number.NaN }) => [MetricName, Value]),
  );
}

/** The summary of an execution for lists, which only read this first line of the document. */
export interface ExecutionHead {
  readonly version: 2;
  /** The process that runs or ran it. */
  readonly process: ProcessIdentity;
  readonly pipelineName: string;
  readonly execution: DescribedExecution;
  /** The ClientRequestToken of its start. */
  readonly clientRequestToken?: string | undefined;
  /** Whether the stack's policies were checked. Unknown in old records. */
  readonly authorization?: Obedience | undefined;
  /** The hash of its dependencies apart from definition and parameters. Unknown in old documents. */
  readonly inputs?: string | undefined;
  readonly trialCount: number;
}

/** The document `execution.json` in an execution's folder. */
export interface ExecutionDocument extends ExecutionHead {
  /** The values of all parameters, as in ListPipelineParametersForExecution. */
  readonly parameters: readonly Recorded<Parameter>[];
  readonly steps: readonly StepDocument[];
  readonly trials: readonly TrialDocument[];
}

/** The prefix of the ARNs of an account's resources of SageMaker. */
export const arnPrefixOf = (stack: {
  readonly accountId: string;
  readonly region: string;
}): string => `arn:aws:sagemaker:${stack.region}:${stack.accountId}`;

/** The ARN of a pipeline, with its name in lower case, as in the service's documentation. */
export function pipelineArnOf(arnPrefix: string, pipelineName: string): string {
  return `${arnPrefix}:pipeline/${pipelineName.toLowerCase()}`;
}

/** The id of an execution: the last part of its ARN. */
export function executionId({ execution }: Pick<ExecutionHead, "execution">): string {
  const mark = "/execution/";
  const arn = execution.PipelineExecutionArn;
  return arn.slice(arn.indexOf(mark) + mark.length);
}
