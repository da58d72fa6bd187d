import type { Inputs } from "../../policy/rule";

/** A way to say what a rule forbids in another form. */
export interface Bypass {
  /** What is tried, in words. */
  readonly what: string;
  readonly type: string;
  readonly inputs: Inputs;
  /** The rule that refuses it. */
  readonly rule: string;
}

const document = (...statements: readonly object[]): string =>
  JSON.stringify({ Version: "2012-10-17", Statement: statements });

const rolePolicy = "aws:iam/rolePolicy:RolePolicy";
const identity = (what: string, rule: string, ...statements: readonly object[]): Bypass => ({
  what,
  type: rolePolicy,
  inputs: { role: "r", policy: document(...statements) },
  rule,
});
const bucketArn = "arn:aws:s3:::b";
const allow = (more: object): object => ({ Sid: "S", Effect: "Allow", ...more });
const read = { Action: "s3:GetObject", Resource: `${bucketArn}/*` };

const wildcards = "policy-without-wildcards";
const passing = "roles-passed-to-one-service";
const boundary = "rights-within-boundary";

const identities: readonly Bypass[] = [
  identity("an action with ? for a letter", wildcards, allow({ ...read, Action: "s3:Get?bject" })),
  identity(
    "all actions in a list",
    wildcards,
    allow({ ...read, Action: ["s3:GetObject", "s3:*"] }),
  ),
  identity(
    "NotResource",
    wildcards,
    allow({ Action: "s3:GetObject", NotResource: "arn:aws:s3:::x" }),
  ),
  identity(
    "NotAction in lower case",
    wildcards,
    allow({ notaction: "iam:*", Resource: bucketArn }),
  ),
  identity("all resources twice over", wildcards, allow({ ...read, Resource: "**" })),
  identity("all resources as an ARN", wildcards, allow({ ...read, Resource: "arn:aws:s3:::*" })),
  identity(
    "all objects of all buckets",
    wildcards,
    allow({ ...read, Resource: "arn:aws:s3:::*/*" }),
  ),
  identity("ARNs of all services", wildcards, allow({ ...read, Resource: "arn:*" })),
  identity(
    "ARNs with a service of wildcards",
    wildcards,
    allow({ ...read, Resource: "arn:aws:*:*:*:*" }),
  ),
  identity(
    "all buckets whose names have a letter",
    wildcards,
    allow({ ...read, Resource: "arn:aws:s3:::?*" }),
  ),
  identity(
    "a bucket by a variable",
    wildcards,
    allow({ ...read, Resource: "arn:aws:s3:::${aws:username}*" }),
  ),
  identity(
    "all keys",
    wildcards,
    allow({ Action: "kms:Decrypt", Resource: "arn:aws:kms:*:*:key/*" }),
  ),
  identity(
    "all roles passed to one service",
    wildcards,
    allow({
      Action: "iam:PassRole",
      Resource: "arn:aws:iam::111122223333:role/*",
      Condition: { StringEquals: { "iam:PassedToService": "sagemaker.amazonaws.com" } },
    }),
  ),
  identity("one of several resources", wildcards, allow({ ...read, Resource: [bucketArn, "*"] })),
  identity("resources in lower case", wildcards, {
    effect: "Allow",
    action: "s3:GetObject",
    resource: "*",
  }),
  identity(
    "a single statement, not in a list",
    wildcards,
    allow({ Action: "*", Resource: bucketArn }),
  ),
  {
    what: "a policy that is an object, not a text",
    type: rolePolicy,
    inputs: { role: "r", policy: { Statement: allow({ Action: "s3:*", Resource: bucketArn }) } },
    rule: wildcards,
  },
  {
    what: "an inline policy of the role",
    type: "aws:iam/role:Role",
    inputs: {
      inlinePolicies: [{ name: "p", policy: document(allow({ Action: "*", Resource: "*" })) }],
    },
    rule: wildcards,
  },
  {
    what: "an inline policy of a role that is called a boundary",
    type: "aws:iam/role:Role",
    inputs: {
      name: "a-boundary",
      inlinePolicies: [{ policy: document(allow({ Action: "*", Resource: "*" })) }],
    },
    rule: wildcards,
  },
  {
    what: "a policy of a user that is called a boundary",
    type: "aws:iam/userPolicy:UserPolicy",
    inputs: {
      name: "a-boundary",
      user: "u",
      policy: document(allow({ Action: "*", Resource: "*" })),
    },
    rule: wildcards,
  },
  {
    what: "a policy of a user",
    type: "aws:iam/userPolicy:UserPolicy",
    inputs: { policy: document(allow({ Action: "s3:*", Resource: "*" })) },
    rule: wildcards,
  },
  {
    what: "a text that is no policy",
    type: rolePolicy,
    inputs: { role: "r", policy: "{Statement: oops" },
    rule: wildcards,
  },
  identity("an Effect in capitals", wildcards, { Effect: "ALLOW", Action: "s3:*", Resource: "*" }),
  ...[
    ["iam:passrole in lower case", { Action: "iam:passrole" }],
    ["iam:PassRole with wildcards", { Action: "iam:Pass*" }],
    ["a service of wildcards", held("StringLike", "*")],
    ["all services but one", held("StringNotEquals", "ec2.amazonaws.com")],
    [
      "a condition that holds without the key",
      held("StringEqualsIfExists", "sagemaker.amazonaws.com"),
    ],
    [
      "a condition for all values of none",
      held("ForAllValues:StringEquals", "sagemaker.amazonaws.com"),
    ],
    ["no service at all", held("StringEquals", [])],
    [
      "a service that no role is for",
      held("StringEquals", ["sagemaker.amazonaws.com", "ec2.amazonaws.com"]),
    ],
    ["services of a wildcard", held("StringLike", "s*.amazonaws.com")],
  ].map(([what, more]) =>
    identity(
      `passing a role: ${what as string}`,
      passing,
      allow({
        Action: ["iam:PassRole"],
        Resource: "arn:aws:iam::111122223333:role/r",
        ...(more as object),
      }),
    ),
  ),
  identity(
    "a role without a boundary",
    boundary,
    allow({ Action: "iam:CreateRole", Resource: "arn:aws:iam::1:role/r" }),
  ),
  identity(
    "trust that is changed without a boundary",
    boundary,
    allow({ Action: "iam:updateassumerolepolicy", Resource: "arn:aws:iam::1:role/r" }),
  ),
  identity(
    "a boundary of wildcards",
    boundary,
    allow({
      Action: "iam:PutRolePolicy",
      Resource: "arn:aws:iam::1:role/r",
      Condition: { ArnLike: { "iam:PermissionsBoundary": "*" } },
    }),
  ),
  identity(
    "another version of a policy",
    boundary,
    allow({ Action: "iam:CreatePolicyVersion", Resource: "arn:aws:iam::1:policy/p" }),
  ),
  identity(
    "a key for a user",
    boundary,
    allow({ Action: "iam:CreateAccessKey", Resource: "arn:aws:iam::1:user/u" }),
  ),
];

