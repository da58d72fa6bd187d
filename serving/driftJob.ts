import type { CreateProcessingJobCommandInput } from "@aws-sdk/client-sagemaker";

import { longPeriods } from "../pipeline/driftThresholds";
import { exitMessage, folder, joinedNames } from "../pipeline/steps/processing";
import type { Vpc } from "../pipeline/steps/step";
import { prefixes } from "../pipeline/storage";
import type { DriftMonitoring } from "./settings";

/** The script of the job. */
export const driftScript = "drift";

/** The context attribute with a run's time. Source: EventBridge Scheduler's guide, "Adding context attributes". */
const run = {
  id: "<aws.scheduler.execution-id>",
  time: "<aws.scheduler.scheduled-time>",
} as const;

/** Hours of a period, and its run's time: 30 minutes after its end, because requests are captured with a delay. */
export const rhythms = {
  hourly: { hours: 1, cron: "cron(30 * * * ? *)" },
  daily: { hours: 24, cron: "cron(30 0 * * ? *)" },
} as const;

export interface DriftJobArgs {
  readonly endpointName: string;
  readonly modelPackage: { readonly arn: string; readonly version: number };
  /** S3 URI of the model's reference. */
  readonly referenceUri: string;
  readonly bucket: string;
  readonly region: string;
  /** S3 URI of the scripts' folder, with a final slash. */
  readonly codeUri: string;
  /** The XGBoost image: it has boto3 and SciPy. Source: docker/xgboost/pyproject.toml of aws/deep-learning-containers. */
  readonly imageUri: string;
  readonly roleArn: string;
  readonly kmsKeyArn: string;
  /** Network of the main stack's jobs, if any. */
  readonly vpc: Vpc | undefined;
  readonly settings: DriftMonitoring;
  /** Name of the main stack, whose roles require its tag. */
  readonly mainStack: string;
}

/** Folder of the requests to a version of a model, because each version has its own reference. */
export function captureFolder(endpointName: string, version: number): string {
  return `${prefixes.endpoints}/${endpointName}/capture/v${version}`;
}

export const driftJobPrefix = (endpointName: string): string => `${endpointName}-drift-`;

/**
 * The drift job that the scheduler creates at each run. Its container is not isolated, because it reads from S3; in the
 * main stack's network, it cannot reach anything else.
 */
export function driftJob(args: DriftJobArgs, variantName: string): CreateProcessingJobCommandInput {
  const { endpointName, modelPackage, region, settings, vpc } = args;
  const { hours } = rhythms[settings.schedule];
  const { ignoredFeatures: ignored } = settings;
  const bucket = `s3://${args.bucket}`;
  const own = `${bucket}/${prefixes.endpoints}/${endpointName}`;
  const captured = `${bucket}/${captureFolder(endpointName, modelPackage.version)}`;
  const options = {
    region,
    endpoint: endpointName,
    model: modelPackage.arn,
    reference: args.referenceUri,
    // The service adds the endpoint and its variant. Source: SageMaker's guide, "Capture data from real-time endpoint".
    captured: `${captured}/${endpointName}/${variantName}`,
    labels: `${own}/labels`,
    reports: `${own}/drift/v${modelPackage.version}`,
    until: run.time,
    hours: String(hours),
    long: String(longPeriods[settings.schedule]),
    "label-days": String(settings.labelDays),
    "false-alarms": String(settings.falseAlarmRate),
    shift: String(settings.minShift),
    unusual: String(settings.minUnusual),
    message: exitMessage,
  };
  return {
    ProcessingJobName: `${driftJobPrefix(endpointName)}${run.id}`,
    RoleArn: args.roleArn,
    AppSpecification: {
      ImageUri: args.imageUri,
      ContainerEntrypoint: ["python3", `${folder("code")}/${driftScript}.py`],
      ContainerArguments: [
        ...Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]),
        ...(ignored.length === 0 ? [] : ["--ignored", ...joinedNames(ignored)]),
      ],
    },
    ProcessingInputs: [
      {
        InputName: "code",
        S3Input: {
          S3Uri: args.codeUri,
          LocalPath: folder("code"),
          S3DataType: "S3Prefix",
          S3InputMode: "File",
        },
      },
    ],
    ProcessingResources: {
      ClusterConfig: {
        InstanceCount: 1,
        InstanceType: settings.instanceType as never,
        VolumeSizeInGB: settings.volumeGigabytes,
        VolumeKmsKeyId: args.kmsKeyArn,
      },
    },
    NetworkConfig: {
      EnableInterContainerTrafficEncryption: true,
      EnableNetworkIsolation: false,
      VpcConfig: vpc && {
        Subnets: [...vpc.subnetIds],
        SecurityGroupIds: [...vpc.securityGroupIds],
      },
    },
    // A job of an hourly schedule ends before the next one begins.
    StoppingCondition: { MaxRuntimeInSeconds: 3300 },
    Tags: [
      { Key: "project", Value: "restate-serving" },
      { Key: "stack", Value: args.mainStack },
    ],
  };
}
