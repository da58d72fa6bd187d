import { deepEqual, equal } from "node:assert/strict";

import * as pulumi from "@pulumi/pulumi";

import {
  EndpointMonitoring,
  type EndpointMonitoringArgs,
} from "../../../serving/components/endpointMonitoring";
import { construct, valueOf } from "../../support/construct";

const args: EndpointMonitoringArgs = {
  endpointName: "houses",
  servingEndpoint: pulumi.output("houses"),
  modelVersion: 3,
  baseline: {
    statistics: "s3://b/statistics.json",
    constraints: "s3://b/constraints.json",
    features: ["c0"],
    threshold: 0.1,
  },
  imageUri: "the-image",
  roleArn: "the-role",
  kmsKeyArn: "the-key",
  vpc: undefined,
  outputUri: "s3://b/monitoring",
  settings: {
    mode: "data-quality",
    schedule: "daily",
    instanceType: "ml.m5.xlarge",
    volumeGigabytes: 20,
    startPipeline: false,
  },
  topicArn: "the-topic",
  pipelineArn: "the-pipeline",
  schedulerRoleArn: "the-scheduler",
};
const make = (change: Partial<EndpointMonitoringArgs> = {}) =>
  construct((options) => new EndpointMonitoring("m", { ...args, ...change }, options));

describe("EndpointMonitoring", () => {
  it("creates a schedule of jobs, and the alarm for their findings", async () => {
    const { component, registered } = await make();
    deepEqual(Object.keys(registered), [
      "cloudwatch/metricAlarm m-drift-columns",
      "restate:serving:DriftAlarm m-drift",
      "sagemaker/dataQualityJobDefinition m-definition",
      "sagemaker/monitoringSchedule m-schedule",
    ]);
    deepEqual(registered["sagemaker/monitoringSchedule m-schedule"], {
      monitoringScheduleConfig: {
        monitoringJobDefinitionName: "houses-v3-da765b",
        monitoringType: "DataQuality",
        scheduleConfig: { scheduleExpression: "cron(0 0 ? * * *)" },
      },
      name: "houses-data-quality",
    });
    deepEqual(registered["sagemaker/dataQualityJobDefinition m-definition"], {
      dataQualityAppSpecification: {
        environment: { publish_cloudwatch_metrics: "Enabled" },
        imageUri: "the-image",
      },
      dataQualityBaselineConfig: {
        constraintsResource: { s3Uri: "s3://b/constraints.json" },
        statisticsResource: { s3Uri: "s3://b/statistics.json" },
      },
      dataQualityJobInput: {
        endpointInput: { endpointName: "houses", localPath: "/opt/ml/processing/input/endpoint" },
      },
      dataQualityJobOutputConfig: {
        kmsKeyId: "the-key",
        monitoringOutputs: {
          s3Output: {
            localPath: "/opt/ml/processing/output",
            s3UploadMode: "EndOfJob",
            s3Uri: "s3://b/monitoring",
          },
        },
      },
      jobResources: {
        clusterConfig: {
          instanceCount: 1,
          instanceType: "ml.m5.xlarge",
          volumeKmsKeyId: "the-key",
          volumeSizeInGb: 20,
        },
      },
      name: "houses-v3-da765b",
      networkConfig: { enableInterContainerTrafficEncryption: true, enableNetworkIsolation: true },
      roleArn: "the-role",
      stoppingCondition: { maxRuntimeInSeconds: 3300 },
    });
    equal(await valueOf(component.scheduleName), "houses-data-quality");
  });

  it("sets no key for instances with local disks, and uses a network if there is one", async () => {
    const { registered } = await make({
      settings: { ...args.settings, instanceType: "ml.r5d.large" },
      vpc: { subnetIds: ["subnet-1"], securityGroupIds: ["sg-1"] },
    });
    const job = registered["sagemaker/dataQualityJobDefinition m-definition"];
    deepEqual(job?.["jobResources"], {
      clusterConfig: { instanceCount: 1, instanceType: "ml.r5d.large", volumeSizeInGb: 20 },
    });
    deepEqual((job["networkConfig"] as { vpcConfig: unknown }).vpcConfig, {
      subnets: ["subnet-1"],
      securityGroupIds: ["sg-1"],
    });
  });

  it("starts the pipeline on drift if configured", async () => {
    const { registered } = await make({ settings: { ...args.settings, startPipeline: true } });
    deepEqual(
      [
        registered["cloudwatch/eventRule m-start"],
        registered["cloudwatch/eventTarget m-start-target"],
      ],
      [
        {
          description: "The requests of houses have drifted",
          eventPattern: {
            source: ["aws.cloudwatch"],
            "detail-type": ["CloudWatch Alarm State Change"],
            detail: { alarmName: ["houses-drift"], state: { value: ["ALARM"] } },
          },
          name: "houses-start",
        },
        {
          arn: "the-pipeline",
          roleArn: "the-scheduler",
          rule: "houses-start",
          sagemakerPipelineTarget: {},
        },
      ],
    );
  });
});
