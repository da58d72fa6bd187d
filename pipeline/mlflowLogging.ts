import { fixParameters } from "./cost/fixedParameters";
import type { PipelineDefinition } from "./language/definition";
import { execution } from "./language/expressions";
import { costParameters } from "./parameters";
import { exitMessage, processingStep } from "./steps/processing";
import type { JobContext } from "./steps/step";

/**
 * How executions are logged to the MLflow app: by people, or by a job after each, in the network of all jobs or outside it.
 * AWS documents a VPC endpoint for MLflow tracking servers ("Connecting to an MLflow tracking server through an Interface VPC
 * Endpoint": aws.sagemaker.REGION.experiments, whose name is REGION.experiments.sagemaker.aws), none for MLflow apps, whose
 * clients call mlflow.sagemaker.REGION.app.aws (aws/sagemaker-mlflow, mlflow_sagemaker_helpers.py; aws/aws-cdk,
 * aws-ec2/lib/vpc-endpoint.ts, lists none either).
 */
export const mlflowLoggings = ["manual", "in-network", "outside-network"] as const;

/** How executions are logged to the MLflow app. */
export type MlflowLogging = (typeof mlflowLoggings)[number];

/** The script of the job. */
export const loggingScript = "log_executions";

/** The arguments of {@link loggingDefinition}. */
export interface LoggingArgs {
  readonly bucket: string;
  /** The pipeline and the group whose executions and models are logged. */
  readonly pipelineName: string;
  readonly modelPackageGroupName: string;
  /** ARN of the MLflow app. */
  readonly app: string;
  /** URI of the XGBoost image. */
  readonly imageUri: string;
  readonly roleArn: string;
  /** S3 URI of the folder of the scripts. */
  readonly source: string;
  readonly context: JobContext;
}

/** Copies files, and waits for answers: the smallest type is enough. */
const instanceType = "ml.t3.medium";

/**
 * The definition of the pipeline that logs the executions of another one: a job in a pipeline of its own, because only when
 * an execution has ended is it known how, and because failing to log must not fail it. Pipelines has no step for after the end.
 */
export function loggingDefinition(args: LoggingArgs): PipelineDefinition {
  const { step } = processingStep({
    name: "LogExecutions",
    // It has boto3. Source: docker/xgboost/pyproject.toml of aws/deep-learning-containers.
    imageUri: args.imageUri,
    roleArn: args.roleArn,
    context: args.context,
    script: { name: loggingScript, source: args.source },
    arguments: [
      ...["--app", args.app, "--pipeline", args.pipelineName],
      ...["--model-package-group", args.modelPackageGroupName],
      ...["--own-execution", execution("PipelineExecutionArn"), "--message", exitMessage],
    ],
    inputs: [],
    outputs: {},
    // It needs SageMaker's API, S3 and the app.
    networkIsolation: false,
    cached: false,
  });
  const definition: PipelineDefinition = {
    Version: "2020-12-01",
    Metadata: {},
    Parameters: [{ Name: "ProcessingInstanceType", Type: "String", DefaultValue: instanceType }],
    Steps: [step],
  };
  return fixParameters(definition, costParameters);
}
