import { deepEqual, match, ok } from "node:assert/strict";

import { californiaHousing } from "../../pipeline/californiaHousing";
import { defaultCandidates } from "../../pipeline/candidates";
import { rules } from "../../policy/rules";
import { AwsServices, constraints } from "../serving/support/awsServices";
import { serve } from "../serving/support/serving";
import { type Config, program } from "../support/definitions";

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

/** Inputs that break each rule, with what it says of them. */
const broken: Readonly<Record<string, readonly (readonly [Inputs, RegExp])[]>> = {
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
      /kmsMasterKeyId must name.*bucketKeyEnabled must be true/s,
    ],
  ],
  "bucket-versioned": [[{ versioningConfiguration: { status: "Suspended" } }, /must be Enabled/]],
  "bucket-refuses-plain-http": [
    [
      { policy: policy({ Effect: "Allow", Principal: "*", Action: "s3:GetObject" }) },
      /must deny s3:\*/,
    ],
  ],
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
      /Pass: iam:PassRole must be held/,
    ],
  ],
  "network-isolated": [
    [
      { natGateways: { strategy: "Single" }, subnetSpecs: [{ type: "Public" }] },
      /must be None.*must all be Isolated/s,
    ],
    [{ cidrBlock: "10.0.0.0/16" }, /must be None.*must all be Isolated/s],
  ],
  "no-gateway": [[{}, /no gateway/]],
  "endpoint-with-policy": [
    [{}, /must have a policy/],
    [
      { policy: policy({ Sid: "Open", Effect: "Allow", Action: "*", Resource: "*" }) },
      /Open: must be held to this account/,
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
      /volumes must be encrypted.*requests that are kept must be encrypted/s,
    ],
  ],
  "endpoint-rolls-back": [
    [{ deploymentConfig: { autoRollbackConfiguration: { alarms: [] } } }, /must name alarms/],
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
    schedule: "rate(7 days)",
    startOnNewData: true,
    notifyEmails: ["ml@example.com"],
    dashboard: true,
    monthlyBudget: 300,
    modelConsumers: ["222233334444"],
    crawler: "on-demand",
    dataset: { ...californiaHousing, partitions: [{ name: "year", type: "int" }] },
    deployers: ["repo:team/houses:environment:prod"],
    encryptCatalog: true,
    permissionsBoundary: "arn:aws:iam::111122223333:policy/limit",
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

  const findings = (resources: readonly Resource[]): readonly string[] =>
    resources.flatMap(({ inputs, name, type }) =>
      rules
        .filter(({ types }) => types.includes(type))
        .flatMap((rule) => {
          seen.add(rule.name);
          return rule.problems(inputs).map((problem) => `${name}: ${rule.name}: ${problem}`);
        }),
    );

  for (const rule of rules) {
    for (const [index, [inputs, message]] of (broken[rule.name] ?? []).entries()) {
      it(`${rule.name} finds what breaks it (${index + 1})`, () => {
        match(rule.problems(inputs).join("\n"), message);
      });
    }
  }

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
    const unseen = rules.filter(({ name }) => name !== "no-gateway" && !seen.has(name));
    deepEqual(
      unseen.map(({ name }) => name),
      [],
    );
    ok(seen.size > 0);
  });
});
