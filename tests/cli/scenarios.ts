import type { JsonObject } from "../../pipeline/language/json";
import type { Frame, Scenario } from "./stack";

const begin = 1_790_000_000;
const sageMaker = "arn:aws:sagemaker:us-east-1:123456789012";

/** An ARN as SageMaker makes it. */
export function arn(path: string): string {
  return `${sageMaker}:${path}`;
}

/** A step of an execution as ListPipelineExecutionSteps tells of it; times are in seconds. */
export function step(
  name: string,
  status: string,
  from: number,
  to: number | undefined,
  more: JsonObject = {},
): JsonObject {
  return {
    StepName: name,
    StepStatus: status,
    StartTime: begin + from,
    ...(to === undefined ? {} : { EndTime: begin + to }),
    AttemptCount: 1,
    ...more,
  };
}

/** An execution as DescribePipelineExecution tells of it. */
export function execution(status: string, seconds: number, failureReason?: string): JsonObject {
  return {
    PipelineExecutionStatus: status,
    CreationTime: begin,
    LastModifiedTime: begin + seconds,
    ...(failureReason === undefined ? {} : { FailureReason: failureReason }),
  };
}

/** A training job of a tuning job. */
export function trainingJob(
  name: string,
  status: string,
  objective: number | undefined,
  leafNodes: number,
  failureReason?: string,
): JsonObject {
  return {
    TrainingJobName: name,
    TrainingJobArn: arn(`training-job/${name}`),
    CreationTime: begin,
    TrainingStartTime: begin + 10,
    ...(status === "InProgress" ? {} : { TrainingEndTime: begin + 52.5 }),
    TrainingJobStatus: status,
    TunedHyperParameters: { max_leaf_nodes: String(leafNodes) },
    ...(objective === undefined
      ? {}
      : {
          FinalHyperParameterTuningJobObjectiveMetric: {
            MetricName: "validation:rmse",
            Value: objective,
          },
        }),
    ...(failureReason === undefined ? {} : { FailureReason: failureReason }),
  };
}

/** A tuning job as DescribeHyperParameterTuningJob tells of it. */
export function tuningJob(name: string, type: "Maximize" | "Minimize" = "Minimize"): JsonObject {
  return {
    HyperParameterTuningJobName: name,
    HyperParameterTuningJobArn: arn(`hyper-parameter-tuning-job/${name}`),
    HyperParameterTuningJobStatus: "Completed",
    CreationTime: begin,
    TrainingJobStatusCounters: {},
    ObjectiveStatusCounters: {},
    HyperParameterTuningJobConfig: {
      Strategy: "Bayesian",
      HyperParameterTuningJobObjective: { Type: type, MetricName: "validation:rmse" },
      ResourceLimits: { MaxNumberOfTrainingJobs: 3, MaxParallelTrainingJobs: 2 },
    },
    TrainingJobDefinition: {
      StaticHyperParameters: {
        random_state: "1729",
        _tuning_objective_metric: "validation:rmse",
      },
      AlgorithmSpecification: { TrainingInputMode: "File" },
      RoleArn: "arn:aws:iam::123456789012:role/restate-dev-training",
      OutputDataConfig: { S3OutputPath: "s3://bucket/models/DecisionTree/" },
      StoppingCondition: { MaxRuntimeInSeconds: 3600 },
    },
  };
}

const processing = { ProcessingJob: { Arn: arn("processing-job/wrangle-1") } };
const tuning = { TuningJob: { Arn: arn("hyper-parameter-tuning-job/tune-tree") } };
const wrangled = step("DataWranglerProcess", "Succeeded", 0, 61.25, { Metadata: processing });
const preprocessed = step("Preprocess", "Succeeded", 62, 62.5, {
  CacheHitResult: {
    SourcePipelineExecutionArn: arn("pipeline/restate-dev/execution/earlier00000"),
  },
});
const jobs = [
  trainingJob("tree-1", "Completed", 67_082, 50),
  trainingJob("tree-2", "Failed", undefined, 60, "AlgorithmError: no memory"),
  trainingJob("tree-3", "Completed", 57_008, 400),
];

/** An execution as it goes on; each part is one look at it. */
const course: readonly Frame[] = [
  {
    execution: execution("Executing", 0),
    steps: [step("DataWranglerProcess", "Executing", 0, undefined, { Metadata: processing })],
  },
  {
    execution: execution("Executing", 60),
    steps: [
      step("DataWranglerProcess", "Executing", 0, undefined, {
        AttemptCount: 2,
        Metadata: processing,
      }),
    ],
  },
  {
    execution: execution("Executing", 70),
    steps: [
      wrangled,
      preprocessed,
      step("TuneDecisionTree", "Executing", 63, undefined, { Metadata: tuning }),
    ],
    trials: { "tune-tree": [jobs[0] ?? {}, trainingJob("tree-2", "InProgress", undefined, 60)] },
  },
];
const tuned = step("TuneDecisionTree", "Succeeded", 63, 300, { Metadata: tuning });

/** An execution that registers the Decision Tree. */
export const succeeding: Scenario = {
  tunings: { "tune-tree": tuningJob("tune-tree") },
  frames: [
    ...course,
    {
      execution: execution("Succeeded", 400),
      steps: [
        wrangled,
        preprocessed,
        tuned,
        step("SelectDecisionTree", "Succeeded", 301, 301.5, {
          Metadata: { Condition: { Outcome: "True" } },
        }),
        step("RegisterDecisionTree", "Succeeded", 302, 304, {
          Metadata: { RegisterModel: { Arn: arn("model-package/restate-dev/3") } },
        }),
      ],
      trials: { "tune-tree": jobs },
    },
  ],
};

/** An execution whose candidates are all below the minimum. */
export const failing: Scenario = {
  tunings: succeeding.tunings ?? {},
  frames: [
    ...course,
    {
      execution: execution("Failed", 400, "Step failure: One or multiple steps failed."),
      steps: [
        wrangled,
        preprocessed,
        tuned,
        step("EvaluateDecisionTree", "Failed", 301, 340, {
          AttemptCount: 3,
          FailureReason: "AlgorithmError: exit code 1",
          Metadata: { ProcessingJob: { Arn: arn("processing-job/evaluate-1") } },
        }),
      ],
      trials: { "tune-tree": jobs },
    },
  ],
};

/** An execution whose input Lake Formation does not let SageMaker make. */
export const ungranted: Scenario = {
  frames: [
    {
      execution: execution("Failed", 90, "Step failure: One or multiple steps failed."),
      steps: [
        step("DataWranglerProcess", "Failed", 0, 90, {
          FailureReason:
            "ClientError: Insufficient Lake Formation permission(s): Required Create Database on Catalog (Service: AWSGlue)",
          Metadata: processing,
        }),
      ],
    },
  ],
};