function held(operator: string, value: unknown): object {
  return { Condition: { [operator]: { "iam:PassedToService": value } } };
}

const account = { StringEquals: { "aws:SourceAccount": "111122223333" } };
const service = { Service: "sagemaker.amazonaws.com" };
const github = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com";
const trust = (what: string, statement: object): Bypass => ({
  what: `trust: ${what}`,
  type: "aws:iam/role:Role",
  inputs: { assumeRolePolicy: document(allow({ Action: "sts:AssumeRole", ...statement })) },
  rule: "role-for-own-account",
});

const trusts: readonly Bypass[] = [
  trust("everybody in a list", { Principal: { AWS: ["*"] } }),
  trust("everybody as a list", { Principal: ["*"] }),
  trust("everybody in lower case", { principal: "*" }),
  trust("another account", { Principal: { AWS: "arn:aws:iam::999988887777:root" } }),
  trust("another account by its digits", { Principal: { AWS: "999988887777" } }),
  trust("all but one", { NotPrincipal: { AWS: "arn:aws:iam::999988887777:root" } }),
  trust("a service and everybody", { Principal: { ...service, AWS: "*" }, Condition: account }),
  trust("an account that may be missing", {
    Principal: service,
    Condition: { StringEqualsIfExists: account.StringEquals },
  }),
  trust("an account of wildcards", {
    Principal: service,
    Condition: { StringLike: { "aws:SourceAccount": "*" } },
  }),
  trust("a second account", {
    Principal: service,
    Condition: { StringEquals: { "aws:SourceAccount": ["111122223333", "999988887777"] } },
  }),
  trust("accounts that begin alike", {
    Principal: service,
    Condition: { StringLike: { "aws:SourceAccount": "1*" } },
  }),
  trust("accounts but one", {
    Principal: service,
    Condition: { StringNotEquals: account.StringEquals },
  }),
  trust("every service", { Principal: { Service: "*" }, Condition: account }),
  trust("every workflow of GitHub", {
    Principal: { Federated: github },
    Condition: { StringEquals: { "token.actions.githubusercontent.com:aud": "sts.amazonaws.com" } },
  }),
  trust("workflows of wildcards", {
    Principal: { Federated: github },
    Condition: {
      StringEquals: { "token.actions.githubusercontent.com:aud": "sts.amazonaws.com" },
      StringLike: { "token.actions.githubusercontent.com:sub": "repo:*" },
    },
  }),
  trust("a provider of the public", { Principal: { Federated: "accounts.google.com" } }),
  trust("a canonical user", { Principal: { CanonicalUser: "0123" } }),
];

