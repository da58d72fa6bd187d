import { isBoundary } from "./boundary";
import { type Inputs, list, type Rule, type RuleConfig, unmet } from "./rule";
import { allowing, hasWildcard, held, isEverything, matches, type Statement } from "./statements";

/** Actions that cannot be limited to resources, in lower case. */
const withoutResource = new RegExp(
  `^(${[
    ...["application-autoscaling:describe[a-z]+", "cloudwatch:describealarms"],
    ...["cloudwatch:putcompositealarm", "cloudwatch:putmetricdata", "ec2:describe[a-z]+"],
    ...["ecr:getauthorizationtoken", "glue:createcrawler", "kms:listaliases"],
    ...["lakeformation:getdataaccess", "logs:describeloggroups"],
  ].join("|")})$`,
);

/**
 * Actions that processing jobs' roles need on all resources: SageMaker refuses jobs in a VPC otherwise. Source: SageMaker's guide, "How to use SageMaker AI execution roles", on
 * CreateProcessingJob.
 */
const unscopedForProcessing: readonly string[] = [
  "ec2:createnetworkinterface",
  "ec2:createnetworkinterfacepermission",
  "ec2:deletenetworkinterface",
  "ec2:deletenetworkinterfacepermission",
];

/** Kinds of resources with generated names: wildcards are allowed with a condition, or for parts of interfaces. */
const unnamedKinds =
  /^arn:[^:]*:(application-autoscaling|ec2|route53|sagemaker):[^:]*:[^:]*:(scalable-target|network-interface|route-table|security-group|security-group-rule|subnet|vpc|vpc-endpoint|vpc-flow-log|hostedzone|hyper-parameter-tuning-job|training-job|experiment-trial|mlflow-app)\/\*$/;

/** Kinds that may have wildcards without a condition, because other parts of the request are limited. */
const unnamedWithoutCondition =
  /:(network-interface|hostedzone|hyper-parameter-tuning-job|training-job|experiment-trial)\/\*$/;

/** Actions that grant rights through roles, which a boundary must limit. */
const withinBoundary = [
  ...["attachrolepolicy", "createrole", "deleterolepolicy", "putrolepermissionsboundary"],
  ...["putrolepolicy", "updateassumerolepolicy"],
].map((name) => `iam:${name}`);

/** Actions that grant unlimited rights. */
const neverAllowed = [
  ...["addusertogroup", "attachgrouppolicy", "attachuserpolicy", "createaccesskey"],
  ...["createloginprofile", "createpolicyversion", "createuser", "deleterolepermissionsboundary"],
  ...["deleteuserpermissionsboundary", "putgrouppolicy", "putuserpolicy"],
  ...["setdefaultpolicyversion", "updateloginprofile"],
].map((name) => `iam:${name}`);

/** Identity-based policies in the inputs of a resource. */
const identityPolicies = (inputs: Inputs): readonly unknown[] => [
  ...list(inputs["policy"]),
  ...list(inputs["inlinePolicies"] as readonly Inputs[] | undefined).map(({ policy }) => policy),
];

const identityTypes = [
  "aws:iam/groupPolicy:GroupPolicy",
  "aws:iam/policy:Policy",
  "aws:iam/role:Role",
  "aws:iam/rolePolicy:RolePolicy",
  "aws:iam/userPolicy:UserPolicy",
];

/** Types of resources that attach managed policies. */
const attachmentTypes = [
  "aws:iam/groupPolicyAttachment:GroupPolicyAttachment",
  "aws:iam/policyAttachment:PolicyAttachment",
  "aws:iam/role:Role",
  "aws:iam/rolePoliciesExclusive:RolePoliciesExclusive",
  "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
  "aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive",
  "aws:iam/userPolicyAttachment:UserPolicyAttachment",
];

/** Checks each Allow statement of identity-based policies. */
function ofStatements(
  judge: (statement: Statement) => readonly string[],
): (inputs: Inputs) => readonly string[] {
  return (inputs) =>
    isBoundary(inputs)
      ? []
      : identityPolicies(inputs)
          .flatMap(allowing)
          .flatMap((one) => judge(one).map((problem) => `${one.sid}: ${problem}`));
}

function wideResources({ conditions, resources, written }: Statement): readonly string[] {
  const scoped = written.filter((one) => {
    const action = one.toLowerCase();
    return !withoutResource.test(action) && !unscopedForProcessing.includes(action);
  });
  if (scoped.length === 0) {
    return [];
  }
  return resources
    .filter(
      (resource) =>
        isEverything(resource) &&
        !(
          unnamedKinds.test(resource) &&
          (conditions.length > 0 || unnamedWithoutCondition.test(resource))
        ),
    )
    .map((resource) => `${scoped.join(", ")} must name resources, not ${resource}`);
}

