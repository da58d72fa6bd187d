import * as sagemaker from "@pulumi/aws/sagemaker";
import * as pulumi from "@pulumi/pulumi";

import type { DriftBaseline } from "../baseline";
import { hasLocalStorage } from "../../pipeline/instanceTypes";
import type { Vpc } from "../../pipeline/steps/step";
import { versionedName } from "../names";
import type { DataQualityMonitoring } from "../settings";
import { DriftAlarm } from "./driftAlarm";
import { startPipeline } from "./pipelineStart";

export interface EndpointMonitoringArgs {
  /** Name of the endpoint, which captures requests; all other names begin with it. */
  readonly endpointName: string;
  /** The same name, once the endpoint serves the baseline's model. */
  readonly servingEndpoint: pulumi.Output<string>;
  /** Version of the baseline's model. */
  readonly modelVersion: number;
  /** The baseline that requests are compared with. */
  readonly baseline: DriftBaseline;
  /** Image of Model Monitor. */
  readonly imageUri: pulumi.Input<string>;
  /** Role of the jobs. */
  readonly roleArn: string;
  readonly kmsKeyArn: string;
  /** Network of the jobs; undefined: SageMaker's own. */
  readonly vpc: Vpc | undefined;
  /** S3 URI of the folder for the results. */
  readonly outputUri: string;
  readonly settings: DataQualityMonitoring;
  /** Topic of the alarm. */
  readonly topicArn: string;
  /** The pipeline to start on drift, and the role that may start it. */
  readonly pipelineArn: string;
  readonly schedulerRoleArn: string;
}

/** Source: SageMaker's guide, "Schedule monitoring jobs". */
const schedules: Readonly<Record<DataQualityMonitoring["schedule"], string>> = {
  hourly: "cron(0 * ? * * *)",
  daily: "cron(0 0 ? * * *)",
};

/** Compares an endpoint's requests with the training data, notifies of drift, and may start the pipeline. */
export class EndpointMonitoring extends pulumi.ComponentResource {
  public readonly scheduleName: pulumi.Output<string>;

  constructor(name: string, args: EndpointMonitoringArgs, opts?: pulumi.ComponentResourceOptions) {
    super("restate:serving:EndpointMonitoring", name, {}, opts);
    const { baseline, endpointName, settings, topicArn } = args;
    const scheduleName = `${endpointName}-data-quality`;
    const definition = this.definition(name, args);
    const schedule = new sagemaker.MonitoringSchedule(
      `${name}-schedule`,
      {
        name: scheduleName,
        monitoringScheduleConfig: {
          monitoringType: "DataQuality",
          monitoringJobDefinitionName: definition.name,
          scheduleConfig: { scheduleExpression: schedules[settings.schedule] },
        },
      },
      { parent: this },
    );
    const alarm = new DriftAlarm(
      `${name}-drift`,
      { endpointName, scheduleName, baseline, topicArn },
      { parent: this },
    );
    if (settings.startPipeline) {
      startPipeline(
        name,
        { ...args, alarmName: alarm.alarmName },
        { parent: this, dependsOn: [alarm] },
      );
    }
    this.scheduleName = schedule.name;
    this.registerOutputs({ scheduleName: this.scheduleName });
  }

  private definition(
    name: string,
    args: EndpointMonitoringArgs,
  ): sagemaker.DataQualityJobDefinition {
    const { baseline, kmsKeyArn, settings, vpc } = args;
    const content = {
      roleArn: args.roleArn,
      dataQualityBaselineConfig: {
        statisticsResource: { s3Uri: baseline.statistics },
        constraintsResource: { s3Uri: baseline.constraints },
      },
      dataQualityJobInput: {
        endpointInput: {
          endpointName: args.servingEndpoint,
          localPath: "/opt/ml/processing/input/endpoint",
        },
      },
      dataQualityJobOutputConfig: {
        kmsKeyId: kmsKeyArn,
        monitoringOutputs: {
          s3Output: {
            s3Uri: args.outputUri,
            localPath: "/opt/ml/processing/output",
            s3UploadMode: "EndOfJob",
          },
        },
      },
      jobResources: {
        clusterConfig: {
          instanceCount: 1,
          instanceType: settings.instanceType,
          volumeSizeInGb: settings.volumeGigabytes,
          volumeKmsKeyId: hasLocalStorage(settings.instanceType) ? undefined : kmsKeyArn,
        },
      },
      networkConfig: {
        enableInterContainerTrafficEncryption: true,
        enableNetworkIsolation: true,
        vpcConfig: vpc && {
          subnets: [...vpc.subnetIds],
          securityGroupIds: [...vpc.securityGroupIds],
        },
      },
      // A job of an hourly schedule must end before the next one begins.
      stoppingCondition: { maxRuntimeInSeconds: 3300 },
    };
    return new sagemaker.DataQualityJobDefinition(
      `${name}-definition`,
      {
        name: pulumi
          .output({ ...content, imageUri: args.imageUri })
          .apply((known) => versionedName(args.endpointName, args.modelVersion, known)),
        ...content,
        dataQualityAppSpecification: {
          imageUri: args.imageUri,
          environment: { publish_cloudwatch_metrics: "Enabled" },
        },
      },
      { parent: this },
    );
  }
}
