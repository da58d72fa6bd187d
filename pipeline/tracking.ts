import type { PipelineDefinition } from "./language/definition";
import { execution } from "./language/expressions";

/** Where executions can be tracked: SageMaker Experiments, an MLflow app of the stack, or both. */
export const trackings = ["experiments", "mlflow", "both"] as const;

/** Where executions are tracked. */
export type Tracking = (typeof trackings)[number];

/** Whether executions are tracked in an MLflow app. */
export const usesMlflow = (tracking: Tracking): boolean => tracking !== "experiments";

/** Whether executions are tracked in SageMaker Experiments. */
export const usesExperiments = (tracking: Tracking): boolean => tracking !== "mlflow";

/**
 * The regions that have SageMaker Experiments, to which no more are added. In the others the definition leaves the
 * experiment out. Source: aws/sagemaker-python-sdk, sagemaker-mlops, workflow/_utils.py, EUREKA_GA_REGIONS.
 */
const regionsWithExperiments: ReadonlySet<string> = new Set([
  ...["af-south-1", "ap-east-1", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3"],
  ...["ap-south-1", "ap-southeast-1", "ap-southeast-2", "ap-southeast-3", "ca-central-1"],
  ...["cn-north-1", "cn-northwest-1", "eu-central-1", "eu-north-1", "eu-south-1", "eu-south-2"],
  ...["eu-west-1", "eu-west-2", "eu-west-3", "il-central-1", "me-south-1", "sa-east-1"],
  ...["us-east-1", "us-east-2", "us-west-1", "us-west-2"],
]);

/**
 * The experiment that keeps the trials of each execution, named after pipeline and execution. Without it, the service
 * creates none (SageMaker's guide, "Disable Experiments Integration").
 *
 * @returns undefined where executions are tracked elsewhere, and in a region without SageMaker Experiments
 */
export function pipelineExperiment(
  region: string,
  tracking: Tracking,
): PipelineDefinition["PipelineExperimentConfig"] {
  return usesExperiments(tracking) && regionsWithExperiments.has(region)
    ? {
        ExperimentName: execution("PipelineName"),
        TrialName: execution("PipelineExecutionId"),
      }
    : undefined;
}
