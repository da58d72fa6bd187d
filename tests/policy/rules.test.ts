import { deepEqual, equal, match, ok } from "node:assert/strict";
import { readFileSync } from "node:fs";

import { californiaHousing } from "../../pipeline/californiaHousing";
import { defaultCandidates } from "../../pipeline/candidates";
import type { RuleConfig, StackResource } from "../../policy/rule";
import { rules, stackRules } from "../../policy/rules";
import { AwsServices, constraints } from "../serving/support/awsServices";
import { serve } from "../serving/support/serving";
import { type Config, program } from "../support/definitions";
import { bypasses } from "./bypasses";
import { goodProcessing, goodStep, waysOut } from "./waysOut";

type Inputs = Readonly<Record<string, unknown>>;

const policy = (...statements: readonly object[]): string =>
  JSON.stringify({ Version: "2012-10-17", Statement: statements });
const definition = (type: string, job: object): Inputs => ({
  pipelineDefinition: JSON.stringify({
    Steps: [
      {
        Name: "Check",
        Type: "Condition",
        Arguments: { IfSteps: [{ Name: "Job", Type: type, Arguments: job }] },
      },
    ],
  }),
});

/** A processing job for an hour, on instances of a type that costs 0.23 in an hour unless told otherwise. */
const hourOn = (type: unknown, limit = 3480): Inputs =>
  definition("Processing", {
    ProcessingResources: { ClusterConfig: { InstanceCount: 1, InstanceType: type } },
    StoppingCondition: { MaxRuntimeInSeconds: limit },
  });

/** A schedule that creates a processing job. */
const scheduled = (input: string): Inputs => ({
  target: { arn: "arn:aws:scheduler:::aws-sdk:sagemaker:createProcessingJob", input },
});

