import { allowsAction, attachmentTypes, identityPolicies } from "./access";
import { isBoundary } from "./boundary";
import { list, type StackResource, type StackRule, unmet } from "./rule";
import { accountKeys, allowing, held, type Statement } from "./statements";

/** The types of this project's resources, which have a rule or cannot grant access, by module. */
const allowedModules = {
  appautoscaling: "policy target",
  athena: "namedQuery workgroup",
  budgets: "budget",
  cloudwatch: "compositeAlarm dashboard eventRule eventTarget logGroup metricAlarm",
  ec2: "defaultSecurityGroup flowLog route routeTable routeTableAssociation securityGroup subnet vpc vpcEndpoint",
  ecr: "repository repositoryPolicy",
  glue: "catalogDatabase catalogTable crawler dataCatalogEncryptionSettings",
  iam: "openIdConnectProvider policy role rolePolicy rolePolicyAttachment",
  kms: "alias key keyPolicy",
  s3:
    "bucket bucketLifecycleConfiguration bucketLogging bucketNotification bucketObjectv2 bucketOwnershipControls " +
    "bucketPolicy bucketPublicAccessBlock bucketServerSideEncryptionConfiguration bucketVersioning",
  sagemaker:
    "dataQualityJobDefinition endpoint endpointConfiguration image imageVersion mlflowApp model modelPackageGroup " +
    "modelPackageGroupPolicy monitoringSchedule pipeline",
  scheduler: "schedule",
  sns: "topic topicPolicy topicSubscription",
  vpc: "securityGroupEgressRule securityGroupIngressRule",
};
const allowedTypes: readonly string[] = Object.entries(allowedModules).flatMap(([module, names]) =>
  names
    .split(" ")
    .map((name) => `aws:${module}/${name}:${name.replace(/^./, (first) => first.toUpperCase())}`),
);

/** Components and providers, which create nothing themselves, and the image's package. */
const always =
  /^awsx:ec2:Vpc$|^restate:|^docker:index\/image:Image$|^pulumi:(providers:(aws|awsx|docker|pulumi)$|pulumi:)/;

/** The resources that each bucket must have. */
const companions: Readonly<Record<string, string>> = {
  "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": "block of public access",
  "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration":
    "encryption",
  "aws:s3/bucketVersioning:BucketVersioning": "versioning",
  "aws:s3/bucketOwnershipControls:BucketOwnershipControls": "ownership controls",
  "aws:s3/bucketPolicy:BucketPolicy": "policy",
};

/** Whether a resource belongs to a bucket, by the bucket's name or, if that is unknown, by its dependencies. */
function isAbout(one: StackResource, bucket: StackResource): boolean {
  const named = [bucket.props["bucket"], bucket.props["id"]].filter((name) => name !== undefined);
  return (
    named.some((name) => name === one.props["bucket"]) ||
    (one.dependsOn?.["bucket"] ?? []).includes(bucket.name)
  );
}

/** Boundaries, which other rules skip, so they must only limit. */
const boundaries = (resources: readonly StackResource[]): readonly string[] =>
  resources.flatMap(({ props, type }) =>
    type === "aws:iam/policy:Policy" && isBoundary(props) ? [props["name"] as string] : [],
  );

/** Inputs with policies, whose principals may be other accounts. */
const policyMembers = [
  "assumeRolePolicy",
  "inlinePolicies",
  "keyPolicy",
  "policy",
  "resourcePolicy",
];

/** ARNs with an account, except those of images and model packages, which other accounts may share. */
const arnsWithAccount =
  /arn:[\w-]+:(?!ecr:|sagemaker:[\w-]*:\d{12}:model-package\b)[\w-]+:[\w-]*:(\d{12}):/g;

/** The accounts in a resource's ARNs, and in the conditions of its policies. */
function accountsOf({ props, type }: StackResource): readonly string[] {
  const plain = Object.entries(props).filter(([name]) => !policyMembers.includes(name));
  const documents = type.startsWith("aws:iam/")
    ? [props["assumeRolePolicy"]]
    : policyMembers.map((name) => props[name]);
  const conditions = documents.flatMap(allowing).flatMap((statement) => [
    ...statement.conditions
      .filter(({ key }) => accountKeys.includes(key))
      .flatMap(({ values }) => values),
    // A key's owner has all rights on it.
    ...(statement.actions.includes("kms:*") ? statement.principals.map(([, one]) => one) : []),
  ]);
  return [
    ...[...JSON.stringify(plain).matchAll(arnsWithAccount)].map(([, id]) => id),
    ...conditions.map((one) => /(?<!\d)\d{12}(?!\d)/.exec(one)?.[0]),
  ].filter((id) => id !== undefined);
}

/** The most frequent value; the first of several. */
function mostFrequent(values: readonly string[]): string | undefined {
  const counts = new Map<string, number>();
  values.forEach((one) => counts.set(one, (counts.get(one) ?? 0) + 1));
  return [...counts].sort(([, one], [, other]) => other - one)[0]?.[0];
}

