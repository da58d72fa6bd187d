import { deepEqual, equal, ok } from "node:assert/strict";

import type { Program } from "../../offline/program";
import type { JsonObject } from "../../pipeline/language/json";
import { text } from "../support/json";
import { Operations, type OperationsArgs } from "../../components/operations";
import { account, construct } from "../support/construct";
import { type Config, program } from "../support/definitions";

const pipelineArn = "arn:aws:sagemaker:us-east-1:111122223333:pipeline/models-pipeline";
const roleArn = "arn:aws:iam::111122223333:role/restate-test-scheduler";
const bucket = "sagemaker-restate-test-111122223333";

describe("operations", () => {
  let evaluated: Program;
  const evaluate = async (config: Config): Promise<void> => {
    evaluated = await program({ network: { mode: "none" }, ...config });
  };
  const find = (name: string): JsonObject | undefined =>
    evaluated.resources.find((one) => one.name === name)?.inputs;
  const inputs = (name: string): JsonObject => {
    const found = find(name);
    ok(found, `no resource ${name}`);
    return found;
  };
  const parsed = (name: string, member: string): JsonObject =>
    JSON.parse(text(inputs(name)[member])) as JsonObject;

  describe("by default", () => {
    before(() => evaluate({}));

    it("start nothing, and have no extra cost", () => {
      for (const name of [
        "triggers",
        "operations-dashboard",
        "operations-budget",
        "models-model-package-group-policy",
        "decision-tree-repository-policy",
      ]) {
        equal(find(name), undefined, name);
      }
    });

    it("alarm when an execution of this pipeline fails", () => {
      const alarm = inputs("operations-execution-failed");
      equal(alarm["namespace"], "AWS/Sagemaker/ModelBuildingPipeline");
      equal(alarm["metricName"], "ExecutionFailed");
      deepEqual(alarm["dimensions"], { PipelineName: "restate-test" });
      equal(alarm["threshold"], 1);
      equal(alarm["treatMissingData"], "notBreaching");
      deepEqual(alarm["alarmActions"], [
        "arn:aws:sns:us-east-1:111122223333:topic/operations-topic",
      ]);
    });

    for (const [what, statuses] of [
      ["awaits-approval", ["PendingManualApproval"]],
      ["approval", ["Approved", "Rejected"]],
    ] as const) {
      it(`notify when models of this group become ${statuses.join(" or ")}`, () => {
        deepEqual(parsed(`operations-${what}`, "eventPattern"), {
          source: ["aws.sagemaker"],
          "detail-type": ["SageMaker Model Package State Change"],
          detail: { ModelPackageGroupName: ["restate-test"], ModelApprovalStatus: statuses },
        });
        equal(
          inputs(`operations-${what}-target`)["arn"],
          "arn:aws:sns:us-east-1:111122223333:topic/operations-topic",
        );
      });
    }

    it("encrypt notifications, and let nobody else write to the topic", () => {
      equal(
        inputs("operations-topic")["kmsMasterKeyId"],
        "arn:aws:kms:us-east-1:111122223333:key/data-key",
      );
      const statements = parsed("operations-topic-policy", "policy")["Statement"] as JsonObject[];
      for (const { Effect: effect, Condition: condition, Principal: principal } of statements) {
        if (effect === "Allow") {
          deepEqual(Object.keys(principal as JsonObject), ["Service"]);
          deepEqual(Object.keys(condition as JsonObject).sort(), ["ArnLike", "StringEquals"]);
        }
      }
      deepEqual(
        statements.map(({ Sid: sid }) => sid),
        ["Alarms", "Rules", "Budgets", "DenyInsecureTransport"],
      );
    });
  });

  it("start the pipeline on a schedule, with a role that can do nothing else", async () => {
    await evaluate({
      schedule: "cron(0 6 ? * MON *)",
      processingInstanceType: "ml.m5.2xlarge",
    });
    const schedule = inputs("triggers-schedule");
    equal(schedule["name"], "restate-test-start");
    equal(schedule["scheduleExpression"], "cron(0 6 ? * MON *)");
    const target = schedule["target"] as JsonObject;
    equal(target["arn"], pipelineArn);
    equal(target["roleArn"], roleArn);
    // What the definition says anyway.
    const parameter = evaluated.definition.Parameters?.find(
      ({ Name: name }) => name === "ModelApprovalStatus",
    );
    ok(parameter);
    deepEqual(target["sagemakerPipelineParameters"], {
      pipelineParameters: [{ name: parameter.Name, value: parameter.DefaultValue }],
    });
    equal(parameter.DefaultValue, "PendingManualApproval");
    equal(find("triggers-new-data"), undefined);
    deepEqual(parsed("permissions-scheduler-policy", "policy")["Statement"], [
      {
        Sid: "StartPipeline",
        Effect: "Allow",
        Action: ["sagemaker:StartPipelineExecution"],
        Resource: "arn:aws:sagemaker:us-east-1:111122223333:pipeline/restate-test",
      },
    ]);
    const [trust] = parsed("permissions-scheduler", "assumeRolePolicy")[
      "Statement"
    ] as unknown as readonly [JsonObject];
    deepEqual(trust["Principal"], {
      Service: ["events.amazonaws.com", "scheduler.amazonaws.com"],
    });
    deepEqual(trust["Condition"], { StringEquals: { "aws:SourceAccount": "111122223333" } });
  });

  it("start the pipeline when a file of the table arrives", async () => {
    await evaluate({ startOnNewData: true });
    deepEqual(inputs("triggers-bucket-events"), { bucket, eventbridge: true });
    deepEqual(parsed("triggers-new-data", "eventPattern"), {
      source: ["aws.s3"],
      "detail-type": ["Object Created"],
      detail: {
        bucket: { name: [bucket] },
        object: { key: [{ prefix: "data/california_housing/" }] },
      },
    });
    equal(inputs("triggers-new-data-target")["arn"], pipelineArn);
    equal(inputs("triggers-new-data-target")["roleArn"], roleArn);
    equal(find("triggers-schedule"), undefined);
  });

  it("send e-mail, and create a dashboard and a budget, if configured", async () => {
    await evaluate({ notifyEmails: ["ml@example.com"], dashboard: true, monthlyBudget: 300 });
    equal(inputs("operations-ml@example.com")["endpoint"], "ml@example.com");
    equal(inputs("operations-ml@example.com")["protocol"], "email");
    const widgets = parsed("operations-dashboard", "dashboardBody")["widgets"] as JsonObject[];
    equal(widgets.length, 2);
    const budget = inputs("operations-budget");
    equal(budget["limitAmount"], "300");
    deepEqual(budget["costFilters"], [{ name: "TagKeyValue", values: ["user:stack$test"] }]);
  });

  it("share models, with their files, image and key, with the configured accounts", async () => {
    await evaluate({ modelConsumers: ["222233334444"] });
    const consumer = { AWS: ["arn:aws:iam::222233334444:root"] };
    const shared = (name: string, member: string): readonly JsonObject[] =>
      (parsed(name, member)["Statement"] as JsonObject[]).filter(({ Principal: principal }) =>
        JSON.stringify(principal).includes("222233334444"),
      );
    const policies = {
      group: shared("models-model-package-group-policy", "resourcePolicy"),
      bucket: shared("data-bucket-policy", "policy"),
      key: shared("data-key-policy", "policy"),
      repository: shared("decision-tree-repository-policy", "policy"),
    };
    for (const [what, statements] of Object.entries(policies)) {
      for (const { Principal: principal } of statements) {
        deepEqual(principal, consumer, what);
      }
    }
    deepEqual(
      policies.group.map(({ Action: actions, Resource: resources }) => [actions, resources]),
      [
        [
          [
            ...["sagemaker:CreateModel", "sagemaker:DescribeModelPackage"],
            ...["sagemaker:DescribeModelPackageGroup", "sagemaker:ListModelPackages"],
          ],
          ["model-package-group/restate-test", "model-package/restate-test/*"].map(
            (path) => `arn:aws:sagemaker:us-east-1:111122223333:${path}`,
          ),
        ],
      ],
    );
    deepEqual(
      policies.bucket.map(({ Action: action, Resource: resource }) => [action, resource]),
      [["s3:GetObject", `arn:aws:s3:::${bucket}/models/*`]],
    );
    deepEqual(policies.key[0]?.["Condition"], {
      StringEquals: { "kms:ViaService": "s3.us-east-1.amazonaws.com" },
    });
    equal(policies.repository.length, 1);
  });
});

