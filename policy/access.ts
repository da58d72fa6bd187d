import { isBoundary } from "./boundary";
import { at, type Inputs, list, type Rule, type RuleConfig, unmet } from "./rule";
import {
  allowing,
  hasWildcard,
  held,
  heldWhereGiven,
  isTrue,
  isUnnamed,
  matches,
  type Statement,
} from "./statements";

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

/** Kinds of resources with generated names: wildcards are allowed if a condition limits them to the stack's tag or network. */
const namedByService =
  /^arn:[^:*?]+:(ec2:[^:*]+:\d{12}:(route-table|security-group|security-group-rule|subnet|vpc|vpc-endpoint|vpc-flow-log|network-interface)|sagemaker:[^:*]+:\d{12}:(hyper-parameter-tuning-job|mlflow-app|training-job))\/\*$/;

/** Kinds whose resources may have no tag, so the condition may hold without one. */
const sometimesTagged =
  /^arn:[^:*?]+:(application-autoscaling:[^:*]+:\d{12}:scalable-target\/\*|sagemaker:[^:*]+:\d{12}:(experiment-trial\/\*|experiment-trial-component\/\*-aws-training-job))$/;

/** Condition keys that limit resources with generated names. */
const ownership = /^(aws:(requesttag|resourcetag)\/.+|ec2:subnet)$/;

/** Actions on resources with generated names that no condition key can limit. */
const unnarrowed: Readonly<Record<string, RegExp>> = {
  "ec2:createnetworkinterface": /:network-interface\/\*$/,
  "route53:associatevpcwithhostedzone": /:hostedzone\/\*$/,
};

/** Services whose actions the project's policies allow. */
const ownServices: readonly string[] = [
  ...["application-autoscaling", "athena", "budgets", "cloudwatch", "ec2", "ecr", "events", "glue"],
  ...["iam", "kms", "lakeformation", "logs", "route53", "s3", "s3tables", "sagemaker"],
  ...["scheduler", "sns"],
];

/** Actions that grant rights through roles, which a boundary must limit. */
const withinBoundary = [
  ...["attachrolepolicy", "createrole", "deleterolepolicy", "putrolepermissionsboundary"],
  ...["putrolepolicy", "updateassumerolepolicy"],
].map((name) => `iam:${name}`);

/** Actions that grant unlimited rights, give others access, or run code outside the pipeline. */
const neverAllowed = new RegExp(
  `^(${[
    // Users, credentials, policy versions and identity providers.
    "iam:(addclientid|addroleto|addusertogroup|attachgroup|attachuser|createaccesskey|createloginprofile)[a-z]*",
    "iam:(createopenid|createpolicyversion|createsaml|createservicespecific|createuser|createvirtualmfa)[a-z]*",
    "iam:(deactivatemfa|deleterolepermissionsboundary|deleteuserpermissionsboundary|putgroup|putuser)[a-z]*",
    "iam:(setdefaultpolicyversion|updateloginprofile|updateopenid|updatesaml|upload)[a-z]*",
    // Ways into and out of the network.
    "ec2:(accept[a-z]+|attachinternetgateway|create(egressonly|internet|nat)[a-z]*gateway|createroute)",
    "ec2:(create(client)?vpn[a-z]*|createtransitgateway[a-z]*|createvpcpeeringconnection|runinstances)",
    // Access for other accounts or the public, and copies elsewhere.
    "(ecr:(putregistrypolicy|putreplicationconfiguration)|events:(putpermission|createapidestination))",
    "(glue:putresourcepolicy|lakeformation:(batchgrant|grant|putdatalakesettings|registerresource)[a-z]*)",
    "logs:(createdelivery|createexporttask|putdelivery[a-z]*|putdestination(policy)?|put(resourcepolicy|subscriptionfilter))",
    "s3:(bypass[a-z]+|createaccess[a-z]+|createjob|createmultiregion[a-z]+|objectowner[a-z]+|put[a-z]*(acl|accesspointpolicy))",
    "(s3:(put(account[a-z]+|replicationconfiguration)|replicate[a-z]+)|sns:addpermission)",
    // Code that runs with a role, but not in the pipeline.
    "athena:(createnotebook|createpresignednotebookurl|importnotebook|startcalculationexecution|startsession|updatenotebook)",
    "(glue:(create|start|update)(devendpoint|job|jobrun|session|trigger|workflow)[a-z]*|scheduler:createschedulegroup)",
    "sagemaker:(create(app|coderepository|domain|flowdefinition|notebookinstance[a-z]*|presigned[a-z]*|space|userprofile)|startsession|updatenotebookinstance[a-z]*)",
  ].join("|")})$`,
  "i",
);

/** Identity-based policies in the inputs of a resource. */
export const identityPolicies = (inputs: Inputs): readonly unknown[] => [
  ...list(inputs["policy"]),
  ...list(inputs["inlinePolicies"]).map((one) => at(one, "policy")),
];

