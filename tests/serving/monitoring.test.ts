import { deepEqual, equal, match, notEqual, ok, rejects } from "node:assert/strict";

import type { Json, JsonObject } from "../../pipeline/language/json";
import { text } from "../support/json";
import { constraints } from "./support/awsServices";
import { bucket, EvaluatedServing, monitored, vpcConfig } from "./support/evaluated";
import { mainExports, serve } from "./support/serving";

describe("serving", () => {
  const serving = new EvaluatedServing();

  describe("with monitoring", () => {
    before(() => serving.evaluate(monitored));

    it("compares requests with the model's baseline every hour, encrypted and isolated", () => {
      const { name, ...definition } = serving.inputs("monitoring-definition");
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
      deepEqual(serving.inputs("monitoring-schedule"), {
        name: "restate-dev-model-data-quality",
        monitoringScheduleConfig: {
          monitoringType: "DataQuality",
          monitoringJobDefinitionName: name,
          scheduleConfig: { scheduleExpression: "cron(0 * ? * * *)" },
        },
      });
      equal(serving.served.outputs.monitoringScheduleName, "restate-dev-model-data-quality");
    });

    it("alarms if a column drifts from the baseline beyond its threshold", () => {
      const { metricQueries, ...alarm } = serving.inputs("monitoring-drift-columns");
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
      equal(serving.names().includes("monitoring-start"), false);
    });

    it("starts the pipeline on drift if configured", async () => {
      await serving.evaluate({
        ...monitored,
        monitoring: { mode: "data-quality", schedule: "daily", startPipeline: true },
      });
      deepEqual(JSON.parse(text(serving.inputs("monitoring-start")["eventPattern"])), {
        source: ["aws.cloudwatch"],
        "detail-type": ["CloudWatch Alarm State Change"],
        detail: { alarmName: ["restate-dev-model-drift"], state: { value: ["ALARM"] } },
      });
      deepEqual(serving.inputs("monitoring-start-target"), {
        rule: "restate-dev-model-start",
        arn: mainExports.pipelineArn,
        roleArn: mainExports.schedulerRoleArn,
        sagemakerPipelineTarget: {},
      });
      const schedule = serving.inputs("monitoring-schedule")[
        "monitoringScheduleConfig"
      ] as JsonObject;
      deepEqual(schedule["scheduleConfig"], { scheduleExpression: "cron(0 0 ? * * *)" });
    });

    it("notifies once for a table with many columns, although an alarm covers ten", async () => {
      serving.aws.models = [{ version: 8, approval: "Approved" }];
      const columns = Array.from({ length: 23 }, (_, index) => `_c${index}`);
      serving.aws.objects.set("s3://baselines/8/constraints.json", constraints(columns));
      serving.served = await serve(monitored);
      const parts = [1, 2, 3].map((part) => serving.inputs(`monitoring-drift-columns-${part}`));
      deepEqual(
        parts.map(({ metricQueries }) => (metricQueries as readonly Json[]).length),
        [11, 11, 4],
      );
      ok(parts.every(({ alarmActions }) => alarmActions === undefined));
      deepEqual(serving.inputs("monitoring-drift-any"), {
        alarmName: "restate-dev-model-drift",
        alarmRule: parts.map(({ name }) => `ALARM("${text(name)}")`).join(" OR "),
        alarmDescription:
          "The requests of restate-dev-model are unlike the data that its model was trained on",
        alarmActions: [mainExports.topicArn],
      });
    });

    it("refuses a model without a baseline, and explains how to get one", async () => {
      serving.aws.models = [{ version: 9, approval: "Approved", baseline: false }];
      await rejects(serve(monitored), {
        message:
          /restate-serving:monitoring: the model .*\/9 has no baseline .*restate:dataQualityBaseline/,
      });
      notEqual((await serve({})).outputs.endpointName, "");
    });

    it("refuses a baseline that it cannot read", async () => {
      serving.aws.models = [{ version: 10, approval: "Approved" }];
      const uri = "s3://baselines/10/constraints.json";
      const cannot = `restate-serving:monitoring: cannot read the model's baseline ${uri}: `;
      await rejects(serve(monitored), { message: `${cannot}NoSuchKey: The key does not exist.` });
      serving.aws.objects.set(uri, "{}");
      const message = `${cannot}it is not a constraints document with features and a comparison_threshold`;
      await rejects(serve(monitored), { message });
      serving.aws.objects.set(uri, "{");
      await rejects(serve(monitored), (error: Error) =>
        error.message.startsWith(`${cannot}Syntax`),
      );
    });
  });
});
