import type { Inputs } from "../../policy/rule";
import type { Bypass } from "./bypasses";

/** Ways past the rules by other services, accounts, members and kinds than those that one thinks of first. */

const account = "111122223333";
const other = "999988887777";
const bucketArn = "arn:aws:s3:::b";
const key = `arn:aws:kms:us-east-1:${account}:key/k`;
const ecr = `${account}.dkr.ecr.us-east-1.amazonaws.com/tools:1`;

const document = (...statements: readonly object[]): string =>
  JSON.stringify({ Version: "2012-10-17", Statement: statements });
const allow = (more: object): object => ({ Sid: "S", Effect: "Allow", ...more });
const read = { Action: "s3:GetObject", Resource: `${bucketArn}/data/*` };

const identity = (what: string, rule: string, statement: object): Bypass => ({
  what: `a role that may ${what}`,
  type: "aws:iam/rolePolicy:RolePolicy",
  inputs: { role: "r", policy: document(allow(statement)) },
  rule,
});
const wildcards = "policy-without-wildcards";
const limited = "rights-within-boundary";
const arn = (service: string, path: string): string =>
  `arn:aws:${service}:us-east-1:${account}:${path}`;

const identities: readonly Bypass[] = [
  ...(
    [
      ["read buckets whose names begin alike", { ...read, Resource: "arn:aws:s3:::b*" }],
      ["read objects of buckets that begin alike", { ...read, Resource: "arn:aws:s3:::b*/data/*" }],
      [
        "read a bucket that a tag of its own names",
        { ...read, Resource: "arn:aws:s3:::data-${aws:PrincipalTag/team}/*" },
      ],
      [
        "use a key that a tag of its own names",
        { Action: "kms:Decrypt", Resource: arn("kms", "key/${aws:PrincipalTag/key}") },
      ],
      ["use keys that begin alike", { Action: "kms:Decrypt", Resource: arn("kms", "key/0*") }],
      ["use keys by part of their kind", { Action: "kms:Decrypt", Resource: arn("kms", "k*/a") }],
      [
        "be passed roles by part of their kind",
        {
          Action: "iam:PassRole",
          Resource: `arn:aws:iam::${account}:rol?/admin`,
          Condition: { StringEquals: { "iam:PassedToService": "sagemaker.amazonaws.com" } },
        },
      ],
      [
        "be passed roles that begin alike",
        {
          Action: "iam:PassRole",
          Resource: `arn:aws:iam::${account}:role/restate-*`,
          Condition: { StringEquals: { "iam:PassedToService": "sagemaker.amazonaws.com" } },
        },
      ],
      [
        "start jobs of all kinds",
        { Action: "sagemaker:StopTrainingJob", Resource: arn("sagemaker", "*-job/*") },
      ],
      [
        "stop everybody's training",
        { Action: "sagemaker:StopTrainingJob", Resource: arn("sagemaker", "training-job/*") },
      ],
      [
        "delete networks under a condition that always holds",
        {
          Action: "ec2:DeleteVpc",
          Resource: arn("ec2", "vpc/*"),
          Condition: { Bool: { "aws:SecureTransport": "true" } },
        },
      ],
      [
        "delete networks with any tag",
        {
          Action: "ec2:DeleteVpc",
          Resource: arn("ec2", "vpc/*"),
          Condition: { StringLike: { "aws:ResourceTag/stack": "*" } },
        },
      ],
      [
        "delete networks that have the tag, or none",
        {
          Action: "ec2:DeleteVpc",
          Resource: arn("ec2", "vpc/*"),
          Condition: { StringEqualsIfExists: { "aws:ResourceTag/stack": "dev" } },
        },
      ],
      [
        "delete networks that lack a tag",
        {
          Action: "ec2:DeleteVpc",
          Resource: arn("ec2", "vpc/*"),
          Condition: { Null: { "aws:ResourceTag/stack": "true" } },
        },
      ],
      [
        "change all zones of DNS",
        {
          Action: "route53:ChangeResourceRecordSets",
          Resource: "arn:aws:route53:::hostedzone/*",
        },
      ],
      [
        "pull images of every account",
        { Action: "ecr:BatchGetImage", Resource: "arn:aws:ecr:us-east-1:*:repository/tools" },
      ],
      [
        "read versions of every group's models",
        {
          Action: "sagemaker:DescribeModelPackage",
          Resource: arn("sagemaker", "model-package/*/1"),
        },
      ],
    ] as const
  ).map(([what, statement]) => identity(what, wildcards, statement)),
  ...(
    [
      ["run a function", "lambda:InvokeFunction", arn("lambda", "function:f")],
      ["open a shell", "ssm:StartSession", arn("ec2", "instance/i-1")],
      ["read a secret", "secretsmanager:GetSecretValue", arn("secretsmanager", "secret:s")],
      ["make a stack of CloudFormation", "cloudformation:CreateStack", arn("cloudformation", "s")],
      ["assume a role of others", "sts:AssumeRole", `arn:aws:iam::${other}:role/r`],
      ["share what the account has", "ram:CreateResourceShare", arn("ram", "resource-share/s")],
      ["build code", "codebuild:StartBuild", arn("codebuild", "project/p")],
      ["stop the audit trail", "cloudtrail:StopLogging", arn("cloudtrail", "trail/t")],
    ] as const
  ).map(([what, Action, Resource]) => identity(what, "services-known", { Action, Resource })),
  ...(
    [
      ["trust another issuer of tokens", "iam:CreateOpenIDConnectProvider", "oidc-provider/x"],
      ["trust another provider of logins", "iam:UpdateSAMLProvider", "saml-provider/x"],
      ["give a user a key for signing", "iam:UploadSigningCertificate", "user/u"],
    ] as const
  ).map(([what, Action, path]) =>
    identity(what, limited, { Action, Resource: `arn:aws:iam::${account}:${path}` }),
  ),
  ...(
    [
      ["put an ACL on the bucket", "s3:PutBucketAcl", bucketArn],
      ["put an ACL on an object", "s3:PutObjectAcl", `${bucketArn}/data/a`],
      ["make an access point", "s3:CreateAccessPoint", arn("s3", "accesspoint/a")],
      ["copy the bucket elsewhere", "s3:PutReplicationConfiguration", bucketArn],
      ["open its registry", "ecr:PutRegistryPolicy", arn("ecr", "repository/r")],
      ["open its catalogue", "glue:PutResourcePolicy", arn("glue", "catalog")],
      ["grant its data", "lakeformation:GrantPermissions", arn("lakeformation", "catalog:1")],
      ["send logs elsewhere", "logs:PutSubscriptionFilter", arn("logs", "log-group:g")],
      ["let others send events", "events:PutPermission", arn("events", "event-bus/default")],
      ["peer the network", "ec2:CreateVpcPeeringConnection", arn("ec2", "vpc/vpc-1")],
      ["open a notebook", "sagemaker:CreateNotebookInstance", arn("sagemaker", "notebook-i/n")],
      ["run a job of Glue", "glue:StartJobRun", arn("glue", "job/j")],
      ["run code in Athena", "athena:StartSession", arn("athena", "workgroup/w")],
      ["change a notebook", "sagemaker:UpdateNotebookInstance", arn("sagemaker", "notebook/n")],
    ] as const
  ).map(([what, Action, Resource]) => identity(what, limited, { Action, Resource })),
  identity("grant its key to anybody", "grants-for-services", {
    Action: ["kms:creategrant"],
    Resource: key,
  }),
  identity("grant its key to anybody, or to services", "grants-for-services", {
    Action: "kms:CreateGrant",
    Resource: key,
    Condition: { BoolIfExists: { "kms:GrantIsForAWSResource": "true" } },
  }),
  {
    what: "an identity provider of somebody else",
    type: "aws:iam/openIdConnectProvider:OpenIdConnectProvider",
    inputs: { url: "https://tokens.example.com", clientIdLists: ["sts.amazonaws.com"] },
    rule: "identity-provider-known",
  },
];

