import * as pulumi from "@pulumi/pulumi";

import type { RoleNames } from "../../contract/names";
import { actors } from "./actors";
import { flowLogs } from "./flowLogs";
import { allow, deny, type Statement, Statements, useAnyInterface } from "./statements";

/** A statement without outputs. */
type Known = Omit<Statement, "Condition" | "Resource"> & {
  readonly Resource: string | readonly string[];
  readonly Condition?: object | undefined;
};

/** What is of the actors that a stack has, or may get without an administrator. */
function ofActors<Value>(
  { logs }: Statements,
  all: Readonly<Record<keyof RoleNames, Value>>,
): readonly Value[] {
  const { logging, ...others } = all;
  return [...Object.values(others), ...(logs ? [logging] : [])];
}

/** ARNs of the roles that a stack creates for services. */
export function madeRoles(stack: Statements): readonly pulumi.Output<string>[] {
  const { flowLogsName } = stack.args.names;
  return [...ofActors(stack, stack.roleArns), stack.globalArn("iam", `role/${flowLogsName}`)];
}

/** Services that the boundary allows on all resources of the account, because IAM limits its length. */
const named = /^(arn:[^:]*:(?:logs|sagemaker):[^:]*:[^:]*:).*$/;

/** An object of any bucket. */
const objects = /^(arn:[^:]*:s3:::[^/]+\/).*$/;

/** Actions whose conditions the boundary keeps: they grant rights, use keys, approve, or can delete tracked runs. */
const kept = /^(cloudwatch|iam|kms):|^sagemaker:(CallMlflowAppApi|CreateModelPackage)$/;

/** Merges statements of a service that only differ in actions and resources. */
function merge(all: readonly Known[]): readonly object[] {
  const groups = new Map<
    string,
    { condition: object | undefined; actions: Set<string>; resources: Set<string> }
  >();
  for (const { Action: actions, Condition, Resource } of all) {
    for (const action of actions) {
      const condition = kept.test(action) ? Condition : undefined;
      const resources = [Resource]
        .flat()
        .map((one) => one.replace(named, "$1*").replace(objects, "$1*"));
      const [service = ""] = action.split(":");
      const group = JSON.stringify([service, condition, resources.includes("*")]);
      const found = groups.get(group) ?? { condition, actions: new Set(), resources: new Set() };
      found.actions.add(action);
      resources.forEach((resource) => found.resources.add(resource));
      groups.set(group, found);
    }
  }
  return [...groups.values()].map(({ actions, condition, resources }) => ({
    Effect: "Allow",
    Action: [...actions].sort(),
    Resource: [...resources].sort(),
    Condition: condition,
  }));
}

/**
 * What no role of the stack may do. An explicit denial, because what a boundary only leaves out, a resource's policy or a
 * role's trust can still allow to a session by its ARN. Source: IAM guide, "Policy evaluation logic", on resource-based
 * policies and implicit denies.
 */
const assumeAndApproveNothing = deny(
  "AssumeAndApproveNothing",
  ["sagemaker:UpdateModelPackage", "sts:AssumeRole"],
  "*",
);

/**
 * The boundary of the stack's roles: the union of their permissions. No role can have rights on roles, assume another,
 * or approve models, even if its policy changes. It is created before network and key, so it allows any key (through S3
 * and Glue) and any interface.
 */
export function rolesBoundary(stack: Statements): pulumi.Output<readonly object[]> {
  const { account, names } = stack.args;
  const early = new Statements({
    ...stack.args,
    kmsKeyArn: stack.arn("kms", "key/*"),
    vpc: undefined,
  });
  const everything = [
    ...ofActors(stack, actors).flatMap((of) => of(early)),
    ...flowLogs(account, names.flowLogsName),
    allow("Interfaces", useAnyInterface, "*"),
  ];
  return pulumi
    .output(everything)
    .apply((known) => [...merge(known as readonly Known[]), assumeAndApproveNothing]);
}

/** Services of a stack's resources. */
const services = [
  "application-autoscaling:*",
  "athena:*",
  "budgets:*",
  "cloudwatch:*",
  "ec2:*",
  "ecr:*",
  "events:*",
  "glue:*",
  "kms:*",
  "logs:*",
  "route53:*",
  "s3:*",
  "scheduler:*",
  "sns:*",
  "sagemaker:*",
];

/** A deployer's actions on roles, which the roles' boundary limits. */
export const roleWrites = [
  "iam:CreateRole",
  "iam:DeleteRole",
  "iam:DeleteRolePolicy",
  "iam:PutRolePermissionsBoundary",
  "iam:PutRolePolicy",
  "iam:UpdateAssumeRolePolicy",
  "iam:UpdateRole",
  "iam:UpdateRoleDescription",
];

/**
 * The boundary of a stack's deployer: the services of a stack, without running jobs with a role, approving models, or
 * assuming a role, and in IAM only the stack's roles within their boundary. It cannot change itself, its policies, or
 * the boundaries.
 */
export function deployerBoundary(
  stack: Statements,
  rolesBoundaryArn: pulumi.Input<string>,
): readonly Statement[] {
  const roles = madeRoles(stack);
  return [
    allow("Services", services, "*"),
    allow("MakeRoles", roleWrites, roles, {
      ArnEquals: { "iam:PermissionsBoundary": rolesBoundaryArn },
    }),
    allow("UseRoles", ["iam:PassRole", "iam:TagRole", "iam:UntagRole"], roles),
    allow(
      "SeeRights",
      [
        "iam:GetOpenIDConnectProvider",
        "iam:GetPolicy",
        "iam:GetPolicyVersion",
        "iam:GetRole",
        "iam:GetRolePolicy",
        "iam:ListAttachedRolePolicies",
        "iam:ListInstanceProfilesForRole",
        "iam:ListPolicyVersions",
        "iam:ListRolePolicies",
      ],
      "*",
    ),
    allow(
      "ScalingRole",
      "iam:CreateServiceLinkedRole",
      stack.globalArn(
        "iam",
        "role/aws-service-role/sagemaker.application-autoscaling.amazonaws.com/*",
      ),
    ),
    deny(
      "RunNothing",
      [
        "athena:CreateNotebook",
        "athena:CreatePresignedNotebookUrl",
        "athena:StartCalculationExecution",
        "athena:StartSession",
        "ec2:CreateFleet",
        "ec2:RequestSpot*",
        "ec2:RunInstances",
        "ec2:RunScheduledInstances",
        "glue:CreateDevEndpoint",
        "glue:CreateJob",
        "glue:CreateMLTransform",
        "glue:CreateSession",
        "glue:RunStatement",
        "glue:StartJobRun",
        "glue:UpdateDevEndpoint",
        "glue:UpdateJob",
        "sagemaker:CreateApp",
        "sagemaker:CreateAutoMLJobV2",
        "sagemaker:CreateCluster",
        "sagemaker:CreateDomain",
        "sagemaker:CreateFlowDefinition",
        "sagemaker:Create*Job",
        "sagemaker:CreateNotebookInstance*",
        "sagemaker:CreatePresigned*",
        "sagemaker:CreateSpace",
        "sagemaker:CreateUserProfile",
        "sagemaker:StartPipelineExecution",
        "sagemaker:StartSession",
        "sagemaker:UpdateNotebookInstance*",
      ],
      "*",
    ),
    assumeAndApproveNothing,
    deny("RegisterNothing", "sagemaker:CreateModelPackage", "*"),
  ];
}