/** Inputs that break each rule, with what it says of them, and the configuration of the rule where it needs one. */
const broken: Readonly<Record<string, readonly (readonly [Inputs, RegExp, RuleConfig?])[]>> = {
  "execution-within-cost": [
    [
      hourOn("ml.m5.xlarge"),
      /an execution could cost 0\.23, more than 0\.22/,
      { maxCostPerExecution: 0.22 },
    ],
    [
      hourOn("ml.m5.xlarge"),
      /could cost 3\.00, more than 2\.99/,
      { maxCostPerExecution: 2.99, prices: { instanceHour: { "ml.m5.xlarge": 3 } } },
    ],
    [hourOn("ml.own.large"), /there is no price of ml\.own\.large/, { maxCostPerExecution: 9 }],
    [
      definition("EMR", {}),
      /step Job: what a step of type EMR starts has no limit/,
      { maxCostPerExecution: 9 },
    ],
    [
      {
        pipelineDefinition: JSON.stringify({
          Parameters: [{ Name: "Type", Type: "String", DefaultValue: "ml.m5.xlarge" }],
          Steps: [
            {
              Name: "Job",
              Type: "Processing",
              Arguments: {
                ProcessingResources: {
                  ClusterConfig: { InstanceCount: 1, InstanceType: { Get: "Parameters.Type" } },
                },
              },
            },
          ],
        }),
      },
      /its instance type is the parameter Type, which a start can set to anything/,
      { maxCostPerExecution: 9 },
    ],
    [
      hourOn("ml.m5.xlarge"),
      /prices must have the form/,
      { maxCostPerExecution: 9, prices: { hours: 1 } },
    ],
  ],
  "bucket-not-public": [[{ blockPublicAcls: true, ignorePublicAcls: false }, /blockPublicPolicy/]],
  "bucket-without-acls": [
    [{ rule: { objectOwnership: "ObjectWriter" } }, /must be BucketOwnerEnforced/],
  ],
  "bucket-encrypted": [
    [
      {
        rules: [
          {
            bucketKeyEnabled: true,
            applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256", kmsMasterKeyId: "key" },
          },
        ],
      },
      /sseAlgorithm must be aws:kms/,
    ],
    [
      { rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "aws:kms" } }] },
      /kmsMasterKeyId must be.*bucketKeyEnabled must be true/s,
    ],
  ],
  "bucket-versioned": [[{ versioningConfiguration: { status: "Suspended" } }, /must be Enabled/]],
  "bucket-refuses-plain-http": [
    [
      { policy: policy({ Effect: "Allow", Principal: "*", Action: "s3:GetObject" }) },
      /must deny s3:\*/,
    ],
  ],
  "bucket-by-its-companions": [[{ acl: "public-read" }, /acl must not be set on the bucket/]],
  "resource-not-open": [
    [
      { policy: policy({ Effect: "Allow", Principal: "*", Action: "s3:GetObject" }) },
      /must not be open to \*/,
    ],
  ],
  "services-known": [
    [
      { policy: policy({ Effect: "Allow", Action: "lambda:InvokeFunction", Resource: "f" }) },
      /lambda:InvokeFunction: of a service that is not allowed/,
    ],
  ],
  "grants-for-services": [
    [
      { policy: policy({ Effect: "Allow", Action: "kms:CreateGrant", Resource: "k" }) },
      /kms:CreateGrant must be limited to services/,
    ],
  ],
  "identity-provider-known": [
    [{ url: "https://example.com", clientIdLists: ["x"] }, /not GitHub's.*sts\.amazonaws\.com/s],
  ],
  "object-by-its-bucket": [[{ acl: "private" }, /acl must not be set on an object/]],
  "catalogue-encrypted": [
    [{ dataCatalogEncryptionSettings: {} }, /must be SSE-KMS.*connection passwords/s],
  ],
  "image-in-ecr": [[{ imageName: "team/image:1" }, /team\/image:1 is not in Amazon ECR/]],
  "subscription-by-email": [[{ protocol: "sqs" }, /must be email, not sqs/]],
  "rights-within-boundary": [
    [
      { policy: policy({ Effect: "Allow", Action: "iam:CreateRole", Resource: "r" }) },
      /iam:createrole must be limited to a boundary/,
    ],
  ],
  "no-route-out": [[{ routes: [{ natGatewayId: "nat-1" }] }, /natGatewayId leads out/]],
  "subnet-private": [[{ mapPublicIpOnLaunch: true }, /mapPublicIpOnLaunch/]],
  "key-rotated": [[{}, /enableKeyRotation must be true/]],
  "repository-immutable": [
    [{ imageTagMutability: "MUTABLE" }, /IMMUTABLE.*scanOnPush.*encryptionType/s],
  ],
  "workgroup-encrypted": [
    [{ configuration: {} }, /enforceWorkgroup.*SSE_KMS.*bytesScannedCutoffPerQuery/s],
    [
      { configuration: { enforceWorkgroupConfiguration: false } },
      /enforceWorkgroupConfiguration or enableMinimumEncryptionConfiguration must be true/,
    ],
  ],
  "topic-encrypted": [[{ name: "topic" }, /kmsMasterKeyId/]],
  "role-without-managed-policies": [
    [
      { managedPolicyArns: ["arn:aws:iam::aws:policy/AmazonSageMakerFullAccess"] },
      /AmazonSageMakerFullAccess must not be attached/,
    ],
    [{ policyArn: "arn:aws:iam::aws:policy/AdministratorAccess" }, /must not be attached/],
  ],
  "role-for-own-account": [
    [
      {
        assumeRolePolicy: policy({
          Effect: "Allow",
          Principal: { Service: "sagemaker.amazonaws.com" },
          Action: "sts:AssumeRole",
        }),
      },
      /aws:SourceAccount/,
    ],
    [
      { assumeRolePolicy: policy({ Effect: "Allow", Principal: { AWS: "*" } }) },
      /open to every principal/,
    ],
  ],
  "policy-without-wildcards": [
    [
      {
        policy: policy({ Sid: "All", Effect: "Allow", Action: "s3:*", Resource: "arn:aws:s3:::b" }),
      },
      /All: actions must be named/,
    ],
    [
      { policy: policy({ Effect: "Allow", Action: ["s3:GetObject"], Resource: "*" }) },
      /s3:GetObject must name resources/,
    ],
    [
      {
        policy: policy({ Effect: "Allow", Action: ["ec2:AttachNetworkInterface"], Resource: "*" }),
      },
      /ec2:AttachNetworkInterface must name resources/,
    ],
    [{ policy: policy({ Effect: "Allow", NotAction: "iam:*", Resource: "x" }) }, /NotAction/],
  ],
  "roles-passed-to-one-service": [
    [
      { policy: policy({ Sid: "Pass", Effect: "Allow", Action: ["iam:PassRole"], Resource: "r" }) },
      /Pass: iam:PassRole must be limited/,
    ],
  ],
  "network-isolated": [
    [
      { natGateways: { strategy: "Single" }, subnetSpecs: [{ type: "Public" }] },
      /must be None.*must all be Isolated/s,
    ],
    [{ cidrBlock: "10.0.0.0/16" }, /must be None.*must all be Isolated/s],
  ],
  "no-gateway": [[{}, /no internet gateway/]],
  "endpoint-with-policy": [
    [{}, /must have a policy/],
    [
      { policy: policy({ Sid: "Open", Effect: "Allow", Action: "*", Resource: "*" }) },
      /Open: must be limited to this account/,
    ],
  ],
  "group-closed": [
    [{ cidrIpv4: "0.0.0.0/0" }, /0\.0\.0\.0\/0/],
    [{ cidrIpv6: "::/0" }, /::\/0/],
  ],
  "jobs-encrypted-and-isolated": [
    [
      definition("Processing", {}),
      /Job: outputs.*Job: volumes.*Job: EnableInterContainerTrafficEncryption/s,
    ],
    [
      definition("Tuning", { TrainingJobDefinition: { EnableNetworkIsolation: false } }),
      /Job: models.*Job: volumes.*Job: EnableNetworkIsolation.*Job: EnableInter/s,
    ],
    [{ pipelineDefinition: '{"Version":"2020-12-01","Steps":{}}' }, /Steps: must be a list/],
  ],
  "model-from-registry": [
    [{ primaryContainer: { modelDataUrl: "s3://bucket/model.tar.gz" } }, /modelPackageName/],
  ],
  "endpoint-encrypted": [
    [
      {
        productionVariants: [{ instanceType: "ml.m5d.large" }, { instanceType: "ml.m5.large" }],
        dataCaptureConfig: { enableCapture: true },
      },
      /volumes must be encrypted.*captured requests must be encrypted/s,
    ],
  ],
  "endpoint-rolls-back": [
    [{ deploymentConfig: { autoRollbackConfiguration: { alarms: [] } } }, /must name alarms/],
  ],
  "targets-known": [
    [
      { target: { arn: "arn:aws:lambda:us-east-1:111122223333:function:f" } },
      /function:f" is neither a pipeline nor a topic/,
    ],
    [
      { arn: "arn:aws:sqs:us-east-1:999999999999:q" },
      /the target "arn:aws:sqs:us-east-1:999999999999:q" is neither a pipeline nor a topic/,
    ],
  ],
  "schedules-create-encrypted-jobs": [
    [
      { target: { arn: "arn:aws:scheduler:::aws-sdk:iam:createUser", input: "{}" } },
      /calls iam:createUser, which no rule can check/,
    ],
    [scheduled("{"), /input is not JSON/],
    [
      scheduled(JSON.stringify({ ProcessingOutputConfig: {} })),
      /volumes.*outputs.*EnableInterContainer.*VpcConfig must name subnets/s,
      { requireNetwork: true },
    ],
  ],
  "monitoring-encrypted-and-isolated": [
    [
      { networkConfig: { enableNetworkIsolation: false } },
      /outputs.*volumes.*enableNetworkIsolation.*enableInterContainer/s,
    ],
  ],
};