const plainHttp = {
  Sid: "Tls",
  Effect: "Deny",
  Principal: "*",
  Action: "s3:*",
  Resource: [bucketArn, `${bucketArn}/*`],
  Condition: { Bool: { "aws:SecureTransport": "false" } },
};
const bucketPolicy = (what: string, rule: string, ...statements: readonly object[]): Bypass => ({
  what: `bucket policy: ${what}`,
  type: "aws:s3/bucketPolicy:BucketPolicy",
  inputs: { policy: document(...statements) },
  rule,
});
const open = (what: string, statement: object): Bypass =>
  bucketPolicy(what, "resource-not-open", plainHttp, allow({ ...read, ...statement }));
const tls = (what: string, changes: object): Bypass =>
  bucketPolicy(what, "bucket-refuses-plain-http", { ...plainHttp, ...changes });

const resources: readonly Bypass[] = [
  open("everybody may read", { Principal: "*" }),
  open("everybody, in a list", { Principal: { AWS: ["*"] } }),
  open("all but one", { NotPrincipal: { AWS: "arn:aws:iam::111122223333:root" } }),
  open("another account may write", { Principal: { AWS: "999988887777" }, Action: "s3:PutObject" }),
  open("a service for whoever", { Principal: service }),
  open("everybody who says so", {
    Principal: "*",
    Condition: { StringLike: { "aws:SourceAccount": "*" } },
  }),
  open("everybody by an address", {
    Principal: "*",
    Condition: { IpAddress: { "aws:SourceIp": "0.0.0.0/0" } },
  }),
  open("all actions but one", {
    Principal: "999988887777",
    NotAction: "s3:DeleteBucket",
    Action: undefined,
  }),
  tls("TLS for reading only", { Action: ["s3:GetObject"] }),
  tls("TLS for one principal", { Principal: { AWS: "arn:aws:iam::111122223333:root" } }),
  tls("TLS for objects only", { Resource: `${bucketArn}/*` }),
  tls("TLS for one folder", { Resource: [`${bucketArn}/a`, `${bucketArn}/a/b*`] }),
  tls("TLS where something else holds too", {
    Condition: { ...plainHttp.Condition, StringEquals: { "aws:PrincipalAccount": "1" } },
  }),
  tls("TLS for all principals but some", { Principal: undefined, NotPrincipal: { AWS: "1" } }),
  tls("TLS that is wanted, not refused", {
    Condition: { Bool: { "aws:SecureTransport": "true" } },
  }),
  {
    what: "a policy of a bucket without statements",
    type: "aws:s3/bucketPolicy:BucketPolicy",
    inputs: { policy: "{}" },
    rule: "bucket-refuses-plain-http",
  },
  {
    what: "an ACL on the bucket itself",
    type: "aws:s3/bucket:Bucket",
    inputs: { bucket: "b", acl: "public-read" },
    rule: "bucket-by-its-companions",
  },
  {
    what: "a second rule of encryption",
    type: "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    inputs: {
      rules: [
        {
          bucketKeyEnabled: true,
          applyServerSideEncryptionByDefault: { sseAlgorithm: "aws:kms", kmsMasterKeyId: "k" },
        },
        { applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } },
      ],
    },
    rule: "bucket-encrypted",
  },
  {
    what: "AWS's own key of S3",
    type: "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    inputs: {
      rules: [
        {
          bucketKeyEnabled: true,
          applyServerSideEncryptionByDefault: {
            sseAlgorithm: "aws:kms",
            kmsMasterKeyId: "alias/aws/s3",
          },
        },
      ],
    },
    rule: "bucket-encrypted",
  },
  {
    what: "a key that everybody may use",
    type: "aws:kms/keyPolicy:KeyPolicy",
    inputs: { policy: document(allow({ Principal: "*", Action: "kms:Decrypt", Resource: "*" })) },
    rule: "resource-not-open",
  },
  {
    what: "a key that another account owns too",
    type: "aws:kms/key:Key",
    inputs: {
      enableKeyRotation: true,
      policy: document(
        allow({
          Principal: {
            AWS: ["arn:aws:iam::111122223333:root", "arn:aws:iam::999988887777:root"],
          },
          Action: "kms:*",
          Resource: "*",
        }),
      ),
    },
    rule: "resource-not-open",
  },
  {
    what: "a topic to which everybody may publish",
    type: "aws:sns/topicPolicy:TopicPolicy",
    inputs: {
      policy: document(allow({ Principal: { AWS: "*" }, Action: "sns:Publish", Resource: "t" })),
    },
    rule: "resource-not-open",
  },
  {
    what: "a topic with an empty key",
    type: "aws:sns/topic:Topic",
    inputs: { kmsMasterKeyId: "" },
    rule: "topic-encrypted",
  },
  {
    what: "a repository to which a service may push for whom it does not name",
    type: "aws:ecr/repositoryPolicy:RepositoryPolicy",
    inputs: {
      policy: document(
        allow({
          Principal: { Service: "sagemaker.amazonaws.com" },
          Action: ["ecr:BatchGetImage", "ecr:PutImage"],
          Condition: { StringEqualsIfExists: { "aws:SourceAccount": "111122223333" } },
        }),
      ),
    },
    rule: "resource-not-open",
  },
  {
    what: "a repository that a service pulls from for whomever",
    type: "aws:ecr/repositoryPolicy:RepositoryPolicy",
    inputs: {
      policy: document(
        allow({ Principal: { Service: "sagemaker.amazonaws.com" }, Action: "ecr:BatchGetImage" }),
      ),
    },
    rule: "resource-not-open",
  },
  {
    what: "a repository to which another account may push",
    type: "aws:ecr/repositoryPolicy:RepositoryPolicy",
    inputs: {
      policy: document(
        allow({ Principal: { AWS: "arn:aws:iam::999988887777:root" }, Action: "ecr:PutImage" }),
      ),
    },
    rule: "resource-not-open",
  },
  {
    what: "a key that is deleted in a week",
    type: "aws:kms/key:Key",
    inputs: { enableKeyRotation: true, deletionWindowInDays: 7 },
    rule: "key-rotated",
  },
  {
    what: "queries without a limit",
    type: "aws:athena/workgroup:Workgroup",
    inputs: {
      configuration: {
        enforceWorkgroupConfiguration: true,
        bytesScannedCutoffPerQuery: 0,
        resultConfiguration: {
          encryptionConfiguration: { encryptionOption: "SSE_KMS", kmsKeyArn: "k" },
        },
      },
    },
    rule: "workgroup-encrypted",
  },
];