const bucketPolicy = (what: string, statement: object): Bypass => ({
  what: `bucket policy: ${what}`,
  type: "aws:s3/bucketPolicy:BucketPolicy",
  inputs: { policy: document(allow({ ...read, ...statement })) },
  rule: "resource-not-open",
});
const bucketOf = (what: string, name: string, value: unknown): Bypass => ({
  what: `bucket: ${what}`,
  type: "aws:s3/bucket:Bucket",
  inputs: { bucket: "b", [name]: value },
  rule: "bucket-by-its-companions",
});

const storage: readonly Bypass[] = [
  bucketPolicy("another account reads all of it", {
    Principal: { AWS: other },
    Resource: `${bucketArn}/*`,
  }),
  bucketPolicy("another account reads what begins with anything", {
    Principal: { AWS: other },
    Resource: "arn:aws:s3:::b/?*",
  }),
  bucketPolicy("an organization writes", {
    Principal: "*",
    Action: "s3:PutObject",
    Condition: { StringEquals: { "aws:PrincipalOrgID": "o-0123456789" } },
  }),
  bucketOf("its own encryption", "serverSideEncryptionConfiguration", {}),
  bucketOf("its own versioning", "versioning", { enabled: false }),
  {
    what: "an object that everybody may read",
    type: "aws:s3/bucketObjectv2:BucketObjectv2",
    inputs: { bucket: "b", key: "k", acl: "public-read" },
    rule: "object-by-its-bucket",
  },
  {
    what: "an object with S3's own encryption",
    type: "aws:s3/bucketObjectv2:BucketObjectv2",
    inputs: { bucket: "b", key: "k", serverSideEncryption: "AES256" },
    rule: "object-by-its-bucket",
  },
  {
    what: "a bucket that tells a function of each object",
    type: "aws:s3/bucketNotification:BucketNotification",
    inputs: { bucket: "b", lambdaFunctions: [{ lambdaFunctionArn: arn("lambda", "function:f") }] },
    rule: "targets-known",
  },
  {
    what: "a key that is rotated every seven years",
    type: "aws:kms/key:Key",
    inputs: { enableKeyRotation: true, rotationPeriodInDays: 2560 },
    rule: "key-rotated",
  },
  {
    what: "a catalogue that is encrypted no longer",
    type: "aws:glue/dataCatalogEncryptionSettings:DataCatalogEncryptionSettings",
    inputs: {
      dataCatalogEncryptionSettings: {
        encryptionAtRest: { catalogEncryptionMode: "DISABLED" },
        connectionPasswordEncryption: { returnConnectionPasswordEncrypted: false },
      },
    },
    rule: "catalogue-encrypted",
  },
  {
    what: "an image that is pushed to a public registry",
    type: "docker:index/image:Image",
    inputs: { imageName: "docker.io/somebody/decision-tree:1" },
    rule: "image-in-ecr",
  },
];