/** A resource that a program registers. */
interface Resource {
  readonly type: string;
  readonly name: string;
  readonly inputs: Inputs;
}

/** What the program can be asked for, so that the rules see everything that it can register. */
const environments: Readonly<Record<string, Config>> = {
  dev: { protect: false, forceDestroy: true, network: { mode: "none" } },
  prod: { minimumR2: 0.6 },
  "training on instances with disks": {
    candidates: defaultCandidates.map((one) => ({ ...one, instanceType: "ml.g5.xlarge" })),
    network: { mode: "none" },
  },
  everything: {
    network: { mode: "create", flowLogs: true },
    processingInstanceCount: 2,
    sageMakerImage: true,
    dataQualityBaseline: true,
    driftReference: true,
    schedule: "rate(7 days)",
    startOnNewData: true,
    notifyEmails: ["ml@example.com"],
    dashboard: true,
    monthlyBudget: 300,
    tracking: "both",
    modelConsumers: ["222233334444"],
    crawler: "on-demand",
    dataset: {
      ...californiaHousing,
      partitions: [{ name: "year", type: "int" }],
      servedRows: "raw",
    },
    deployers: ["repo:team/houses:environment:prod"],
    encryptCatalog: true,
  },
  "a table in S3 Tables": {
    dataset: {
      ...{ table: "houses", columns: californiaHousing.columns, target: californiaHousing.target },
      format: "parquet",
      source: { catalog: "s3tablescatalog/team-tables", database: "census", table: "houses" },
      kmsKeyArn: "arn:aws:kms:us-east-1:111122223333:key/0f0e0d0c-0000-4000-8000-000000000001",
    },
    network: { mode: "none" },
  },
};