const endpointPolicy = (what: string, statement: object): Bypass => ({
  what: `endpoint: ${what}`,
  type: "aws:ec2/vpcEndpoint:VpcEndpoint",
  inputs: { policy: document(allow({ Principal: "*", Action: "*", ...statement })) },
  rule: "endpoint-with-policy",
});
const group = (what: string, type: string, inputs: Inputs): Bypass => ({
  what: `security group: ${what}`,
  type,
  inputs,
  rule: "group-closed",
});
const egress = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule";

const networks: readonly Bypass[] = [
  endpointPolicy("everything in a list", { Resource: ["*"] }),
  endpointPolicy("everything but", { NotResource: "arn:aws:s3:::x" }),
  endpointPolicy("all buckets", { Resource: "arn:aws:s3:::*" }),
  endpointPolicy("buckets whose names begin alike", {
    Resource: "arn:aws:s3:::sagemaker-restate*",
  }),
  endpointPolicy("an account that may be missing", {
    Resource: "*",
    Condition: { StringEqualsIfExists: { "aws:PrincipalAccount": "111122223333" } },
  }),
  group("half of the internet", egress, { cidrIpv4: "0.0.0.0/1" }),
  group("half of the internet in IPv6", egress, { cidrIpv6: "8000::/1" }),
  group("an address of the internet", egress, { cidrIpv4: "203.0.113.7/32" }),
  group("a rule in the group itself", "aws:ec2/securityGroup:SecurityGroup", {
    egress: [{ protocol: "-1", cidrBlocks: ["0.0.0.0/0"] }],
  }),
  group("a rule in the older form", "aws:ec2/securityGroupRule:SecurityGroupRule", {
    type: "egress",
    cidrBlocks: ["10.0.0.0/8", "0.0.0.0/0"],
  }),
  {
    what: "a subnet with public addresses",
    type: "aws:ec2/subnet:Subnet",
    inputs: { mapPublicIpOnLaunch: true },
    rule: "subnet-private",
  },
  {
    what: "a route to a gateway",
    type: "aws:ec2/route:Route",
    inputs: { destinationCidrBlock: "0.0.0.0/0", gatewayId: "igw-1" },
    rule: "no-route-out",
  },
  {
    what: "a network without subnets of its own",
    type: "awsx:ec2:Vpc",
    inputs: { natGateways: { strategy: "None" }, subnetSpecs: [] },
    rule: "network-isolated",
  },
];

