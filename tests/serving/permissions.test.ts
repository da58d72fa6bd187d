import { deepEqual, equal, ok } from "node:assert/strict";

import type { Program } from "../../offline/program";
import type { JsonObject } from "../../pipeline/language/json";
import { text } from "../support/json";
import { program } from "../support/definitions";
import { type IamRequest, isAllowed } from "../support/iam";
import { AwsServices, constraints } from "./support/awsServices";
import { mainExports, serve, type Served } from "./support/serving";

const accountId = "111122223333";
const bucket = `sagemaker-restate-test-${accountId}`;
const arn = (service: string, path: string): string =>
  `arn:aws:${service}:us-east-1:${accountId}:${path}`;
const role = (name: string): string => `arn:aws:iam::${accountId}:role/restate-test-${name}`;

/** What the main stack test exports, in a network of its own. */
const exported = {
  ...mainExports,
  bucketName: bucket,
  kmsKeyArn: arn("kms", "key/data-key"),
  pipelineName: "restate-test",
  pipelineArn: arn("sagemaker", "pipeline/restate-test"),
  modelPackageGroupName: "restate-test",
  servingRoleArn: role("serving"),
  monitoringRoleArn: role("monitoring"),
  schedulerRoleArn: role("scheduler"),
};

const throughS3 = { "kms:ViaService": "s3.us-east-1.amazonaws.com" };
const forVolumes = { "kms:GrantIsForAWSResource": "true" };

