import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { JsonObject } from "../../pipeline/language/json";
import { text } from "../support/json";
import { constraints, modelArn } from "./support/awsServices";
import { type Config, EvaluatedServing, monitored, vpcConfig } from "./support/evaluated";
import { mainExports, serve } from "./support/serving";

describe("serving", () => {
  const serving = new EvaluatedServing();

  describe("by default", () => {
    before(() => serving.evaluate({}));

    it("registers an endpoint and its alarms, and nothing else", () => {
      deepEqual(serving.names(), [
        "endpoint-alarms-latency",
        "endpoint-alarms-server-errors",
        "endpoint-configuration",
        "endpoint-endpoint",
        "endpoint-model",
      ]);
    });

    it("creates the model from the package, isolated, in the main stack's network", () => {
      const { name, ...model } = serving.inputs("endpoint-model");
      match(text(name), /^restate-dev-model-v7-[0-9a-f]{6}$/);
      deepEqual(model, {
        executionRoleArn: mainExports.servingRoleArn,
        enableNetworkIsolation: true,
        primaryContainer: { modelPackageName: modelArn(7) },
        vpcConfig,
      });
    });

    it("serves it on an encrypted instance, and captures no requests", () => {
      const { name, ...configuration } = serving.inputs("endpoint-configuration");
      match(text(name), /^restate-dev-model-v7-[0-9a-f]{6}$/);
      deepEqual(configuration, {
        kmsKeyArn: mainExports.kmsKeyArn,
        productionVariants: [
          {
            variantName: "model",
            modelName: serving.inputs("endpoint-model")["name"],
            instanceType: "ml.m5.large",
            initialInstanceCount: 1,
          },
        ],
      });
    });

    it("switches to another model at once, and back on an alarm", () => {
      deepEqual(serving.inputs("endpoint-endpoint"), {
        name: "restate-dev-model",
        endpointConfigName: serving.inputs("endpoint-configuration")["name"],
        deploymentConfig: {
          blueGreenUpdatePolicy: {
            trafficRoutingConfiguration: { type: "ALL_AT_ONCE", waitIntervalInSeconds: 0 },
            terminationWaitInSeconds: 300,
            maximumExecutionTimeoutInSeconds: 3900,
          },
          autoRollbackConfiguration: {
            alarms: [
              { alarmName: "restate-dev-model-server-errors" },
              { alarmName: "restate-dev-model-latency" },
            ],
          },
        },
      });
    });

    for (const [what, metricName, statistic, threshold] of [
      ["server-errors", "Invocation5XXErrors", "Sum", 5],
      ["latency", "ModelLatency", "Average", 1_000_000],
    ] as const) {
      it(`alarms on ${what}, with a name that the main stack's topic accepts`, () => {
        const { alarmDescription, ...alarm } = serving.inputs(`endpoint-alarms-${what}`);
        match(text(alarmDescription), /restate-dev-model/);
        deepEqual(alarm, {
          name: `restate-dev-model-${what}`,
          namespace: "AWS/SageMaker",
          metricName,
          statistic,
          threshold,
          dimensions: { EndpointName: "restate-dev-model", VariantName: "model" },
          period: 60,
          evaluationPeriods: 1,
          comparisonOperator: "GreaterThanOrEqualToThreshold",
          treatMissingData: "notBreaching",
          alarmActions: [mainExports.topicArn],
        });
      });
    }

    it("exports what clients need", () => {
      const { invokePolicy, endpointConfigurationName, ...outputs } = serving.served.outputs;
      const endpointArn = "arn:aws:sagemaker:us-east-1:444455556666:endpoint/restate-dev-model";
      deepEqual(outputs, {
        outputsVersion: "1",
        endpointName: "restate-dev-model",
        endpointArn,
        modelPackageArn: modelArn(7),
        modelPackageVersion: "7",
        captureUri: "",
        monitoringScheduleName: "",
      });
      equal(endpointConfigurationName, serving.inputs("endpoint-configuration")["name"]);
      deepEqual((JSON.parse(invokePolicy) as JsonObject)["Statement"], [
        {
          Sid: "InvokeEndpoint",
          Effect: "Allow",
          Action: "sagemaker:InvokeEndpoint",
          Resource: endpointArn,
        },
      ]);
    });

    it("tags what it creates by project and stack", () => {
      deepEqual(JSON.parse(text(serving.inputs("aws")["defaultTags"])), {
        tags: { project: "restate-serving", stack: "dev" },
      });
    });
  });

  describe("with settings of the namespace aws", () => {
    const folder = mkdtempSync(join(tmpdir(), "restate-profile-"));
    const file = process.env["AWS_SHARED_CREDENTIALS_FILE"];

    before(async () => {
      const credentials = join(folder, "credentials");
      writeFileSync(
        credentials,
        "[team]\naws_access_key_id = of-team\naws_secret_access_key = x\n",
      );
      process.env["AWS_SHARED_CREDENTIALS_FILE"] = credentials;
      serving.aws.accessKeys.clear();
      await serving.evaluate({
        ...monitored,
        "aws:profile": "team",
        "aws:defaultTags": '{"tags":{"team":"houses","stack":"another"}}',
      });
    });
    after(() => {
      rmSync(folder, { recursive: true });
      delete process.env["AWS_SHARED_CREDENTIALS_FILE"];
      Object.assign(process.env, file === undefined ? {} : { AWS_SHARED_CREDENTIALS_FILE: file });
    });

    it("queries SageMaker and S3 with the provider's credentials", () => {
      equal(serving.inputs("aws")["profile"], "team");
      deepEqual([...serving.aws.accessKeys], ["of-team"]);
    });

    it("adds its own tags to the default ones", () => {
      deepEqual(JSON.parse(text(serving.inputs("aws")["defaultTags"])), {
        tags: { team: "houses", project: "restate-serving", stack: "dev" },
      });
    });

    it("refuses values that the provider could not read", async () => {
      await rejects(serving.evaluate({ "aws:assumeRoles": "deploys" }), {
        message: /aws:assumeRoles: is not valid JSON/,
      });
    });
  });

  it("composes valid names, however long their parts", async () => {
    serving.aws.models = [{ version: 9999, approval: "Approved" }];
    serving.aws.objects.set("s3://baselines/9999/constraints.json", constraints(["_c0"]));
    const exported = { ...mainExports, pipelineName: `restate-${"a".repeat(20)}` };
    const configs: readonly Config[] = [
      { network: "none", compute: { mode: "serverless" } },
      { ...monitored, monitoring: { mode: "data-quality", startPipeline: true } },
    ];
    for (const config of configs) {
      serving.served = await serve({ ...config, endpointName: "california" }, exported);
      const names = serving.served.resources
        .filter(({ type }) => type.startsWith("aws:sagemaker/"))
        .map(({ inputs }) => text(inputs["name"]));
      ok(names.length > 2);
      deepEqual(
        names.filter((name) => name.length > 63),
        [],
      );
    }
  });
});