const jobs = "jobs-encrypted-and-isolated";
const key = "arn:aws:kms:us-east-1:111122223333:key/k";
const step = (what: string, type: string, args: object): Bypass => ({
  what: `job: ${what}`,
  type: "aws:sagemaker/pipeline:Pipeline",
  inputs: {
    pipelineDefinition: JSON.stringify({ Steps: [{ Name: "Job", Type: type, Arguments: args }] }),
  },
  rule: jobs,
});
const processing = {
  NetworkConfig: { EnableInterContainerTrafficEncryption: true, EnableNetworkIsolation: true },
  ProcessingOutputConfig: { KmsKeyId: key },
  ProcessingResources: { ClusterConfig: { VolumeKmsKeyId: key, InstanceType: "ml.m5.large" } },
};

const definitions: readonly Bypass[] = [
  step("training", "Training", { EnableNetworkIsolation: false }),
  step("a transform", "Transform", { TransformOutput: {}, TransformResources: {} }),
  step("a model with a network", "Model", { EnableNetworkIsolation: false }),
  step("a check of Clarify", "ClarifyCheck", {}),
  step("a check of quality", "QualityCheck", {}),
  step("a function", "Lambda", { FunctionArn: "arn:aws:lambda:us-east-1:1:function:f" }),
  step("a message to a queue", "Callback", { SqsQueueUrl: "https://sqs" }),
  step("EMR", "EMR", {}),
  step("AutoML", "AutoML", {}),
  step("processing with a network", "Processing", {
    ...processing,
    NetworkConfig: { ...processing.NetworkConfig, EnableNetworkIsolation: false },
  }),
  step("an empty key", "Processing", { ...processing, ProcessingOutputConfig: { KmsKeyId: "" } }),
  step("AWS's own key", "Processing", {
    ...processing,
    ProcessingOutputConfig: { KmsKeyId: "alias/aws/s3" },
  }),
  step("a key that the start names", "Processing", {
    ...processing,
    ProcessingOutputConfig: { KmsKeyId: { Get: "Parameters.Key" } },
  }),
  step("an approval of its own", "RegisterModel", {
    ModelPackageGroupName: "g",
    ModelApprovalStatus: "Approved",
  }),
  step("an image of another registry", "Processing", {
    ...processing,
    AppSpecification: { ImageUri: "docker.io/library/python:3" },
  }),
  step("an image that whoever starts it chooses", "Processing", {
    ...processing,
    AppSpecification: { ImageUri: { Get: "Parameters.Image" } },
  }),
  {
    what: "a definition that lies in S3",
    type: "aws:sagemaker/pipeline:Pipeline",
    inputs: { pipelineDefinitionS3Location: { bucket: "b", objectKey: "k" } },
    rule: jobs,
  },
  {
    what: "a definition that is no JSON",
    type: "aws:sagemaker/pipeline:Pipeline",
    inputs: { pipelineDefinition: "Steps: []" },
    rule: jobs,
  },
];

