import { deepEqual, equal, match } from "node:assert/strict";

import type { Json, JsonObject } from "../../pipeline/language/json";
import { text } from "../support/json";
import { bucket, type Config, EvaluatedServing, monitored } from "./support/evaluated";
import { mainExports } from "./support/serving";

const scaled = (update: JsonObject): Config => ({
  compute: { mode: "real-time", minInstances: 4, maxInstances: 8 },
  update,
});

describe("serving", () => {
  const serving = new EvaluatedServing();

  describe("on instances", () => {
    it("scales by requests per instance", async () => {
      await serving.evaluate({
        compute: {
          mode: "real-time",
          instanceType: "ml.c5.large",
          minInstances: 2,
          maxInstances: 6,
          invocationsPerInstance: 750,
        },
      });
      const variant = {
        serviceNamespace: "sagemaker",
        scalableDimension: "sagemaker:variant:DesiredInstanceCount",
        resourceId: "endpoint/restate-dev-model/variant/model",
      };
      deepEqual(serving.inputs("endpoint-scaling-target"), {
        ...variant,
        minCapacity: 2,
        maxCapacity: 6,
      });
      deepEqual(serving.inputs("endpoint-scaling-policy"), {
        ...variant,
        name: "restate-dev-model-requests",
        policyType: "TargetTrackingScaling",
        targetTrackingScalingPolicyConfiguration: {
          predefinedMetricSpecification: {
            predefinedMetricType: "SageMakerVariantInvocationsPerInstance",
          },
          targetValue: 750,
        },
      });
    });

    it("sets no key for hardware-encrypted disks, but one for captured requests", async () => {
      await serving.evaluate({
        compute: { mode: "real-time", instanceType: "ml.m5d.large" },
        capturePercentage: 10,
      });
      const configuration = serving.inputs("endpoint-configuration");
      equal(configuration["kmsKeyArn"], undefined);
      equal((configuration["dataCaptureConfig"] as JsonObject)["kmsKeyId"], mainExports.kmsKeyArn);
    });

    it("captures requests and responses as text, in the endpoint's own folder", async () => {
      await serving.evaluate({ capturePercentage: 20 });
      const captureUri = `s3://${bucket}/endpoints/restate-dev-model/capture`;
      deepEqual(serving.inputs("endpoint-configuration")["dataCaptureConfig"], {
        enableCapture: true,
        initialSamplingPercentage: 20,
        destinationS3Uri: captureUri,
        kmsKeyId: mainExports.kmsKeyArn,
        captureOptions: [{ captureMode: "Input" }, { captureMode: "Output" }],
        captureContentTypeHeader: { csvContentTypes: ["text/csv"] },
      });
      equal(serving.served.outputs.captureUri, captureUri);
    });

    const half = { type: "CAPACITY_PERCENT", value: 50 };
    const strategies: readonly (readonly [JsonObject, JsonObject])[] = [
      [
        { strategy: "canary", waitSeconds: 600, terminationWaitSeconds: 60 },
        {
          blueGreenUpdatePolicy: {
            trafficRoutingConfiguration: {
              type: "CANARY",
              canarySize: half,
              waitIntervalInSeconds: 600,
            },
            terminationWaitInSeconds: 60,
            maximumExecutionTimeoutInSeconds: 4260,
          },
        },
      ],
      [
        { strategy: "linear", percent: 25, waitSeconds: 600, terminationWaitSeconds: 60 },
        {
          blueGreenUpdatePolicy: {
            trafficRoutingConfiguration: {
              type: "LINEAR",
              linearStepSize: { type: "CAPACITY_PERCENT", value: 25 },
              waitIntervalInSeconds: 600,
            },
            terminationWaitInSeconds: 60,
            maximumExecutionTimeoutInSeconds: 6060,
          },
        },
      ],
      [
        { strategy: "rolling", waitSeconds: 600 },
        {
          rollingUpdatePolicy: {
            maximumBatchSize: half,
            waitIntervalInSeconds: 600,
            maximumExecutionTimeoutInSeconds: 4800,
          },
        },
      ],
    ];
    for (const [update, policy] of strategies) {
      it(`switches to another model by the strategy ${text(update["strategy"])}`, async () => {
        await serving.evaluate(scaled(update));
        const { autoRollbackConfiguration: rollback, ...deployment } = serving.inputs(
          "endpoint-endpoint",
        )["deploymentConfig"] as JsonObject;
        deepEqual(deployment, policy);
        equal((rollback as JsonObject & { readonly alarms: readonly Json[] }).alarms.length, 2);
      });
    }

    it("changes the names of immutable resources when their content changes", async () => {
      const contents: readonly (readonly [Config, boolean, boolean])[] = [
        [{}, false, false],
        [{ network: "none" }, true, true],
        [{ compute: { mode: "real-time", instanceType: "ml.c5.large" } }, false, true],
        [{ capturePercentage: 5 }, false, true],
        [{ alarms: { serverErrors: 1 } }, false, false],
      ];
      await serving.evaluate({});
      const model = serving.inputs("endpoint-model")["name"];
      const configuration = serving.inputs("endpoint-configuration")["name"];
      for (const [config, ofModel, ofConfiguration] of contents) {
        await serving.evaluate(config);
        const what = JSON.stringify(config);
        equal(serving.inputs("endpoint-model")["name"] !== model, ofModel, what);
        equal(
          serving.inputs("endpoint-configuration")["name"] !== configuration,
          ofConfiguration,
          what,
        );
      }
    });

    it("runs in SageMaker's own network if the main stack's jobs do", async () => {
      await serving.evaluate(monitored, { ...mainExports, subnetIds: [], securityGroupIds: [] });
      equal(serving.inputs("endpoint-model")["vpcConfig"], undefined);
      deepEqual(serving.inputs("monitoring-definition")["networkConfig"], {
        enableInterContainerTrafficEncryption: true,
        enableNetworkIsolation: true,
      });
    });
  });

  describe("serverless", () => {
    before(() =>
      serving.evaluate({
        network: "none",
        compute: { mode: "serverless", maxConcurrency: 10, provisionedConcurrency: 2 },
      }),
    );

    it("has the configured compute, and no instances, network, key or update steps", () => {
      equal(serving.inputs("endpoint-model")["vpcConfig"], undefined);
      equal(serving.inputs("endpoint-model")["enableNetworkIsolation"], false);
      const { name, ...configuration } = serving.inputs("endpoint-configuration");
      match(text(name), /^restate-dev-model-serverless-v7-/);
      deepEqual(configuration, {
        productionVariants: [
          {
            variantName: "model",
            modelName: serving.inputs("endpoint-model")["name"],
            serverlessConfig: {
              maxConcurrency: 10,
              memorySizeInMb: 2048,
              provisionedConcurrency: 2,
            },
          },
        ],
      });
      deepEqual(Object.keys(serving.inputs("endpoint-endpoint")).sort(), [
        "endpointConfigName",
        "name",
      ]);
    });

    it("has the same alarms", () => {
      deepEqual(serving.inputs("endpoint-alarms-latency")["dimensions"], {
        EndpointName: "restate-dev-model-serverless",
        VariantName: "model",
      });
    });
  });
});