describe("the main stack's roles, by an IAM simulator,", () => {
  const aws = new AwsServices();
  let main: Program;
  let served: Served;

  before(async () => {
    await aws.start();
    aws.models = [{ version: 1, approval: "Approved" }];
    aws.objects.set("s3://baselines/1/constraints.json", constraints(["_c0"]));
    main = await program({ network: { mode: "create" } });
    served = await serve(
      { capturePercentage: 100, monitoring: { mode: "data-quality", startPipeline: true } },
      exported,
    );
  });
  after(() => {
    aws.stop();
  });

  const inputs = (name: string): JsonObject => {
    const found = served.resources.find((resource) => resource.name === name);
    ok(found, `no resource ${name}`);
    return found.inputs;
  };
  const endpoint = (): string => served.outputs.endpointName;
  /** A request of S3 for what lies below a URI, by way of the network's endpoint. */
  const s3 = (action: string, uri: string): IamRequest => ({
    action: `s3:${action}`,
    resource: `arn:aws:s3:::${uri.replace("s3://", "")}`,
    endpoint: "network-s3",
  });
  const log = (group: string): IamRequest => ({
    action: "logs:PutLogEvents",
    resource: arn("logs", `log-group:/aws/sagemaker/${group}:log-stream:1`),
  });
  const decide = async (
    actor: string,
    allowed: boolean,
    requests: readonly IamRequest[],
  ): Promise<void> => {
    const others: string[] = [];
    for (const request of requests) {
      if ((await isAllowed(main, actor, request)) !== allowed) {
        others.push(
          `${request.action} ${request.resource} ${JSON.stringify(request.context ?? {})}`,
        );
      }
    }
    deepEqual(others, [], allowed ? "these are not allowed" : "these are allowed");
  };

  const nobody: readonly IamRequest[] = [
    { action: "iam:PassRole", resource: role("training") },
    { action: "kms:Decrypt", resource: exported.kmsKeyArn },
    {
      action: "sagemaker:InvokeEndpoint",
      resource: arn("sagemaker", "endpoint/restate-test-model"),
    },
    {
      action: "sagemaker:UpdateEndpoint",
      resource: arn("sagemaker", "endpoint/restate-test-model"),
    },
    {
      action: "sagemaker:DescribeModelPackage",
      resource: arn("sagemaker", "model-package/restate-test/1"),
    },
    { action: "sagemaker:StartPipelineExecution", resource: exported.pipelineArn },
    s3("GetObject", `s3://${bucket}/data/california_housing/cal_housing.data`),
    s3("DeleteObject", `s3://${bucket}/endpoints/restate-test-model/capture/1.jsonl`),
    s3("PutObject", `s3://${bucket}/models/XGBoost/job/output/model.tar.gz`),
    s3("PutObject", `s3://${bucket}/executions/abc/baseline/constraints.json`),
  ];

  it("are those that serving passes on", () => {
    equal(inputs("endpoint-model")["executionRoleArn"], role("serving"));
    equal(inputs("monitoring-definition")["roleArn"], role("monitoring"));
    equal(inputs("monitoring-start-target")["roleArn"], role("scheduler"));
  });

  it("let the endpoint download its model and image, store requests, and log", async () => {
    await decide("serving", true, [
      s3("ListBucket", `s3://${bucket}`),
      s3("GetObject", `s3://${bucket}/models/XGBoost/job/output/model.tar.gz`),
      s3("PutObject", `${served.outputs.captureUri}/${endpoint()}/model/2026/11/24/12/1.jsonl`),
      { action: "kms:Decrypt", resource: exported.kmsKeyArn, context: throughS3 },
      { action: "kms:GenerateDataKey", resource: exported.kmsKeyArn, context: throughS3 },
      { action: "kms:CreateGrant", resource: exported.kmsKeyArn, context: forVolumes },
      {
        action: "ecr:BatchGetImage",
        resource: arn("ecr", "repository/restate-test-decision-tree"),
      },
      { action: "ecr:GetAuthorizationToken", resource: "*" },
      { action: "ec2:CreateNetworkInterface", resource: arn("ec2", "network-interface/eni-1") },
      log(`Endpoints/${endpoint()}`),
    ]);
  });

  it("let the endpoint do nothing else", async () => {
    await decide("serving", false, [
      ...nobody,
      s3("GetObject", `${served.outputs.captureUri}/${endpoint()}/model/2026/11/24/12/1.jsonl`),
      s3("GetObject", `s3://${bucket}/executions/abc/train/train.csv`),
      log("TrainingJobs"),
      { action: "ecr:BatchGetImage", resource: arn("ecr", "repository/another-team") },
    ]);
  });

  it("let monitoring compare requests with the baseline, and report the differences", async () => {
    const { s3Output } = (
      inputs("monitoring-definition")["dataQualityJobOutputConfig"] as JsonObject
    )["monitoringOutputs"] as { readonly s3Output: { readonly s3Uri: string } };
    const [, query] = inputs("monitoring-drift-columns")["metricQueries"] as readonly {
      readonly metric: { readonly namespace: string };
    }[];
    await decide("monitoring", true, [
      s3("ListBucket", `s3://${bucket}`),
      s3("GetObject", `${served.outputs.captureUri}/${endpoint()}/model/2026/11/24/12/1.jsonl`),
      s3("GetObject", `s3://${bucket}/executions/abc/baseline/constraints.json`),
      s3("PutObject", `${s3Output.s3Uri}/${endpoint()}/constraint_violations.json`),
      { action: "kms:Decrypt", resource: exported.kmsKeyArn, context: throughS3 },
      { action: "kms:GenerateDataKey", resource: exported.kmsKeyArn, context: throughS3 },
      { action: "kms:CreateGrant", resource: exported.kmsKeyArn, context: forVolumes },
      { action: "ec2:CreateNetworkInterface", resource: arn("ec2", "network-interface/eni-1") },
      log("ProcessingJobs"),
      {
        action: "cloudwatch:PutMetricData",
        resource: "*",
        context: { "cloudwatch:namespace": query?.metric.namespace ?? "" },
      },
    ]);
  });

  it("let monitoring do nothing else", async () => {
    await decide("monitoring", false, [
      ...nobody,
      s3("GetObject", `s3://${bucket}/models/XGBoost/job/output/model.tar.gz`),
      s3("PutObject", `s3://${bucket}/data/california_housing/more.data`),
      {
        action: "cloudwatch:PutMetricData",
        resource: "*",
        context: { "cloudwatch:namespace": "AWS/SageMaker" },
      },
    ]);
  });

  it("let drift start the pipeline, and nothing else", async () => {
    const start = { action: "sagemaker:StartPipelineExecution" };
    const target = text(inputs("monitoring-start-target")["arn"]);
    await decide("scheduler", true, [{ ...start, resource: target }]);
    await decide("scheduler", false, [
      { ...start, resource: arn("sagemaker", "pipeline/restate-prod") },
      ...nobody.filter(({ action }) => action !== start.action),
    ]);
  });

  it("let serving's alarms publish to the topic, by their names", () => {
    const policy = main.resources.find(({ name }) => name === "operations-topic-policy");
    const { Statement: statements } = JSON.parse(text(policy?.inputs["policy"])) as {
      readonly Statement: readonly {
        readonly Sid: string;
        readonly Condition: { readonly ArnLike: { readonly "aws:SourceArn": string } };
      }[];
    };
    const taken =
      statements.find(({ Sid: sid }) => sid === "Alarms")?.Condition.ArnLike["aws:SourceArn"] ?? "";
    const alarms = served.resources.filter(({ inputs: { alarmActions } }) => alarmActions);
    equal(alarms.length, 3);
    for (const { inputs: alarm } of alarms) {
      const alarmArn = arn("cloudwatch", `alarm:${text(alarm["name"])}`);
      ok(
        taken.endsWith("*") && alarmArn.startsWith(taken.slice(0, -1)),
        `${alarmArn} and ${taken}`,
      );
    }
  });
});
