import { deepEqual, equal, ok } from "node:assert/strict";

import { Permissions } from "../../components/permissions";
import type { Tracking } from "../../pipeline/tracking";
import { construct, valueOf } from "../support/construct";
import { stackScope } from "../support/stackScope";

const actors = ["evaluation", "monitoring", "pipeline", "processing", "scheduler", "serving"];
const make = (crawled: boolean, permissionsBoundary?: string, tracking: Tracking = "experiments") =>
  construct(
    (options) =>
      new Permissions(
        "p",
        { scope: { ...stackScope, tracking }, permissionsBoundary, crawled },
        options,
      ),
  );

describe("Permissions", () => {
  it("creates a role with one policy for each actor, and for crawler and MLflow app if configured", async () => {
    const always = [...actors, "training"];
    const logs = { ...stackScope, tracking: "mlflow", mlflowLogging: "outside-network" } as const;
    const withLogs = await construct(
      (options) =>
        new Permissions(
          "p",
          { scope: logs, permissionsBoundary: undefined, crawled: false },
          options,
        ),
    );
    ok("iam/role p-logging" in withLogs.registered);
    for (const [crawled, tracking, all] of [
      [false, "experiments", always],
      [true, "mlflow", ["crawler", ...actors, "tracking", "training"]],
      [false, "both", [...actors, "tracking", "training"]],
    ] as const) {
      deepEqual(Object.keys((await make(crawled, undefined, tracking)).registered), [
        ...all.map((actor) => `iam/role p-${actor}`),
        ...all.map((actor) => `iam/rolePolicy p-${actor}-policy`),
      ]);
    }
  });

  it("limits each role to its services, its account and its boundary", async () => {
    const { component, registered } = await make(false, "the-boundary");
    deepEqual(
      [registered["iam/role p-scheduler"], registered["iam/rolePolicy p-scheduler-policy"]],
      [
        {
          assumeRolePolicy: {
            Version: "2012-10-17",
            Statement: [
              {
                Effect: "Allow",
                Principal: { Service: ["events.amazonaws.com", "scheduler.amazonaws.com"] },
                Action: "sts:AssumeRole",
                Condition: { StringEquals: { "aws:SourceAccount": "111122223333" } },
              },
            ],
          },
          description: "What the scheduler of restate-test may do",
          name: "restate-test-scheduler",
          permissionsBoundary: "the-boundary",
        },
        {
          name: "scheduler",
          policy: {
            Version: "2012-10-17",
            Statement: [
              {
                Sid: "StartPipeline",
                Effect: "Allow",
                Action: ["sagemaker:StartPipelineExecution"],
                Resource: "arn:aws:sagemaker:us-east-1:111122223333:pipeline/restate-test",
              },
            ],
          },
          role: "restate-test-scheduler",
        },
      ],
    );
    equal(
      await valueOf(component.roleArns.scheduler),
      "arn:aws:iam::111122223333:role/restate-test-scheduler",
    );
  });
});
