import { deepEqual, equal } from "node:assert/strict";

import { ModelEndpoint, type ModelEndpointArgs } from "../../../serving/components/modelEndpoint";
import { settingsSchema } from "../../../serving/settings";
import { construct, valueOf } from "../../support/construct";

const defaults = settingsSchema.parse({});
const args: ModelEndpointArgs = {
  name: "houses",
  modelPackage: { arn: "the-package/3", version: 3, containers: 1 },
  roleArn: "the-role",
  kmsKeyArn: "the-key",
  vpc: undefined,
  compute: defaults.compute,
  update: defaults.update,
  capture: undefined,
  alarms: defaults.alarms,
  topicArn: "the-topic",
};
const make = (change: Partial<ModelEndpointArgs> = {}) =>
  construct((options) => new ModelEndpoint("endpoint", { ...args, ...change }, options));

describe("ModelEndpoint", () => {
  it("creates model, configuration, endpoint and alarms", async () => {
    const { component, registered } = await make();
    deepEqual(registered, {
      "cloudwatch/metricAlarm endpoint-alarms-latency": {
        alarmActions: ["the-topic"],
        alarmDescription: "The model of houses takes 1000 ms on average",
        comparisonOperator: "GreaterThanOrEqualToThreshold",
        dimensions: { EndpointName: "houses", VariantName: "model" },
        evaluationPeriods: 1,
        metricName: "ModelLatency",
        name: "houses-latency",
        namespace: "AWS/SageMaker",
        period: 60,
        statistic: "Average",
        threshold: 1000000,
        treatMissingData: "notBreaching",
      },
      "cloudwatch/metricAlarm endpoint-alarms-server-errors": {
        alarmActions: ["the-topic"],
        alarmDescription: "5 5xx responses in a minute from houses",
        comparisonOperator: "GreaterThanOrEqualToThreshold",
        dimensions: { EndpointName: "houses", VariantName: "model" },
        evaluationPeriods: 1,
        metricName: "Invocation5XXErrors",
        name: "houses-server-errors",
        namespace: "AWS/SageMaker",
        period: 60,
        statistic: "Sum",
        threshold: 5,
        treatMissingData: "notBreaching",
      },
      "restate:serving:EndpointAlarms endpoint-alarms": {},
      "sagemaker/endpoint endpoint-endpoint": {
        deploymentConfig: {
          autoRollbackConfiguration: {
            alarms: [{ alarmName: "houses-server-errors" }, { alarmName: "houses-latency" }],
          },
          blueGreenUpdatePolicy: {
            maximumExecutionTimeoutInSeconds: 3900,
            terminationWaitInSeconds: 300,
            trafficRoutingConfiguration: { type: "ALL_AT_ONCE", waitIntervalInSeconds: 0 },
          },
        },
        endpointConfigName: "houses-v3-81aacb",
        name: "houses",
      },
      "sagemaker/endpointConfiguration endpoint-configuration": {
        kmsKeyArn: "the-key",
        name: "houses-v3-81aacb",
        productionVariants: [
          {
            initialInstanceCount: 1,
            instanceType: "ml.m5.large",
            modelName: "houses-v3-d579af",
            variantName: "model",
          },
        ],
      },
      "sagemaker/model endpoint-model": {
        enableNetworkIsolation: true,
        executionRoleArn: "the-role",
        name: "houses-v3-d579af",
        primaryContainer: { modelPackageName: "the-package/3" },
      },
    });
    equal(await valueOf(component.endpointName), "houses");
  });

  it("serves an inference pipeline through its package", async () => {
    const { registered } = await make({
      modelPackage: { arn: "the-package/3", version: 3, containers: 2 },
    });
    const { containers, primaryContainer } = registered["sagemaker/model endpoint-model"] ?? {};
    deepEqual([containers, primaryContainer], [[{ modelPackageName: "the-package/3" }], undefined]);
  });

  it("uses a network, captures requests and scales if configured", async () => {
    const { registered } = await make({
      vpc: { subnetIds: ["subnet-1"], securityGroupIds: ["sg-1"] },
      capture: { percentage: 20, uri: "s3://b/capture" },
      compute: settingsSchema.parse({ compute: { mode: "real-time", maxInstances: 3 } }).compute,
    });
    deepEqual(registered["sagemaker/model endpoint-model"]?.["vpcConfig"], {
      subnets: ["subnet-1"],
      securityGroupIds: ["sg-1"],
    });
    deepEqual(
      registered["sagemaker/endpointConfiguration endpoint-configuration"]?.["dataCaptureConfig"],
      {
        captureContentTypeHeader: { csvContentTypes: ["text/csv"] },
        captureOptions: [{ captureMode: "Input" }, { captureMode: "Output" }],
        destinationS3Uri: "s3://b/capture",
        enableCapture: true,
        initialSamplingPercentage: 20,
        kmsKeyId: "the-key",
      },
    );
    deepEqual(
      Object.keys(registered).filter((name) => name.startsWith("appautoscaling")),
      [
        "appautoscaling/policy endpoint-scaling-policy",
        "appautoscaling/target endpoint-scaling-target",
      ],
    );
  });

  it("has a name derived from its content, so that new content creates a new resource", async () => {
    const nameOf = async (change: Partial<ModelEndpointArgs>): Promise<unknown> =>
      (await make(change)).registered["sagemaker/model endpoint-model"]?.["name"];
    equal(await nameOf({}), await nameOf({ topicArn: "another" }));
    equal((await nameOf({})) === (await nameOf({ roleArn: "another" })), false);
  });
});