/** Account ids of principals. */
const accountOf = (principal: string): string | undefined =>
  /^(\d{12})$|^arn:[^:]*:(?:iam|sts)::(\d{12}):/.exec(principal)?.slice(1).find(Boolean);

function trustProblems(statement: Statement, config: RuleConfig): readonly string[] {
  const { negated, principals } = statement;
  return [
    ...unmet(
      [negated.length === 0, `the role must not be open to all but some (${negated.join(", ")})`],
      [principals.length > 0, "the role must name who may assume it"],
    ),
    ...principals.flatMap(([kind, principal]) => {
      switch (kind) {
        case "service":
          return unmet(
            [!hasWildcard(principal), "the role must not be open to every service"],
            [
              held(statement, "aws:SourceAccount"),
              "services must be limited to this account by aws:SourceAccount",
            ],
          );
        case "federated":
          return unmet(
            [
              /^arn:[^:]+:iam::\d{12}:oidc-provider\/[^*?]+$/.test(principal),
              `${principal} is not an OpenID Connect provider of an account`,
            ],
            [
              statement.conditions.some(
                (one) =>
                  one.key.endsWith(":sub") &&
                  !one.holdsWithoutKey &&
                  ["stringequals", "stringlike"].includes(one.operator) &&
                  one.values.every((value) => !hasWildcard(value)),
              ),
              "identities must be named by their token's sub, without wildcards",
            ],
            [
              statement.conditions.some(
                (one) =>
                  one.key.endsWith(":aud") &&
                  !one.holdsWithoutKey &&
                  one.operator === "stringequals",
              ),
              "tokens must be limited to an audience by aud",
            ],
          );
        default:
          return hasWildcard(principal) && accountOf(principal) === undefined
            ? ["the role must not be open to every principal"]
            : unmet([
                (config.accounts ?? []).includes(accountOf(principal) ?? ""),
                `${principal} may not assume the role: accounts does not list it`,
              ]);
      }
    }),
  ];
}

/** Rules for roles and identity-based policies. */
export const accessRules: readonly Rule[] = [
  {
    name: "role-without-managed-policies",
    description: "Roles use their own policies: managed ones allow more than an actor needs.",
    types: attachmentTypes,
    problems: (inputs) =>
      ["managedPolicyArns", "policyArn", "policyArns", "permissionsBoundary"]
        .flatMap((name) => list(inputs[name] as string | readonly string[] | undefined))
        .flatMap((arn) =>
          /^arn:[^:]*:iam::aws:policy\//i.test(arn.trim())
            ? [`${arn} must not be attached, nor limit a role`]
            : [],
        ),
  },
  {
    name: "role-for-own-account",
    description:
      "Roles can only be assumed by named principals, and by services on behalf of this account.",
    types: ["aws:iam/role:Role"],
    reads: ["accounts"],
    problems: ({ assumeRolePolicy }, config = {}) =>
      allowing(assumeRolePolicy).flatMap((one) => trustProblems(one, config)),
  },
  {
    name: "policy-without-wildcards",
    description: "Policies name their actions and resources.",
    types: identityTypes,
    problems: ofStatements((statement) => [
      ...statement.negated.map((name) => `${name} allows too much`),
      ...unmet([
        statement.actions.every((action) => !hasWildcard(action)),
        "actions must be named, without *",
      ]),
      ...wideResources(statement),
    ]),
  },
  {
    name: "roles-passed-to-one-service",
    description: "Passing a role is limited to named services.",
    types: identityTypes,
    problems: ofStatements((statement) =>
      unmet([
        !statement.actions.some((action) => matches(action, "iam:PassRole")) ||
          held(statement, "iam:PassedToService"),
        "iam:PassRole must be limited to a service by iam:PassedToService",
      ]),
    ),
  },
  {
    name: "rights-within-boundary",
    description:
      "Roles can only be created within a boundary, and nobody else can be granted permissions.",
    types: identityTypes,
    problems: ofStatements((statement) => {
      const may = (all: readonly string[]): readonly string[] =>
        all.filter((name) => statement.actions.some((action) => matches(action, name)));
      const limited = may(withinBoundary);
      const never = may(neverAllowed);
      return unmet(
        [never.length === 0, `${never.join(", ")} must not be allowed: nothing limits it`],
        [
          limited.length === 0 || held(statement, "iam:PermissionsBoundary"),
          `${limited.join(", ")} must be limited to a boundary by iam:PermissionsBoundary`,
        ],
      );
    }),
  },
];
