import { at, list, type Rule, statements, unmet } from "./rule";

/** Actions for which the services know no narrower resource than all. */
const withoutResource = new RegExp(
  `^(${[
    ...["application-autoscaling:Describe[A-Za-z]+", "cloudwatch:DescribeAlarms"],
    ...["cloudwatch:PutCompositeAlarm", "cloudwatch:PutMetricData", "ec2:Describe[A-Za-z]+"],
    ...["ecr:GetAuthorizationToken", "glue:CreateCrawler", "kms:ListAliases"],
    ...["lakeformation:GetDataAccess", "logs:DescribeLogGroups"],
    ...["sns:GetSubscriptionAttributes", "sns:Unsubscribe"],
  ].join("|")})$`,
);

/**
 * Actions that the roles of processing jobs must have on all resources: SageMaker refuses a job in a VPC whose
 * role's rights are narrower. Source: SageMaker's guide, "How to use SageMaker AI execution roles", on
 * CreateProcessingJob.
 */
const unscopedForProcessing: readonly string[] = [
  "ec2:CreateNetworkInterface",
  "ec2:CreateNetworkInterfacePermission",
  "ec2:DeleteNetworkInterface",
  "ec2:DeleteNetworkInterfacePermission",
];

/** Rules for who may do what. */
export const accessRules: readonly Rule[] = [
  {
    name: "role-without-managed-policies",
    description: "Roles have policies of their own: managed ones allow more than an actor needs.",
    types: ["aws:iam/role:Role", "aws:iam/rolePolicyAttachment:RolePolicyAttachment"],
    problems: (inputs) =>
      [
        ...list(inputs["managedPolicyArns"] as string | readonly string[] | undefined),
        ...list(inputs["policyArn"] as string | undefined),
      ].flatMap((arn) =>
        arn.includes(":iam::aws:policy/") ? [`${arn} must not be attached`] : [],
      ),
  },
  {
    name: "role-for-own-account",
    description: "Roles are assumed by named principals, and by services for this account only.",
    types: ["aws:iam/role:Role"],
    problems: ({ assumeRolePolicy }) =>
      statements(assumeRolePolicy).flatMap(({ Condition: condition, Principal: principal }) =>
        unmet(
          [
            principal !== "*" && at(principal, "AWS") !== "*",
            "the role must not be open to every principal",
          ],
          [
            at(principal, "Service") === undefined ||
              at(condition, "StringEquals", "aws:SourceAccount") !== undefined,
            "services must be held to this account by aws:SourceAccount",
          ],
        ),
      ),
  },
  {
    name: "policy-without-wildcards",
    description: "Actors may do what is named, on what is named.",
    types: ["aws:iam/policy:Policy", "aws:iam/rolePolicy:RolePolicy"],
    problems: ({ policy }) =>
      statements(policy)
        .filter(({ Effect: effect }) => effect === "Allow")
        .flatMap((statement) => {
          const actions = list(statement.Action);
          const wide = actions.filter(
            (action) => !withoutResource.test(action) && !unscopedForProcessing.includes(action),
          );
          return unmet(
            [
              statement.NotAction === undefined,
              `${statement.Sid ?? ""}: NotAction allows too much`,
            ],
            [
              actions.every((action) => !action.includes("*")),
              `${statement.Sid ?? ""}: actions must be named, without *`,
            ],
            [
              wide.length === 0 || !list(statement.Resource).includes("*"),
              `${statement.Sid ?? ""}: ${wide.join(", ")} must name resources, not *`,
            ],
          );
        }),
  },
  {
    name: "roles-passed-to-one-service",
    description: "Whoever may pass a role says to which service.",
    types: ["aws:iam/policy:Policy", "aws:iam/rolePolicy:RolePolicy"],
    problems: ({ policy }) =>
      statements(policy).flatMap(({ Action: actions, Condition: condition, Sid: sid }) =>
        unmet([
          !list(actions).includes("iam:PassRole") ||
            at(condition, "StringEquals", "iam:PassedToService") !== undefined,
          `${sid ?? ""}: iam:PassRole must be held to a service by iam:PassedToService`,
        ]),
      ),
  },
];
