import { basename } from "node:path";

import type { StepResult, Trial } from "../../local/execution/execution";
import type {
  ExecutionDocument,
  StepDocument,
  TrialDocument,
} from "../../local/records/executionDocument";
import type { ExecutionRecord } from "../../local/records/executions";

const arnPrefix = "arn:aws:sagemaker:us-east-1:111122223333";
const executionArn = (id: string): string => `${arnPrefix}:pipeline/local/execution/${id}`;

function after(time: string, seconds: number): string {
  return new Date(Date.parse(time) + 1000 * seconds).toISOString();
}

function stepDocument(step: StepResult, { startTime, trials }: ExecutionRecord): StepDocument {
  const { detail = "", log, reusedFrom, seconds } = step;
  const trial = trials.find((one) => one.step === step.name);
  const [, version, group, approval] = /^version (\d+) of ([^,]+), (\w+)$/.exec(detail) ?? [];
  return {
    StepName: step.name,
    StepType: step.type,
    StepStatus: step.status === "NotExecuted" ? "Stopped" : step.status,
    StartTime: startTime,
    EndTime: seconds === undefined ? undefined : after(startTime, seconds),
    FailureReason: step.failureReason,
    CacheHitResult: reusedFrom
      ? { SourcePipelineExecutionArn: executionArn(reusedFrom) }
      : undefined,
    Metadata:
      step.type === "Condition" && detail !== ""
        ? { Condition: { Outcome: detail === "true" ? "True" : "False" } }
        : undefined,
    Log: log && `logs/${basename(log)}`,
    Properties: {
      ...(trial && {
        HyperParameterTuningJobConfig: {
          HyperParameterTuningJobObjective: {
            Type: trial.maximised === true ? "Maximize" : "Minimize",
            MetricName: trial.objectiveMetric,
          },
        },
      }),
      ...(version !== undefined && {
        ModelPackageArn: `${arnPrefix}:model-package/${group}/${version}`,
        ModelApprovalStatus: approval,
      }),
    },
  };
}

function trialDocument(trial: Trial): TrialDocument {
  return {
    StepName: trial.step,
    Number: trial.number,
    TrainingJobName: trial.trainingJobName,
    TrainingJobArn: `${arnPrefix}:training-job/${trial.trainingJobName}`,
    CreationTime: undefined,
    TrainingJobStatus: trial.status,
    FailureReason: trial.failureReason,
    TunedHyperParameters: trial.hyperparameters,
    FinalHyperParameterTuningJobObjectiveMetric:
      trial.objective === undefined
        ? undefined
        : { MetricName: trial.objectiveMetric, Value: trial.objective },
    FinalMetricDataList: Object.entries(trial.metrics).map(([MetricName, Value]) => ({
      MetricName,
      Value,
    })),
    ObjectiveHistory: trial.history,
    Seconds: trial.seconds,
    S3ModelArtifacts: trial.modelArtifact,
    Log: `logs/${basename(trial.log)}`,
    Fault: trial.fault,
    SourcePipelineExecution: trial.reusedFrom,
  };
}

/** The document of an execution, by what commands and the report are to read of it. */
export function documentOf(record: ExecutionRecord): ExecutionDocument {
  const { failureReason, id, seconds, startTime, status, steps, trials } = record;
  return {
    version: 2,
    process: { id: 1 },
    pipelineName: "local",
    execution: {
      PipelineArn: `${arnPrefix}:pipeline/local`,
      PipelineExecutionArn: executionArn(id),
      PipelineExecutionStatus: status === "NotExecuted" ? "Stopped" : status,
      FailureReason: failureReason,
      CreationTime: startTime,
      LastModifiedTime: after(startTime, seconds),
    },
    trialCount: trials.length,
    winner: record.winner,
    parameters: Object.entries(record.parameters).map(([Name, value]) => ({
      Name,
      Value: typeof value === "string" ? value : JSON.stringify(value),
    })),
    steps: steps
      .filter((step) => step.status !== "NotExecuted")
      .map((step) => stepDocument(step, record)),
    notExecuted: steps
      .filter((step) => step.status === "NotExecuted")
      .map(({ name, type }) => ({ StepName: name, StepType: type })),
    trials: trials.map(trialDocument),
    candidates: record.candidates,
    challenge: record.challenge,
  };
}
