import { deepEqual, equal, match, notEqual, ok, rejects } from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Json, JsonObject } from "../../pipeline/language/json";
import { text } from "../support/json";
import { hasLocalStorage } from "../../pipeline/instanceTypes";
import { AwsServices, constraints, modelArn } from "./support/awsServices";
import { mainExports, serve, type Served } from "./support/serving";

type Config = Readonly<Record<string, Json>>;

const bucket = "sagemaker-restate-dev-444455556666";
const vpcConfig = { subnets: ["subnet-1", "subnet-2"], securityGroupIds: ["sg-1"] };
const monitored: Config = { capturePercentage: 20, monitoring: { mode: "data-quality" } };
const scaled = (update: JsonObject): Config => ({
  compute: { mode: "real-time", minInstances: 4, maxInstances: 8 },
  update,
});

describe("serving", () => {
  const aws = new AwsServices();
  let served: Served;

  before(() => aws.start());
  after(() => {
    aws.stop();
  });

  const evaluate = async (config: Config, exported: object = mainExports): Promise<void> => {
    aws.models = [{ version: 7, approval: "Approved" }];
    aws.objects.set("s3://baselines/7/constraints.json", constraints(["_c0", "_c1"]));
    served = await serve(config, exported as Readonly<Record<string, unknown>>);
  };
  const inputs = (name: string): JsonObject => {
    const found = served.resources.find((resource) => resource.name === name);
    ok(found, `no resource ${name}`);
    return found.inputs;
  };
  const names = (): readonly string[] =>
    served.resources
      .filter(({ type }) => type.startsWith("aws:"))
      .map(({ name }) => name)
      .sort();

  describe("by default", () => {
    before(() => evaluate({}));

    it("registers an endpoint and its alarms, and nothing else", () => {
      deepEqual(names(), [
        "endpoint-alarms-latency",
        "endpoint-alarms-server-errors",
        "endpoint-configuration",
        "endpoint-endpoint",
        "endpoint-model",
      ]);
    });

    it("creates the model from the package, isolated, in the main stack's network", () => {
      const { name, ...model } = inputs("endpoint-model");
      match(text(name), /^restate-dev-model-v7-[0-9a-f]{6}$/);
      deepEqual(model, {
        executionRoleArn: mainExports.servingRoleArn,
        enableNetworkIsolation: true,
        primaryContainer: { modelPackageName: modelArn(7) },
        vpcConfig,
      });
    });

    it("serves it on an encrypted instance, and captures no requests", () => {
      const { name, ...configuration } = inputs("endpoint-configuration");
      match(text(name), /^restate-dev-model-v7-[0-9a-f]{6}$/);
      deepEqual(configuration, {
        kmsKeyArn: mainExports.kmsKeyArn,
        productionVariants: [
          {
            variantName: "model",
            modelName: inputs("endpoint-model")["name"],
            instanceType: "ml.m5.large",
            initialInstanceCount: 1,
          },
        ],
      });
    });

    it("switches to another model at once, and back on an alarm", () => {
      deepEqual(inputs("endpoint-endpoint"), {
        name: "restate-dev-model",
        endpointConfigName: inputs("endpoint-configuration")["name"],
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
        const { alarmDescription, ...alarm } = inputs(`endpoint-alarms-${what}`);
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
      const { invokePolicy, endpointConfigurationName, ...outputs } = served.outputs;
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
      equal(endpointConfigurationName, inputs("endpoint-configuration")["name"]);
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
      deepEqual(JSON.parse(text(inputs("aws")["defaultTags"])), {
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
      aws.accessKeys.clear();
      await evaluate({
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
      equal(inputs("aws")["profile"], "team");
      deepEqual([...aws.accessKeys], ["of-team"]);
    });

    it("adds its own tags to the default ones", () => {
      deepEqual(JSON.parse(text(inputs("aws")["defaultTags"])), {
        tags: { team: "houses", project: "restate-serving", stack: "dev" },
      });
    });

    it("refuses values that the provider could not read", async () => {
      await rejects(evaluate({ "aws:assumeRoles": "deploys" }), {
        message: /aws:assumeRoles: is not valid JSON/,
      });
    });
  });

  describe("on instances", () => {
    it("scales by requests per instance", async () => {
      await evaluate({
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
      deepEqual(inputs("endpoint-scaling-target"), { ...variant, minCapacity: 2, maxCapacity: 6 });
      deepEqual(inputs("endpoint-scaling-policy"), {
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
      await evaluate({
        compute: { mode: "real-time", instanceType: "ml.m5d.large" },
        capturePercentage: 10,
      });
      const configuration = inputs("endpoint-configuration");
      equal(configuration["kmsKeyArn"], undefined);
      equal((configuration["dataCaptureConfig"] as JsonObject)["kmsKeyId"], mainExports.kmsKeyArn);
    });

    it("captures requests and responses as text, in the endpoint's own folder", async () => {
      await evaluate({ capturePercentage: 20 });
      const captureUri = `s3://${bucket}/endpoints/restate-dev-model/capture`;
      deepEqual(inputs("endpoint-configuration")["dataCaptureConfig"], {
        enableCapture: true,
        initialSamplingPercentage: 20,
        destinationS3Uri: captureUri,
        kmsKeyId: mainExports.kmsKeyArn,
        captureOptions: [{ captureMode: "Input" }, { captureMode: "Output" }],
        captureContentTypeHeader: { csvContentTypes: ["text/csv"] },
      });
      equal(served.outputs.captureUri, captureUri);
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
        await evaluate(scaled(update));
        const { autoRollbackConfiguration: rollback, ...deployment } = inputs("endpoint-endpoint")[
          "deploymentConfig"
        ] as JsonObject;
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
      await evaluate({});
      const model = inputs("endpoint-model")["name"];
      const configuration = inputs("endpoint-configuration")["name"];
      for (const [config, ofModel, ofConfiguration] of contents) {
        await evaluate(config);
        const what = JSON.stringify(config);
        equal(inputs("endpoint-model")["name"] !== model, ofModel, what);
        equal(inputs("endpoint-configuration")["name"] !== configuration, ofConfiguration, what);
      }
    });

    it("runs in SageMaker's own network if the main stack's jobs do", async () => {
      await evaluate(monitored, { ...mainExports, subnetIds: [], securityGroupIds: [] });
      equal(inputs("endpoint-model")["vpcConfig"], undefined);
      deepEqual(inputs("monitoring-definition")["networkConfig"], {
        enableInterContainerTrafficEncryption: true,
        enableNetworkIsolation: true,
      });
    });
  });

  describe("serverless", () => {
    before(() =>
      evaluate({
        network: "none",
        compute: { mode: "serverless", maxConcurrency: 10, provisionedConcurrency: 2 },
      }),
    );

    it("has the configured compute, and no instances, network, key or update steps", () => {
      equal(inputs("endpoint-model")["vpcConfig"], undefined);
      equal(inputs("endpoint-model")["enableNetworkIsolation"], false);
      const { name, ...configuration } = inputs("endpoint-configuration");
      match(text(name), /^restate-dev-model-serverless-v7-/);
      deepEqual(configuration, {
        productionVariants: [
          {
            variantName: "model",
            modelName: inputs("endpoint-model")["name"],
            serverlessConfig: {
              maxConcurrency: 10,
              memorySizeInMb: 2048,
              provisionedConcurrency: 2,
            },
          },
        ],
      });
      deepEqual(Object.keys(inputs("endpoint-endpoint")).sort(), ["endpointConfigName", "name"]);
    });

    it("has the same alarms", () => {
      deepEqual(inputs("endpoint-alarms-latency")["dimensions"], {
        EndpointName: "restate-dev-model-serverless",
        VariantName: "model",
      });
    });
  });

  describe("with monitoring", () => {
    before(() => evaluate(monitored));

    it("compares requests with the model's baseline every hour, encrypted and isolated", () => {
      const { name, ...definition } = inputs("monitoring-definition");
      match(text(name), /^restate-dev-model-v7-[0-9a-f]{6}$/);
      deepEqual(definition, {
        roleArn: mainExports.monitoringRoleArn,
        dataQualityAppSpecification: {
          imageUri:
            "156813124566.dkr.ecr.us-east-1.amazonaws.com/sagemaker-model-monitor-analyzer:latest",
          environment: { publish_cloudwatch_metrics: "Enabled" },
        },
        dataQualityBaselineConfig: {
          statisticsResource: { s3Uri: "s3://baselines/7/statistics.json" },
          constraintsResource: { s3Uri: "s3://baselines/7/constraints.json" },
        },
        dataQualityJobInput: {
          endpointInput: {
            endpointName: "restate-dev-model",
            localPath: "/opt/ml/processing/input/endpoint",
          },
        },
        dataQualityJobOutputConfig: {
          kmsKeyId: mainExports.kmsKeyArn,
          monitoringOutputs: {
            s3Output: {
              s3Uri: `s3://${bucket}/endpoints/restate-dev-model/monitoring`,
              localPath: "/opt/ml/processing/output",
              s3UploadMode: "EndOfJob",
            },
          },
        },
        jobResources: {
          clusterConfig: {
            instanceCount: 1,
            instanceType: "ml.m5.xlarge",
            volumeSizeInGb: 20,
            volumeKmsKeyId: mainExports.kmsKeyArn,
          },
        },
        networkConfig: {
          enableInterContainerTrafficEncryption: true,
          enableNetworkIsolation: true,
          vpcConfig,
        },
        stoppingCondition: { maxRuntimeInSeconds: 3300 },
      });
      deepEqual(inputs("monitoring-schedule"), {
        name: "restate-dev-model-data-quality",
        monitoringScheduleConfig: {
          monitoringType: "DataQuality",
          monitoringJobDefinitionName: name,
          scheduleConfig: { scheduleExpression: "cron(0 * ? * * *)" },
        },
      });
      equal(served.outputs.monitoringScheduleName, "restate-dev-model-data-quality");
    });

    it("alarms if a column drifts from the baseline beyond its threshold", () => {
      const { metricQueries, ...alarm } = inputs("monitoring-drift-columns");
      const [largest, ...columns] = metricQueries as readonly JsonObject[];
      deepEqual(alarm, {
        name: "restate-dev-model-drift",
        alarmDescription:
          "The requests of restate-dev-model are unlike the data that its model was trained on",
        alarmActions: [mainExports.topicArn],
        threshold: 0.1,
        comparisonOperator: "GreaterThanThreshold",
        evaluationPeriods: 1,
        treatMissingData: "notBreaching",
      });
      equal(largest?.["expression"], "MAX([m0, m1])");
      deepEqual(columns[1], {
        id: "m1",
        metric: {
          namespace: "aws/sagemaker/Endpoints/data-metrics",
          metricName: "feature_baseline_drift__c1",
          dimensions: {
            Endpoint: "restate-dev-model",
            MonitoringSchedule: "restate-dev-model-data-quality",
          },
          period: 3600,
          stat: "Maximum",
        },
      });
    });

    it("starts nothing by default", () => {
      equal(names().includes("monitoring-start"), false);
    });

    it("starts the pipeline on drift if configured", async () => {
      await evaluate({
        ...monitored,
        monitoring: { mode: "data-quality", schedule: "daily", startPipeline: true },
      });
      deepEqual(JSON.parse(text(inputs("monitoring-start")["eventPattern"])), {
        source: ["aws.cloudwatch"],
        "detail-type": ["CloudWatch Alarm State Change"],
        detail: { alarmName: ["restate-dev-model-drift"], state: { value: ["ALARM"] } },
      });
      deepEqual(inputs("monitoring-start-target"), {
        rule: "restate-dev-model-start",
        arn: mainExports.pipelineArn,
        roleArn: mainExports.schedulerRoleArn,
        sagemakerPipelineTarget: {},
      });
      const schedule = inputs("monitoring-schedule")["monitoringScheduleConfig"] as JsonObject;
      deepEqual(schedule["scheduleConfig"], { scheduleExpression: "cron(0 0 ? * * *)" });
    });

    it("notifies once for a table with many columns, although an alarm covers ten", async () => {
      aws.models = [{ version: 8, approval: "Approved" }];
      const columns = Array.from({ length: 23 }, (_, index) => `_c${index}`);
      aws.objects.set("s3://baselines/8/constraints.json", constraints(columns));
      served = await serve(monitored);
      const parts = [1, 2, 3].map((part) => inputs(`monitoring-drift-columns-${part}`));
      deepEqual(
        parts.map(({ metricQueries }) => (metricQueries as readonly Json[]).length),
        [11, 11, 4],
      );
      ok(parts.every(({ alarmActions }) => alarmActions === undefined));
      deepEqual(inputs("monitoring-drift-any"), {
        alarmName: "restate-dev-model-drift",
        alarmRule: parts.map(({ name }) => `ALARM("${text(name)}")`).join(" OR "),
        alarmDescription:
          "The requests of restate-dev-model are unlike the data that its model was trained on",
        alarmActions: [mainExports.topicArn],
      });
    });

    it("refuses a model without a baseline, and explains how to get one", async () => {
      aws.models = [{ version: 9, approval: "Approved", baseline: false }];
      await rejects(serve(monitored), {
        message:
          /restate-serving:monitoring: the model .*\/9 has no baseline .*restate:dataQualityBaseline/,
      });
      notEqual((await serve({})).outputs.endpointName, "");
    });

    it("refuses a baseline that it cannot read", async () => {
      aws.models = [{ version: 10, approval: "Approved" }];
      const uri = "s3://baselines/10/constraints.json";
      const cannot = `restate-serving:monitoring: cannot read the model's baseline ${uri}: `;
      await rejects(serve(monitored), { message: `${cannot}NoSuchKey: The key does not exist.` });
      aws.objects.set(uri, "{}");
      const message = `${cannot}it is not a constraints document with features and a comparison_threshold`;
      await rejects(serve(monitored), { message });
      aws.objects.set(uri, "{");
      await rejects(serve(monitored), (error: Error) =>
        error.message.startsWith(`${cannot}Syntax`),
      );
    });
  });

  it("composes valid names, however long their parts", async () => {
    aws.models = [{ version: 9999, approval: "Approved" }];
    aws.objects.set("s3://baselines/9999/constraints.json", constraints(["_c0"]));
    const exported = { ...mainExports, pipelineName: `restate-${"a".repeat(20)}` };
    const configs: readonly Config[] = [
      { network: "none", compute: { mode: "serverless" } },
      { ...monitored, monitoring: { mode: "data-quality", startPipeline: true } },
    ];
    for (const config of configs) {
      served = await serve({ ...config, endpointName: "california" }, exported);
      const names = served.resources
        .filter(({ type }) => type.startsWith("aws:sagemaker/"))
        .map(({ inputs }) => text(inputs["name"]));
      ok(names.length > 2);
      deepEqual(
        names.filter((name) => name.length > 63),
        [],
      );
    }
  });

  it("recognises instance types with local disks", () => {
    const withDisks =
      "m5d.large c5d.xlarge r5d.2xlarge m6gd.large g4dn.xlarge g5.xlarge g6e.xlarge p4d.24xlarge p5.48xlarge " +
      "p6e-gb200.36xlarge trn1.2xlarge dl1.24xlarge r7gd.medium";
    const without =
      "t2.medium m5.large m5.24xlarge c5.xlarge c6i.large c6gn.large m7i.large c7g.large p3.2xlarge inf1.xlarge " +
      "inf2.xlarge r8g.large";
    deepEqual(
      withDisks.split(" ").filter((type) => !hasLocalStorage(`ml.${type}`)),
      [],
    );
    deepEqual(
      without.split(" ").filter((type) => hasLocalStorage(`ml.${type}`)),
      [],
    );
  });
});