/** What serving can be asked for. */
const servings: Readonly<Record<string, Config>> = {
  "serving on instances": {
    compute: { mode: "real-time", minInstances: 2, maxInstances: 4 },
    update: { strategy: "canary" },
    capturePercentage: 10,
    monitoring: { mode: "data-quality", startPipeline: true },
  },
  "serving that looks for drift": {
    capturePercentage: 100,
    monitoring: { mode: "drift", retrain: true },
  },
  "serving on instances with disks": {
    compute: { mode: "real-time", instanceType: "ml.m5d.large" },
  },
  "serving without a server": { network: "none", compute: { mode: "serverless" } },
};

describe("the policy pack", () => {
  const seen = new Set<string>();
  const aws = new AwsServices();

  before(async () => {
    aws.models = [{ version: 1, approval: "Approved" }];
    aws.objects.set("s3://baselines/1/constraints.json", constraints(["_c0"]));
    await aws.start();
  });
  after(() => {
    aws.stop();
  });

  const findings = (resources: readonly Resource[]): readonly string[] => [
    ...stackRules.flatMap(({ name, problems }) =>
      problems(
        resources.map(({ inputs, ...one }): StackResource => ({ ...one, props: inputs })),
      ).map((problem) => `${name}: ${problem}`),
    ),
    ...resources.flatMap(({ inputs, name, type }) =>
      rules
        .filter(({ types }) => types.includes(type))
        .flatMap((rule) => {
          seen.add(rule.name);
          return rule.problems(inputs).map((problem) => `${name}: ${rule.name}: ${problem}`);
        }),
    ),
  ];

  for (const rule of rules) {
    for (const [index, [inputs, message, config]] of (broken[rule.name] ?? []).entries()) {
      it(`${rule.name} finds what breaks it (${index + 1})`, () => {
        match(rule.problems(inputs, config).join("\n"), message);
      });
    }
  }

  for (const { inputs, rule, type, what } of [...bypasses, ...waysOut]) {
    it(`refuses ${what}`, () => {
      const found = rules.filter(
        ({ problems, types }) => types.includes(type) && problems(inputs).length > 0,
      );
      ok(
        found.some(({ name }) => name === rule),
        found.map(({ name }) => name).join(", "),
      );
    });
  }

  it("has as many bypasses as its guide says", () => {
    const { length } = [...bypasses, ...waysOut];
    match(readFileSync("docs/security.md", "utf8"), new RegExp(` ${length} attempts to bypass`));
  });

  it("network-isolated judges no network by inputs that the engine does not show", () => {
    deepEqual(rules.find(({ name }) => name === "network-isolated")?.problems({}), []);
  });

  it("has a case that breaks each rule", () => {
    deepEqual(Object.keys(broken).sort(), rules.map(({ name }) => name).sort());
  });

  for (const [environment, config] of Object.entries(environments)) {
    it(`finds nothing in ${environment}`, async () => {
      deepEqual(findings((await program(config)).resources), []);
    });
  }

  for (const [environment, config] of Object.entries(servings)) {
    it(`finds nothing in ${environment}`, async () => {
      deepEqual(findings((await serve(config)).resources), []);
    });
  }

  it("looks with each rule at something that the programs register", () => {
    // What must not be there at all is not among what is registered.
    // What a component of a provider makes the engine alone shows.
    const elsewhere = ["no-gateway", "no-route-out", "subnet-private"];
    const unseen = rules.filter(({ name }) => !elsewhere.includes(name) && !seen.has(name));
    deepEqual(
      unseen.map(({ name }) => name),
      [],
    );
    ok(seen.size > 0);
  });
});