const endpoint = (what: string, more: Inputs): Bypass => ({
  what: `endpoint: ${what}`,
  type: "aws:ec2/vpcEndpoint:VpcEndpoint",
  inputs: {
    serviceName: "com.amazonaws.us-east-1.s3",
    policy: document(allow({ Principal: "*", ...read })),
    ...more,
  },
  rule: "endpoint-with-policy",
});
const ownAccount = { StringEquals: { "aws:PrincipalAccount": account } };

const networks: readonly Bypass[] = [
  endpoint("a service of another account", {
    serviceName: "com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0",
  }),
  endpoint("a resource of another account", {
    serviceName: undefined,
    resourceConfigurationArn: `arn:aws:vpc-lattice:us-east-1:${other}:resourceconfiguration/r`,
  }),
  endpoint("all of S3, for this account's principals", {
    policy: document(allow({ Principal: "*", Action: "*", Resource: "*", Condition: ownAccount })),
  }),
  endpoint("writing to a named bucket, for everybody", {
    policy: document(
      allow({ Principal: "*", Action: "s3:PutObject", Resource: "arn:aws:s3:::of-others/*" }),
    ),
  }),
  ...["networkInterfaceId", "vpcPeeringConnectionId", "carrierGatewayId"].map((name): Bypass => ({
    what: `a route by ${name}`,
    type: "aws:ec2/route:Route",
    inputs: { destinationCidrBlock: "0.0.0.0/0", [name]: "id-1" },
    rule: "no-route-out",
  })),
];