const identityTypes = [
  "aws:iam/groupPolicy:GroupPolicy",
  "aws:iam/policy:Policy",
  "aws:iam/role:Role",
  "aws:iam/rolePolicy:RolePolicy",
  "aws:iam/userPolicy:UserPolicy",
];

/** Types of resources that attach managed policies. */
export const attachmentTypes = [
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

/** Whether a statement's actions include one. */
export const allowsAction = ({ actions }: Statement, action: string): boolean =>
  actions.some((pattern) => matches(pattern, action));

/** Checks that statements that allow an action have a condition. */
const conditionFor = (
  action: string,
  isLimited: (statement: Statement) => boolean,
  problem: string,
): Rule["problems"] =>
  ofStatements((statement) =>
    unmet([!allowsAction(statement, action) || isLimited(statement), problem]),
  );

/** Whether a statement limits an action on resources with generated names. */
function isNarrowed(statement: Statement, action: string, resource: string): boolean {
  return (
    unnarrowed[action]?.test(resource) === true ||
    (namedByService.test(resource) && held(statement, ownership)) ||
    (sometimesTagged.test(resource) && heldWhereGiven(statement, ownership))
  );
}

/** Whether an action's resources must be exact: roles and keys that it changes or uses. */
const isExact = (action: string): boolean =>
  action === "iam:passrole" || action.startsWith("kms:") || withinBoundary.includes(action);

function wideResources(statement: Statement): readonly string[] {
  const { resources, written } = statement;
  const scoped = written.filter((one) => {
    const action = one.toLowerCase();
    return !withoutResource.test(action) && !unscopedForProcessing.includes(action);
  });
  return resources.flatMap((resource) => {
    const wide = scoped.filter((one) => {
      const action = one.toLowerCase();
      return isExact(action)
        ? hasWildcard(resource)
        : isUnnamed(resource) && !isNarrowed(statement, action, resource);
    });
    return wide.length === 0 ? [] : [`${wide.join(", ")} must name resources, not ${resource}`];
  });
}

/** Account ids of principals. */
const accountOf = (principal: string): string | undefined =>
  /^(\d{12})$|^arn:[^:]*:(?:iam|sts)::(\d{12}):/.exec(principal)?.slice(1).find(Boolean);

function trustProblems(statement: Statement, config: RuleConfig): readonly string[] {
  const { conditions, negated, principals } = statement;
  const ofToken = (claim: string, ...operators: readonly string[]) =>
    conditions.filter(
      ({ holdsWithoutKey, key, operator }) =>
        key.endsWith(`:${claim}`) && !holdsWithoutKey && operators.includes(operator),
    );
  const subjects = ofToken("sub", "stringequals", "stringlike");
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
              subjects.some(({ values }) => !values.some(hasWildcard)),
              "identities must be named by their token's sub, without wildcards",
            ],
            [
              ofToken("aud", "stringequals").length > 0,
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
        .flatMap((name) => list(inputs[name]).map(String))
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
    name: "services-known",
    description: "Policies only allow actions of the services that the project uses.",
    types: identityTypes,
    reads: ["services"],
    problems: (inputs, { services = [] } = {}) =>
      ofStatements(({ written }) => {
        const known = [...ownServices, ...services.map((one) => one.toLowerCase())];
        const others = written.filter(
          (action) => !known.includes(action.toLowerCase().split(":")[0] ?? ""),
        );
        return unmet([
          others.length === 0,
          `${others.join(", ")}: of a service that is not allowed`,
        ]);
      })(inputs),
  },
  {
    name: "grants-for-services",
    description: "Grants on keys are only created by services for this account's resources.",
    types: identityTypes,
    problems: conditionFor(
      "kms:CreateGrant",
      (statement) => isTrue(statement, "kms:GrantIsForAWSResource"),
      "kms:CreateGrant must be limited to services by kms:GrantIsForAWSResource",
    ),
  },
  {
    name: "identity-provider-known",
    description: "The only identity provider that is created is GitHub's, for AWS's token service.",
    types: ["aws:iam/openIdConnectProvider:OpenIdConnectProvider"],
    problems: ({ clientIdLists, url }) =>
      unmet(
        [
          url === "https://token.actions.githubusercontent.com",
          `${String(url)} is not GitHub's identity provider`,
        ],
        [
          list(clientIdLists).every((one) => one === "sts.amazonaws.com"),
          "clientIdLists must be sts.amazonaws.com",
        ],
      ),
  },
  {
    name: "roles-passed-to-one-service",
    description: "Passing a role is limited to named services.",
    types: identityTypes,
    problems: conditionFor(
      "iam:PassRole",
      (statement) => held(statement, "iam:PassedToService"),
      "iam:PassRole must be limited to a service by iam:PassedToService",
    ),
  },
  {
    name: "rights-within-boundary",
    description:
      "Roles can only be created within a boundary; nobody else can be granted permissions, and nothing opened to others.",
    types: identityTypes,
    problems: ofStatements((statement) => {
      const limited = withinBoundary.filter((name) => allowsAction(statement, name));
      const never = statement.actions.filter((action) => neverAllowed.test(action));
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