describe("the policy pack's rules for a whole stack", () => {
  const bucket = { type: "aws:s3/bucket:Bucket", name: "bucket", props: { bucket: "b" } };
  const companions = [
    "bucketPublicAccessBlock:BucketPublicAccessBlock",
    "bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    "bucketVersioning:BucketVersioning",
    "bucketOwnershipControls:BucketOwnershipControls",
    "bucketPolicy:BucketPolicy",
  ].map((kind): StackResource => {
    return { type: `aws:s3/${kind}`, name: kind, props: { bucket: "b" } };
  });
  const limit: StackResource = {
    type: "aws:iam/policy:Policy",
    name: "limit",
    props: { name: "s-boundary" },
  };
  const attached = (props: object, dependsOn?: StackResource["dependsOn"]): StackResource => ({
    type: "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    name: "attachment",
    props: props as StackResource["props"],
    ...(dependsOn === undefined ? {} : { dependsOn }),
  });
  const find = (
    resources: readonly StackResource[],
    config: Parameters<(typeof stackRules)[number]["problems"]>[1] = {},
  ): readonly string[] => stackRules.flatMap(({ problems }) => problems(resources, config));

  it("find nothing where a bucket has its companions, by name or before that is known", () => {
    deepEqual(find([bucket, ...companions]), []);
    const early = companions.map((one) => ({
      ...one,
      props: {},
      dependsOn: { bucket: ["bucket"] },
    }));
    deepEqual(find([bucket, ...early]), []);
  });

  for (const missing of companions) {
    it(`refuse a bucket without its ${missing.name}, or with that of another`, () => {
      const others = companions.filter((one) => one !== missing);
      equal(find([bucket, ...others]).length, 1);
      equal(find([bucket, ...others, { ...missing, props: { bucket: "c" } }]).length, 1);
    });
  }

  for (const type of [
    "aws:iam/accessKey:AccessKey",
    "aws:iam/user:User",
    "aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive",
    "aws:lambda/function:Function",
    "aws:s3/bucketAclV2:BucketAclV2",
    "aws:s3/bucketV2:BucketV2",
    "aws:ec2/instance:Instance",
    "aws:ec2/vpcPeeringConnection:VpcPeeringConnection",
    "aws:sagemaker/notebookInstance:NotebookInstance",
    "aws:lakeformation/permissions:Permissions",
    "aws-native:s3:AccessPoint",
    "aws:cloudformation/stack:Stack",
    "aws:kms/grant:Grant",
    "aws:lambda/permission:Permission",
    "aws:s3/accessPoint:AccessPoint",
    "aws:s3control/bucket:Bucket",
    "aws:ssm/document:Document",
    "awsx:ec2:DefaultVpc",
    "awsx:lb:ApplicationLoadBalancer",
    "command:local:Command",
    "pulumi-nodejs:dynamic:Resource",
    "pulumi:providers:command",
  ]) {
    it(`refuse the type ${type}, where config does not allow it`, () => {
      const one = { type, name: "one", props: {} };
      ok(find([one]).some((problem) => problem.includes(`the type ${type} is not allowed`)));
      deepEqual(
        find([one], { types: [type] }).filter((problem) => problem.includes("not allowed")),
        [],
      );
    });
  }

  it("let a boundary limit, and be attached to nothing", () => {
    deepEqual(find([limit]), []);
    const arn = "arn:aws:iam::111122223333:policy/s-boundary";
    equal(find([limit, attached({ policyArn: arn })]).length, 1);
    equal(find([limit, attached({}, { policyArn: ["limit"] })]).length, 1);
    const role = { type: "aws:iam/role:Role", name: "role", props: { managedPolicyArns: [arn] } };
    equal(find([limit, role]).length, 1);
  });

  const managed = (name: string, more: object = {}): StackResource => ({
    type: "aws:iam/policy:Policy",
    name,
    props: { name: `physical-${name}`, ...more },
  });

  it("let policies of the stack be attached, by name or before that is known, and no others", () => {
    const arn = "arn:aws:iam::111122223333:policy/physical-own";
    deepEqual(find([managed("own"), attached({ policyArn: arn })]), []);
    deepEqual(find([managed("own"), attached({}, { policyArn: ["own"] })]), []);
    for (const name of ["Administrator", "restate-prod-boundary"]) {
      const theirs = `arn:aws:iam::111122223333:policy/${name}`;
      const expected = `attaches ${name}, which is not a policy of the stack`;
      deepEqual(find([managed("own"), attached({ policyArn: theirs })]), [
        `attachment: ${expected}`,
      ]);
      const role = {
        type: "aws:iam/role:Role",
        name: "role",
        props: { managedPolicyArns: [arn, theirs] },
      };
      deepEqual(find([managed("own"), role]), [`role: ${expected}`]);
    }
  });

  const inAccount = (id: string): readonly StackResource[] => [
    {
      type: "aws:sagemaker/pipeline:Pipeline",
      name: "pipeline",
      props: {
        roleArn: `arn:aws:iam::${id}:role/r`,
        pipelineDefinition: JSON.stringify({ KmsKeyId: `arn:aws:kms:us-east-1:${id}:key/k` }),
      },
    },
    {
      type: "aws:iam/role:Role",
      name: "role",
      props: {
        assumeRolePolicy: policy({
          Effect: "Allow",
          Principal: { Service: "sagemaker.amazonaws.com" },
          Condition: { StringEquals: { "aws:SourceAccount": id } },
        }),
      },
    },
    {
      type: "aws:kms/keyPolicy:KeyPolicy",
      name: "key",
      props: {
        policy: policy({
          Effect: "Allow",
          Principal: { AWS: `arn:aws:iam::${id}:root` },
          Action: "kms:*",
        }),
      },
    },
    {
      type: "aws:ec2/vpcEndpoint:VpcEndpoint",
      name: "endpoint",
      props: {
        policy: policy({
          Effect: "Allow",
          Principal: "*",
          Condition: { StringEquals: { "aws:PrincipalAccount": id } },
        }),
      },
    },
    {
      type: "aws:cloudwatch/eventTarget:EventTarget",
      name: "target",
      props: { arn: `arn:aws:sns:us-east-1:${id}:topic` },
    },
  ];
  const own = inAccount("111122223333");

  it("let models, images and readers be of other accounts, and all else of one", () => {
    const shared: readonly StackResource[] = [
      {
        type: "aws:sagemaker/model:Model",
        name: "model",
        props: {
          primaryContainer: {
            modelPackageName: "arn:aws:sagemaker:us-east-1:999988887777:model-package/theirs/1",
          },
        },
      },
      {
        type: "aws:ecr/repositoryPolicy:RepositoryPolicy",
        name: "readers",
        props: {
          policy: policy({
            Effect: "Allow",
            Principal: { AWS: "arn:aws:iam::999988887777:root" },
            Action: "ecr:BatchGetImage",
          }),
        },
      },
    ];
    deepEqual(find([...own, ...shared]), []);
  });

  for (const [index, theirs] of inAccount("999988887777").entries()) {
    it(`refuse a ${theirs.name} of another account, unless config lists it`, () => {
      const all = own.map((one, place) => (place === index ? theirs : one));
      deepEqual(find(all), [
        `${theirs.name}: 999988887777 is not the stack's account, which is 111122223333`,
      ]);
      deepEqual(find(all, { accounts: ["999988887777"] }), []);
    });
  }

  it("refuse providers with keys of their own, or that talk to somebody else than AWS", () => {
    const provider = (props: object): StackResource => ({
      type: "pulumi:providers:aws",
      name: "aws",
      props: props as StackResource["props"],
    });
    deepEqual(find([provider({ region: "us-east-1", endpoints: "[]", insecure: "false" })]), []);
    for (const [name, value] of [
      ["accessKey", "AKIA"],
      ["endpoints", '[{"s3":"https://example.com"}]'],
      ["insecure", "true"],
    ] as const) {
      deepEqual(find([provider({ [name]: value })]), [
        `aws: ${name} must not be set on a provider`,
      ]);
    }
  });

  it("let good jobs pass, in a network that their requests name", () => {
    const rule = rules.find(({ name }) => name === "jobs-encrypted-and-isolated");
    for (const step of [goodStep, { Type: "Processing", Arguments: goodProcessing }]) {
      const at = (args: object): Inputs => ({
        pipelineDefinition: JSON.stringify({
          Steps: [{ Name: "Job", ...step, Arguments: { ...step.Arguments, ...args } }],
        }),
      });
      deepEqual(rule?.problems(at({}), { requireNetwork: true }), []);
      const chosen = { VpcConfig: { Subnets: [{ Get: "Parameters.Subnet" }] } };
      const isTraining = step.Type === "Training";
      const args = isTraining
        ? chosen
        : { NetworkConfig: { ...goodProcessing.NetworkConfig, ...chosen } };
      deepEqual(rule.problems(at(args), { requireNetwork: true }), [
        "Job: VpcConfig must name subnets",
      ]);
    }
  });

  it("take accounts and a network from the configuration", () => {
    const named = (name: string) => rules.find((one) => one.name === name);
    const trusted = {
      assumeRolePolicy: policy({
        Effect: "Allow",
        Principal: { AWS: "arn:aws:iam::999988887777:root" },
        Action: "sts:AssumeRole",
      }),
    };
    const role = named("role-for-own-account");
    equal(role?.problems(trusted).length, 1);
    deepEqual(role.problems(trusted, { accounts: ["999988887777"] }), []);
    const reads = {
      policy: policy({
        Effect: "Allow",
        Principal: { AWS: "arn:aws:iam::999988887777:root" },
        Action: "ecr:BatchGetImage",
      }),
    };
    deepEqual(named("resource-not-open")?.problems(reads), []);
    equal(named("resource-not-open")?.problems(reads, { accounts: [] }).length, 1);
    const cost = named("execution-within-cost");
    deepEqual(cost?.problems(hourOn("ml.m5.xlarge"), { maxCostPerExecution: 0.23 }), []);
    deepEqual(cost.problems(hourOn("ml.own.large")), []);
    const model = { primaryContainer: { modelPackageName: "p" } };
    deepEqual(named("model-from-registry")?.problems(model), []);
    equal(named("model-from-registry")?.problems(model, { requireNetwork: true }).length, 2);
  });
});