const jobs = "jobs-encrypted-and-isolated";
const pipeline = (what: string, step: object, more: object = {}): Bypass => ({
  what: `job: ${what}`,
  type: "aws:sagemaker/pipeline:Pipeline",
  inputs: { pipelineDefinition: JSON.stringify({ Steps: [{ Name: "Job", ...step }], ...more }) },
  rule: jobs,
});
const vpc = { Subnets: ["subnet-1"], SecurityGroupIds: ["sg-1"] };
/** A processing job that the rule allows. */
export const goodProcessing = {
  AppSpecification: { ImageUri: ecr },
  NetworkConfig: {
    EnableInterContainerTrafficEncryption: true,
    EnableNetworkIsolation: true,
    VpcConfig: vpc,
  },
  ProcessingOutputConfig: { KmsKeyId: key },
  ProcessingResources: { ClusterConfig: { VolumeKmsKeyId: key, InstanceType: "ml.m5.large" } },
};
const network = goodProcessing.NetworkConfig;
const goodTraining = {
  AlgorithmSpecification: { TrainingImage: ecr },
  EnableInterContainerTrafficEncryption: true,
  EnableNetworkIsolation: true,
  OutputDataConfig: { KmsKeyId: key },
  VpcConfig: vpc,
};
/** A training job that the rule allows. */
export const goodStep = {
  Type: "Training",
  Arguments: {
    ...goodTraining,
    ResourceConfig: { VolumeKmsKeyId: key, InstanceType: "ml.m5.large" },
  },
};
const goodTrial = {
  ...goodTraining,
  HyperParameterTuningResourceConfig: goodStep.Arguments.ResourceConfig,
};
const processing = (what: string, more: object): Bypass =>
  pipeline(what, { Type: "Processing", Arguments: { ...goodProcessing, ...more } });
const training = (what: string, more: object): Bypass =>
  pipeline(what, { Type: "Training", Arguments: { ...goodStep.Arguments, ...more } });
const open = { ...network, EnableNetworkIsolation: false };

const definitions: readonly Bypass[] = [
  processing("any image beside an input of Athena", {
    NetworkConfig: open,
    ProcessingInputs: [{ DatasetDefinition: { AthenaDatasetDefinition: { QueryString: "q" } } }],
  }),
  processing("isolation that the start decides on", {
    NetworkConfig: { ...network, EnableNetworkIsolation: { Get: "Parameters.Isolated" } },
  }),
  processing("a password in its environment", { Environment: { DB_PASSWORD: "x" } }),
  processing("a token in its environment", { Environment: { HF_TOKEN: "x" } }),
  processing("an access key among its arguments", {
    AppSpecification: { ImageUri: ecr, ContainerArguments: ["--key", "AKIAIOSFODNN7EXAMPLE"] },
  }),
  processing("no image", { AppSpecification: {} }),
  processing("a public image of Amazon's", {
    AppSpecification: { ImageUri: "public.ecr.aws/docker/library/python:3" },
  }),
  processing("an image by an expression", {
    AppSpecification: { ImageUri: { "Std:Join": { On: "", Values: [ecr, ""] } } },
  }),
  training("a shell in the container", { RemoteDebugConfig: { EnableRemoteDebug: true } }),
  training("a shell that the start decides on", {
    RemoteDebugConfig: { EnableRemoteDebug: { Get: "Parameters.Debug" } },
  }),
  training("an algorithm of the market place", {
    AlgorithmSpecification: { AlgorithmName: "somebody/algorithm" },
  }),
  training("a secret among its hyperparameters", { HyperParameters: { api_key: "x" } }),
  pipeline("a second definition of a tuning", {
    Type: "Tuning",
    Arguments: {
      TrainingJobDefinition: goodTrial,
      TrainingJobDefinitions: [{ ...goodTrial, EnableNetworkIsolation: false }],
    },
  }),
  pipeline("a tuning of nothing", { Type: "Tuning", Arguments: {} }),
  pipeline("requests that a transform captures", {
    Type: "Transform",
    Arguments: {
      TransformOutput: { KmsKeyId: key },
      TransformResources: { VolumeKmsKeyId: key, InstanceType: "ml.m5.large" },
      DataCaptureConfig: { DestinationS3Uri: "s3://b/captured" },
    },
  }),
  pipeline("a model of a package of others", {
    Type: "Model",
    Arguments: {
      EnableNetworkIsolation: true,
      PrimaryContainer: { ModelPackageName: "somebody/model" },
    },
  }),
  pipeline(
    "an approval by default",
    {
      Type: "RegisterModel",
      Arguments: {
        InferenceSpecification: { Containers: [{ Image: ecr }] },
        ModelApprovalStatus: { Get: "Parameters.Status" },
      },
    },
    { Parameters: [{ Name: "Status", Type: "String", DefaultValue: "Approved" }] },
  ),
  pipeline("an approval by an expression", {
    Type: "RegisterModel",
    Arguments: {
      InferenceSpecification: { Containers: [{ Image: ecr }] },
      ModelApprovalStatus: { "Std:Join": { On: "", Values: ["Appro", "ved"] } },
    },
  }),
  ...["ForEach", "EMRServerless", "Endpoint", "InferenceComponent", "Lineage", "Cleanup"].map(
    (type) => pipeline(`a step of type ${type}`, { Type: type, Arguments: {} }),
  ),
  pipeline("a bad job in the branch of a branch", {
    Type: "Condition",
    Arguments: {
      Conditions: [],
      ElseSteps: [
        {
          Name: "Inner",
          Type: "Condition",
          Arguments: {
            Conditions: [],
            IfSteps: [{ Name: "Hidden", Type: "Training", Arguments: {} }],
          },
        },
      ],
    },
  }),
];

