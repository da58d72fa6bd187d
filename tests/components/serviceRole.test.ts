import { deepEqual, equal } from "node:assert/strict";

import * as pulumi from "@pulumi/pulumi";

import { allow } from "../../components/rights/statements";
import { serviceRole, type ServiceRoleArgs } from "../../components/serviceRole";
import { account, construct } from "../support/construct";

const args: ServiceRoleArgs = {
  account,
  roleName: "the-role",
  description: "What it may do",
  services: "sagemaker.amazonaws.com",
  permissionsBoundary: undefined,
  policyName: "start",
  statements: [allow("Start", ["sagemaker:StartPipelineExecution"], "the-pipeline")],
};
const make = (change: Partial<ServiceRoleArgs> = {}) =>
  construct((options) => {
    const parent = new pulumi.ComponentResource("test:index:Parent", "parent", {}, options);
    serviceRole({ role: "role", policy: "role-policy" }, { ...args, ...change }, parent);
    return parent;
  });

describe("serviceRole", () => {
  it("creates a role that a service can only assume for this account, and its policy", async () => {
    deepEqual((await make()).registered, {
      "iam/role role": {
        assumeRolePolicy: {
          Version: "2012-10-17",
          Statement: [
            {
              Effect: "Allow",
              Principal: { Service: "sagemaker.amazonaws.com" },
              Action: "sts:AssumeRole",
              Condition: { StringEquals: { "aws:SourceAccount": "111122223333" } },
            },
          ],
        },
        description: "What it may do",
        name: "the-role",
      },
      "iam/rolePolicy role-policy": {
        name: "start",
        policy: {
          Version: "2012-10-17",
          Statement: [
            {
              Sid: "Start",
              Effect: "Allow",
              Action: ["sagemaker:StartPipelineExecution"],
              Resource: "the-pipeline",
            },
          ],
        },
        role: "the-role",
      },
    });
  });

  it("sets a boundary and several services if given", async () => {
    const { registered } = await make({
      permissionsBoundary: "the-boundary",
      services: ["events.amazonaws.com", "scheduler.amazonaws.com"],
    });
    const role = registered["iam/role role"];
    equal(role?.["permissionsBoundary"], "the-boundary");
    deepEqual(role["assumeRolePolicy"], {
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Principal: { Service: ["events.amazonaws.com", "scheduler.amazonaws.com"] },
          Action: "sts:AssumeRole",
          Condition: { StringEquals: { "aws:SourceAccount": "111122223333" } },
        },
      ],
    });
  });
});
