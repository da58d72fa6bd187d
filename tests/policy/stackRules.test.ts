import { deepEqual, equal, match, ok } from "node:assert/strict";

import type { StackResource } from "../../policy/rule";
import { stackRules } from "../../policy/rules";
import { policy } from "./broken";

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

  it("find nothing if a bucket has its companions, by name or before the name is known", () => {
    deepEqual(find([bucket, ...companions]), []);
    const early = companions.map((one) => ({
      ...one,
      props: {},
      dependsOn: { bucket: ["bucket"] },
    }));
    deepEqual(find([bucket, ...early]), []);
  });

  for (const missing of companions) {
    it(`refuse a bucket without its ${missing.name}, or with another bucket's`, () => {
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
    it(`refuse the type ${type} unless configured`, () => {
      const one = { type, name: "one", props: {} };
      ok(find([one]).some((problem) => problem.includes(`the type ${type} is not allowed`)));
      deepEqual(
        find([one], { types: [type] }).filter((problem) => problem.includes("not allowed")),
        [],
      );
    });
  }

  it("allow a boundary that is attached to nothing", () => {
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

  it("allow only policies of the stack to be attached, by name or before the name is known", () => {
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

  const inline = (statement: object): StackResource => ({
    type: "aws:iam/rolePolicy:RolePolicy",
    name: "pipeline-policy",
    props: { policy: policy({ Sid: "S", Effect: "Allow", ...statement }) },
  });
  const register = "sagemaker:CreateModelPackage";
  const withStatus = (operator: string, status: unknown): object => ({
    Action: register,
    Condition: { [operator]: { "sagemaker:ModelApprovalStatus": status } },
  });

  it("allow a role to register models that wait for approval, and a policy for people that approves them", () => {
    deepEqual(find([inline(withStatus("StringEquals", "PendingManualApproval"))]), []);
    const approve = policy({ Effect: "Allow", Action: "sagemaker:UpdateModelPackage" });
    const people = managed("people", { policy: approve });
    const component: StackResource = {
      type: "restate:index:Approval",
      name: "approval",
      props: { policyArn: "arn:aws:iam::111122223333:policy/physical-people" },
    };
    deepEqual(find([people, component]), []);
    deepEqual(find([people, attached({}, { policyArn: ["people"] })]), [
      "people: : sagemaker:UpdateModelPackage lets a role approve models",
    ]);
  });

  for (const [what, statement, expected] of [
    ["approve models", { Action: "sagemaker:UpdateModelPackage" }, /lets a role approve models/],
    ["approve by a wildcard", { Action: ["sagemaker:Update*"] }, /lets a role approve models/],
    ["register with any status", { Action: register }, /must be limited by/],
    ["register approved", withStatus("StringEquals", "Approved"), /must be limited by/],
    [
      "register with one of several",
      withStatus("StringEquals", ["PendingManualApproval", "Approved"]),
      /must be limited by/,
    ],
    ["register by a wildcard", withStatus("StringLike", "*ed"), /must be limited by/],
    ["register without a status", withStatus("StringEqualsIfExists", "Rejected"), /must be/],
    ["register with another", withStatus("StringNotEquals", "Approved"), /must be limited by/],
  ] as const) {
    it(`refuse a role that may ${what}`, () => {
      const found = find([inline(statement)]);
      equal(found.length, 1);
      match(found[0] ?? "", expected);
      const role: StackResource = {
        type: "aws:iam/role:Role",
        name: "role",
        props: { inlinePolicies: [inline(statement).props] },
      };
      equal(find([role]).length, 1);
    });
  }

  const writes = (Resource: unknown, more: object = {}): object => ({
    Action: ["s3:GetObject", "s3:PutObject"],
    Resource,
    ...more,
  });
  const endpoint = (statement: object): StackResource => ({
    ...inline({ Principal: "*", ...statement }),
    type: "aws:ec2/vpcEndpoint:VpcEndpoint",
    name: "s3",
  });

  for (const one of [inline, endpoint]) {
    const { name } = one({});
    it(`allow ${name} to write to the stack's buckets, and refuse others unless configured`, () => {
      const theirs = one(writes(["arn:aws:s3:::b/data/*", "arn:aws:s3:::theirs/*"]));
      deepEqual(find([bucket, ...companions, one(writes("arn:aws:s3:::b/*"))]), []);
      deepEqual(
        find([
          bucket,
          ...companions,
          one(writes("arn:aws:s3:::theirs/*", { Action: "s3:GetObject" })),
        ]),
        [],
      );
      deepEqual(find([bucket, ...companions, theirs]), [
        `${name}: S: writes to theirs, which is not a bucket of the stack`,
      ]);
      deepEqual(find([bucket, ...companions, theirs], { buckets: ["theirs"] }), []);
    });
  }

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

  it("allow models, images and readers in other accounts, and everything else in one", () => {
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
    it(`refuse a ${theirs.name} in another account unless configured`, () => {
      const all = own.map((one, place) => (place === index ? theirs : one));
      deepEqual(find(all), [
        `${theirs.name}: 999988887777 is not the stack's account, which is 111122223333`,
      ]);
      deepEqual(find(all, { accounts: ["999988887777"] }), []);
    });
  }

  it("refuse providers with access keys, or with endpoints other than AWS's", () => {
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
});