const servings: readonly Bypass[] = [
  {
    what: "a package with additional files",
    type: "aws:sagemaker/model:Model",
    inputs: { primaryContainer: { modelPackageName: "p", additionalModelDataSources: [{}] } },
    rule: "model-from-registry",
  },
  {
    what: "a model with a secret in its environment",
    type: "aws:sagemaker/model:Model",
    inputs: { primaryContainer: { modelPackageName: "p", environment: { DB_PASSWORD: "x" } } },
    rule: "model-from-registry",
  },
  {
    what: "a shell in an endpoint",
    type: "aws:sagemaker/endpointConfiguration:EndpointConfiguration",
    inputs: {
      kmsKeyArn: key,
      productionVariants: [{ instanceType: "ml.m5.large", enableSsmAccess: true }],
    },
    rule: "endpoint-encrypted",
  },
  {
    what: "core dumps of an endpoint, without a key",
    type: "aws:sagemaker/endpointConfiguration:EndpointConfiguration",
    inputs: {
      kmsKeyArn: key,
      productionVariants: [
        { instanceType: "ml.m5.large", coreDumpConfig: { destinationS3Uri: "s3://of-others/d" } },
      ],
    },
    rule: "endpoint-encrypted",
  },
  {
    what: "a monitoring job that its schedule defines",
    type: "aws:sagemaker/monitoringSchedule:MonitoringSchedule",
    inputs: { monitoringScheduleConfig: { monitoringJobDefinition: {} } },
    rule: "monitoring-encrypted-and-isolated",
  },
  {
    what: "a scheduled job of a public image",
    type: "aws:scheduler/schedule:Schedule",
    inputs: {
      target: {
        arn: "arn:aws:scheduler:::aws-sdk:sagemaker:createProcessingJob",
        input: JSON.stringify({
          ...goodProcessing,
          AppSpecification: { ImageUri: "docker.io/somebody/tools:1" },
        }),
      },
    },
    rule: "schedules-create-encrypted-jobs",
  },
  {
    what: "an alarm that stops instances",
    type: "aws:cloudwatch/metricAlarm:MetricAlarm",
    inputs: { alarmActions: ["arn:aws:automate:us-east-1:ec2:terminate"] },
    rule: "targets-known",
  },
  {
    what: "an alarm that runs a function when all is well",
    type: "aws:cloudwatch/compositeAlarm:CompositeAlarm",
    inputs: { okActions: [arn("lambda", "function:f")] },
    rule: "targets-known",
  },
  {
    what: "notifications to a server",
    type: "aws:sns/topicSubscription:TopicSubscription",
    inputs: { protocol: "http", endpoint: "http://example.com" },
    rule: "subscription-by-email",
  },
];

/** All that is tried by other ways than those of bypasses.ts. */
export const waysOut: readonly Bypass[] = [
  ...identities,
  ...storage,
  ...networks,
  ...definitions,
  ...servings,
];