const servings: readonly Bypass[] = [
  {
    what: "a second container that is in no registry",
    type: "aws:sagemaker/model:Model",
    inputs: { primaryContainer: { modelPackageName: "p" }, containers: [{ image: "i" }] },
    rule: "model-from-registry",
  },
  {
    what: "a package with other files",
    type: "aws:sagemaker/model:Model",
    inputs: { primaryContainer: { modelPackageName: "p", modelDataUrl: "s3://b/m.tar.gz" } },
    rule: "model-from-registry",
  },
  {
    what: "a package with other files, in a pipeline",
    type: "aws:sagemaker/model:Model",
    inputs: { containers: [{ modelPackageName: "p", image: "i" }] },
    rule: "model-from-registry",
  },
  {
    what: "an empty package",
    type: "aws:sagemaker/model:Model",
    inputs: { primaryContainer: { modelPackageName: "" } },
    rule: "model-from-registry",
  },
  {
    what: "a shadow without a key",
    type: "aws:sagemaker/endpointConfiguration:EndpointConfiguration",
    inputs: { shadowProductionVariants: [{ instanceType: "ml.m5.large" }] },
    rule: "endpoint-encrypted",
  },
  {
    what: "answers that are kept without a key",
    type: "aws:sagemaker/endpointConfiguration:EndpointConfiguration",
    inputs: { kmsKeyArn: key, asyncInferenceConfig: { outputConfig: { s3OutputPath: "s3://b" } } },
    rule: "endpoint-encrypted",
  },
  {
    what: "a managed policy of another partition as a boundary",
    type: "aws:iam/role:Role",
    inputs: { permissionsBoundary: "arn:aws-cn:iam::aws:policy/AdministratorAccess" },
    rule: "role-without-managed-policies",
  },
  {
    what: "a managed policy for a user",
    type: "aws:iam/userPolicyAttachment:UserPolicyAttachment",
    inputs: { policyArn: "arn:aws:iam::aws:policy/AdministratorAccess" },
    rule: "role-without-managed-policies",
  },
];

/** All that is tried against the rules for single resources. */
export const bypasses: readonly Bypass[] = [
  ...identities,
  ...trusts,
  ...resources,
  ...networks,
  ...definitions,
  ...servings,
];
