import { deepEqual } from "node:assert/strict";

import * as pulumi from "@pulumi/pulumi";

import { Triggers, type TriggersArgs } from "../../components/triggers";
import { construct } from "../support/construct";

const args: TriggersArgs = {
  names: { triggersName: "the-start" },
  pipelineArn: "the-pipeline",
  roleArn: "the-role",
  schedule: undefined,
  modelApprovalStatus: "PendingManualApproval" as const,
  newData: undefined,
};
const make = (change: Partial<TriggersArgs>) =>
  construct((options) => new Triggers("triggers", { ...args, ...change }, options));

describe("Triggers", () => {
  it("start the pipeline on a schedule", async () => {
    deepEqual((await make({ schedule: "rate(7 days)" })).registered, {
      "scheduler/schedule triggers-schedule": {
        description: "Starts the pipeline",
        flexibleTimeWindow: { mode: "OFF" },
        name: "the-start",
        scheduleExpression: "rate(7 days)",
        target: {
          arn: "the-pipeline",
          retryPolicy: { maximumEventAgeInSeconds: 3600, maximumRetryAttempts: 10 },
          roleArn: "the-role",
          sagemakerPipelineParameters: {
            pipelineParameters: [{ name: "ModelApprovalStatus", value: "PendingManualApproval" }],
          },
        },
      },
    });
  });

  it("start the pipeline when a file of the table arrives", async () => {
    const newData = { bucketName: pulumi.output("the-bucket"), table: "houses" };
    deepEqual((await make({ newData })).registered, {
      "cloudwatch/eventRule triggers-new-data": {
        description: "A file of the table has arrived",
        eventPattern: {
          source: ["aws.s3"],
          "detail-type": ["Object Created"],
          detail: {
            bucket: { name: ["the-bucket"] },
            object: { key: [{ prefix: "data/houses/" }] },
          },
        },
        name: "the-start",
      },
      "cloudwatch/eventTarget triggers-new-data-target": {
        arn: "the-pipeline",
        roleArn: "the-role",
        rule: "the-start",
        sagemakerPipelineTarget: {},
      },
      "s3/bucketNotification triggers-bucket-events": { bucket: "the-bucket", eventbridge: true },
    });
  });

  it("do not exist if none is configured", async () => {
    deepEqual((await make({})).registered, {});
  });
});