describe("Operations", () => {
  const args: OperationsArgs = {
    account,
    names: { operationsName: "ops", pipelineName: "pipe", modelPackageGroupName: "group" },
    loggingName: undefined,
    kmsKeyArn: "the-key",
    notifyEmails: [],
    dashboard: false,
    monthlyBudget: undefined,
    ownTag: { key: "stack", value: "test" },
  };

  it("alarms when executions cannot be logged, where a pipeline logs them", async () => {
    const logs = { ...args, loggingName: "pipe--logging" };
    const { registered } = await construct((options) => new Operations("o", logs, options));
    const { name, dimensions } = registered["cloudwatch/metricAlarm o-logging-failed"] ?? {};
    deepEqual([name, dimensions], ["ops-logging-failed", { PipelineName: "pipe--logging" }]);
  });

  it("creates a topic, rules for models and an alarm for executions, and nothing else that costs", async () => {
    const { registered } = await construct((options) => new Operations("o", args, options));
    deepEqual(registered, {
      "cloudwatch/eventRule o-approval": {
        description: "A model of group is Approved or Rejected",
        eventPattern: {
          source: ["aws.sagemaker"],
          "detail-type": ["SageMaker Model Package State Change"],
          detail: {
            ModelPackageGroupName: ["group"],
            ModelApprovalStatus: ["Approved", "Rejected"],
          },
        },
        name: "ops-approval",
      },
      "cloudwatch/eventRule o-awaits-approval": {
        description: "A model of group is PendingManualApproval",
        eventPattern: {
          source: ["aws.sagemaker"],
          "detail-type": ["SageMaker Model Package State Change"],
          detail: {
            ModelPackageGroupName: ["group"],
            ModelApprovalStatus: ["PendingManualApproval"],
          },
        },
        name: "ops-awaits-approval",
      },
      "cloudwatch/eventTarget o-approval-target": {
        arn: "arn:aws:sns:us-east-1:111122223333:topic/o-topic",
        inputTransformer: {
          inputPaths: { model: "$.detail.ModelPackageArn", status: "$.detail.ModelApprovalStatus" },
          inputTemplate: '"The model <model> is <status>."',
        },
        rule: "ops-approval",
      },
      "cloudwatch/eventTarget o-awaits-approval-target": {
        arn: "arn:aws:sns:us-east-1:111122223333:topic/o-topic",
        inputTransformer: {
          inputPaths: { model: "$.detail.ModelPackageArn", status: "$.detail.ModelApprovalStatus" },
          inputTemplate: '"The model <model> is <status>."',
        },
        rule: "ops-awaits-approval",
      },
      "cloudwatch/metricAlarm o-execution-failed": {
        alarmActions: ["arn:aws:sns:us-east-1:111122223333:topic/o-topic"],
        alarmDescription: "An execution of the pipeline pipe has failed",
        comparisonOperator: "GreaterThanOrEqualToThreshold",
        dimensions: { PipelineName: "pipe" },
        evaluationPeriods: 1,
        metricName: "ExecutionFailed",
        name: "ops-execution-failed",
        namespace: "AWS/Sagemaker/ModelBuildingPipeline",
        period: 60,
        statistic: "Sum",
        threshold: 1,
        treatMissingData: "notBreaching",
      },
      "sns/topic o-topic": { kmsMasterKeyId: "the-key", name: "ops" },
      "sns/topicPolicy o-topic-policy": {
        arn: "arn:aws:sns:us-east-1:111122223333:topic/o-topic",
        policy: {
          Version: "2012-10-17",
          Statement: [
            {
              Sid: "Alarms",
              Effect: "Allow",
              Principal: { Service: "cloudwatch.amazonaws.com" },
              Action: "sns:Publish",
              Resource: "arn:aws:sns:us-east-1:111122223333:topic/o-topic",
              Condition: {
                ArnLike: {
                  "aws:SourceArn": "arn:aws:cloudwatch:us-east-1:111122223333:alarm:ops-*",
                },
                StringEquals: { "aws:SourceAccount": "111122223333" },
              },
            },
            {
              Sid: "Rules",
              Effect: "Allow",
              Principal: { Service: "events.amazonaws.com" },
              Action: "sns:Publish",
              Resource: "arn:aws:sns:us-east-1:111122223333:topic/o-topic",
              Condition: {
                ArnLike: { "aws:SourceArn": "arn:aws:events:us-east-1:111122223333:rule/ops-*" },
                StringEquals: { "aws:SourceAccount": "111122223333" },
              },
            },
            {
              Sid: "Budgets",
              Effect: "Allow",
              Principal: { Service: "budgets.amazonaws.com" },
              Action: "sns:Publish",
              Resource: "arn:aws:sns:us-east-1:111122223333:topic/o-topic",
              Condition: {
                ArnLike: { "aws:SourceArn": "arn:aws:budgets::111122223333:*" },
                StringEquals: { "aws:SourceAccount": "111122223333" },
              },
            },
            {
              Sid: "DenyInsecureTransport",
              Effect: "Deny",
              Principal: "*",
              Action: "sns:Publish",
              Resource: "arn:aws:sns:us-east-1:111122223333:topic/o-topic",
              Condition: { Bool: { "aws:SecureTransport": "false" } },
            },
          ],
        },
      },
    });
  });

  it("creates a subscription for each address, a dashboard and a budget if configured", async () => {
    const { registered } = await construct(
      (options) =>
        new Operations(
          "o",
          { ...args, notifyEmails: ["a@example.com"], dashboard: true, monthlyBudget: 300 },
          options,
        ),
    );
    deepEqual(
      [
        registered["sns/topicSubscription o-a@example.com"],
        registered["cloudwatch/dashboard o-dashboard"],
        registered["budgets/budget o-budget"],
      ],
      [
        {
          endpoint: "a@example.com",
          protocol: "email",
          topic: "arn:aws:sns:us-east-1:111122223333:topic/o-topic",
        },
        {
          dashboardBody: {
            widgets: [
              {
                type: "metric",
                x: 0,
                y: 0,
                width: 12,
                height: 6,
                properties: {
                  title: "Executions",
                  region: "us-east-1",
                  stat: "Sum",
                  period: 3600,
                  metrics: [
                    [
                      "AWS/Sagemaker/ModelBuildingPipeline",
                      "ExecutionStarted",
                      "PipelineName",
                      "pipe",
                    ],
                    [
                      "AWS/Sagemaker/ModelBuildingPipeline",
                      "ExecutionSucceeded",
                      "PipelineName",
                      "pipe",
                    ],
                    [
                      "AWS/Sagemaker/ModelBuildingPipeline",
                      "ExecutionFailed",
                      "PipelineName",
                      "pipe",
                    ],
                    [
                      "AWS/Sagemaker/ModelBuildingPipeline",
                      "ExecutionStopped",
                      "PipelineName",
                      "pipe",
                    ],
                  ],
                },
              },
              {
                type: "metric",
                x: 12,
                y: 0,
                width: 12,
                height: 6,
                properties: {
                  title: "Duration of executions",
                  region: "us-east-1",
                  stat: "Maximum",
                  period: 3600,
                  metrics: [
                    [
                      "AWS/Sagemaker/ModelBuildingPipeline",
                      "ExecutionDuration",
                      "PipelineName",
                      "pipe",
                    ],
                  ],
                },
              },
            ],
          },
          dashboardName: "ops",
        },
        {
          budgetType: "COST",
          costFilters: [{ name: "TagKeyValue", values: ["user:stack$test"] }],
          limitAmount: "300",
          limitUnit: "USD",
          name: "ops",
          notifications: [
            {
              comparisonOperator: "GREATER_THAN",
              notificationType: "ACTUAL",
              subscriberSnsTopicArns: ["arn:aws:sns:us-east-1:111122223333:topic/o-topic"],
              threshold: 80,
              thresholdType: "PERCENTAGE",
            },
            {
              comparisonOperator: "GREATER_THAN",
              notificationType: "ACTUAL",
              subscriberSnsTopicArns: ["arn:aws:sns:us-east-1:111122223333:topic/o-topic"],
              threshold: 100,
              thresholdType: "PERCENTAGE",
            },
          ],
          timeUnit: "MONTHLY",
        },
      ],
    );
  });
});