/** The managed policies that a resource attaches, by name, or by resource if an update has yet to create them. */
function attachedBy({ dependsOn, props }: StackResource): readonly string[] {
  const arns = ["managedPolicyArns", "policyArn", "policyArns"].flatMap((name) =>
    list(props[name]).map(String),
  );
  return arns.length > 0
    ? arns.map((arn) => arn.replace(/^.*\//, ""))
    : ["managedPolicyArns", "policyArn"].flatMap((name) => dependsOn?.[name] ?? []);
}

/** The policies of roles: their own, and those of the stack that are attached to something. */
function policiesOfRoles(resources: readonly StackResource[]): readonly StackResource[] {
  // Components have ARNs of policies too.
  const attached = resources
    .filter(({ type }) => attachmentTypes.includes(type))
    .flatMap(attachedBy);
  return resources.filter(
    ({ name, props, type }) =>
      ["aws:iam/role:Role", "aws:iam/rolePolicy:RolePolicy"].includes(type) ||
      (type === "aws:iam/policy:Policy" &&
        [name, props["name"]].some((one) => attached.includes(String(one)))),
  );
}

/** The names of buckets that a statement lets write objects to. */
function writtenBuckets(statement: Statement): readonly string[] {
  return allowsAction(statement, "s3:PutObject")
    ? statement.resources.flatMap((one) => /^arn:[^:]*:s3:::([^/]+)/.exec(one)?.[1] ?? [])
    : [];
}

/** Rules for a stack as a whole. */
export const stackRules: readonly StackRule[] = [
  {
    name: "bucket-with-companions",
    description: "Each bucket has the resources that keep it private, encrypted and versioned.",
    problems: (resources) =>
      resources
        .filter(({ type }) => /^aws:s3\/bucket(V2)?:/.test(type))
        .flatMap((bucket) =>
          Object.entries(companions).flatMap(([type, what]) =>
            resources.some((one) => one.type === type && isAbout(one, bucket))
              ? []
              : [`${bucket.name}: has no ${what}`],
          ),
        ),
  },
  {
    name: "types-allowed",
    description:
      "Only known types of resources are created: those that a rule checks, or that grant no access.",
    reads: ["types"],
    problems: (resources, { types = [] } = {}) =>
      resources
        .filter(({ type }) => !always.test(type) && ![...allowedTypes, ...types].includes(type))
        .map(({ name, type }) => `${name}: the type ${type} is not allowed`),
  },
  {
    name: "boundary-only-limits",
    description: "A boundary policy is not attached to anything: it only limits roles.",
    problems: (resources) => {
      const names = boundaries(resources);
      const limits = resources.filter((one) => names.includes(String(one.props["name"])));
      const all = [...names, ...limits.map(({ name }) => name)];
      return resources.flatMap((one) =>
        one.type !== "aws:iam/policy:Policy" &&
        attachedBy(one).some((policy) => all.includes(policy))
          ? [`${one.name}: attaches a boundary, which may only limit roles`]
          : [],
      );
    },
  },
  {
    name: "attached-policies-known",
    description: "Only policies of the stack are attached: others allow what no rule sees.",
    problems: (resources) => {
      const known = resources
        .filter(({ type }) => type === "aws:iam/policy:Policy")
        .flatMap(({ name, props }) => [name, (props["name"] as string | undefined) ?? name]);
      return resources.flatMap((one) =>
        attachedBy(one)
          .filter((policy) => !known.includes(policy))
          .map((policy) => `${one.name}: attaches ${policy}, which is not a policy of the stack`),
      );
    },
  },
  {
    name: "people-approve",
    description:
      "No role may approve models, or register them with another status than that they wait for approval.",
    problems: (resources) =>
      policiesOfRoles(resources).flatMap(({ name, props }) =>
        identityPolicies(props)
          .flatMap(allowing)
          .flatMap((statement) =>
            unmet(
              [
                !allowsAction(statement, "sagemaker:UpdateModelPackage"),
                `${name}: ${statement.sid}: sagemaker:UpdateModelPackage lets a role approve models`,
              ],
              [
                !allowsAction(statement, "sagemaker:CreateModelPackage") ||
                  held(statement, "sagemaker:ModelApprovalStatus"),
                `${name}: ${statement.sid}: sagemaker:CreateModelPackage must be limited by sagemaker:ModelApprovalStatus ` +
                  "to PendingManualApproval or Rejected",
              ],
            ),
          ),
      ),
  },
  {
    name: "own-buckets-written",
    description:
      "Roles and endpoints write to the stack's buckets only: data could leave through others.",
    reads: ["buckets"],
    problems: (resources, { buckets = [] } = {}) => {
      const own = resources
        .filter(({ type }) => /^aws:s3\/bucket(V2)?:/.test(type))
        .map(({ props }) => props["bucket"]);
      return resources
        .filter(({ type }) => /^aws:iam\/|^aws:ec2\/vpcEndpoint:/.test(type))
        .flatMap(({ name, props }) =>
          identityPolicies(props)
            .flatMap(allowing)
            .flatMap((statement) =>
              writtenBuckets(statement)
                .filter((bucket) => !own.includes(bucket) && !buckets.includes(bucket))
                .map(
                  (bucket) =>
                    `${name}: ${statement.sid}: writes to ${bucket}, which is not a bucket of the stack`,
                ),
            ),
        );
    },
  },
  {
    name: "one-account",
    description:
      "Roles, keys, targets and conditions are of one account, but for those that accounts lists.",
    reads: ["accounts"],
    problems: (resources, { accounts = [] } = {}) => {
      const found = resources.map((one) => ({ name: one.name, ids: accountsOf(one) }));
      const own = mostFrequent(found.flatMap(({ ids }) => ids));
      return found.flatMap(({ ids, name }) =>
        [...new Set(ids)]
          .filter((id) => id !== own && !accounts.includes(id))
          .map((id) => `${name}: ${id} is not the stack's account, which is ${own ?? "not known"}`),
      );
    },
  },
  {
    name: "provider-plain",
    description: "Providers take their credentials from the environment, and talk to AWS itself.",
    problems: (resources) =>
      resources
        .filter(({ type }) => type === "pulumi:providers:aws")
        .flatMap(({ name, props }) =>
          ["accessKey", "endpoints", "insecure", "secretKey", "token"]
            .filter(
              (member) => ![undefined, "", false, "false", "[]"].includes(props[member] as never),
            )
            .map((member) => `${name}: ${member} must not be set on a provider`),
        ),
  },
];
