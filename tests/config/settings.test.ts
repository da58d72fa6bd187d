import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { parse } from "yaml";

import { settingsSchema } from "../../config/schema";
import { type Config, program } from "../support/definitions";
import { candidate, dataset, housing, type Mistake, refuse } from "./mistakes";

interface Declaration {
  readonly default: unknown;
}

/** Mistakes, each with the line that names its key. */
const mistakes: readonly Mistake[] = [
  ["an unknown key", { datasett: 1 }, /restate:datasett: unknown key; did you mean dataset\?$/m],
  ["no list", { servingEndpoints: "" }, /not valid:\n +restate:servingEndpoints: must be a list$/],
  [
    "a zone that is none",
    { network: { mode: "create", availabilityZones: ["us-east-1"] } },
    /restate:network\.availabilityZones\[0\]: must be the name of a zone, such as us-east-1b$/m,
  ],
  [
    "a zone twice",
    { network: { mode: "create", availabilityZones: ["us-east-1b", "us-east-1b"] } },
    /restate:network\.availabilityZones: must not list a zone twice$/m,
  ],
  [
    "zones that are neither a number nor a list",
    { network: { mode: "create", availabilityZones: "two" } },
    /restate:network\.availabilityZones: must be a number, or a list$/m,
  ],
  [
    "more zones than a region has",
    { network: { mode: "create", availabilityZones: 7 } },
    /restate:network\.availabilityZones: must be at most 6/,
  ],
  [
    "a zone of another region",
    { network: { mode: "create", availabilityZones: ["us-east-1b", "eu-west-1a"] } },
    /restate:network\.availabilityZones: eu-west-1a is not a zone of us-east-1$/m,
  ],
  [
    "an address that is none",
    { notifyEmails: ["ml"] },
    /restate:notifyEmails\[0\]: must be an email address, such as ml@example\.com$/m,
  ],
  ["text for a number", { minimumR2: "high" }, /restate:minimumR2: must be a number$/m],
  [
    "a number for text",
    { modelApprovalStatus: 1 },
    /restate:modelApprovalStatus: must be one of Approved, Rejected, PendingManualApproval$/m,
  ],
  [
    "a job that logs to an MLflow app without one",
    { mlflowLogging: "outside-network" },
    /restate:mlflowLogging: is outside-network, but restate:tracking is experiments: there is no MLflow app/,
  ],
  [
    "a job that logs from the network that the stack makes",
    { mlflowLogging: "in-network", tracking: "mlflow", network: { mode: "create" } },
    /restate:mlflowLogging: is in-network, but the network that the stack creates has no route/,
  ],
  ["R² above 1", { minimumR2: 1.5 }, /restate:minimumR2: must be at most 1\b/],
  [
    "no instances",
    { processingInstanceCount: 0 },
    /restate:processingInstanceCount: must be at least 1\b/,
  ],
  ["half an instance", { processingInstanceCount: 1.5 }, /restate:processingInstanceCount: .*int/],
  [
    "an instance type of EC2",
    { trainingInstanceType: "m5.large" },
    /restate:trainingInstanceType: must be a SageMaker instance type/,
  ],
  [
    "a training type of which the volume takes no key",
    { trainingInstanceType: "ml.m5d.xlarge" },
    /restate:trainingInstanceType: ml\.m5d\.xlarge has local disks, which do not support a KMS key: .* of candidates/,
  ],
  [
    "a processing type of which the volume takes no key",
    { processingInstanceType: "ml.g4dn.xlarge" },
    /restate:processingInstanceType: ml\.g4dn\.xlarge has local disks, which do not support a KMS key: choose/,
  ],
  [
    "a strict approval that approves by itself",
    { approval: "strict", modelApprovalStatus: "Approved" },
    /restate:modelApprovalStatus: is Approved, but restate:approval is strict/,
  ],
  [
    "an encrypted catalogue whose key may be deleted",
    { encryptCatalog: true, protect: false },
    /restate:encryptCatalog: .* restate:protect is false: deleting the key would lock the catalogue/,
  ],
  [
    "an unknown time to crawl",
    { crawler: "daily" },
    /restate:crawler: must be none, on-demand, or/,
  ],
  [
    "a crawler of a table without partitions",
    { crawler: "on-demand" },
    /restate:crawler: finds new partitions, but dataset\.partitions has none/,
  ],
  [
    "a crawler of projected partitions",
    {
      ...dataset({
        partitions: [{ name: "year", type: "int", projection: { type: "integer", range: [1, 2] } }],
      }),
      crawler: "on-demand",
    },
    /restate:crawler: finds new partitions, but Athena projects those/,
  ],
  [
    "one file for a table with partitions",
    { ...dataset({ partitions: [{ name: "year", type: "int" }] }), dataFile: "README.md" },
    /restate:dataFile: is a single file, but the table has partitions/,
  ],
  [
    "any workflow of anybody as deployer",
    { deployers: ["repo:*"], permissionsBoundary: "arn:aws:iam::111122223333:policy/limit" },
    /restate:deployers\[0\]: must be repo:<owner>\/<name>:environment:<environment> or/,
  ],
  [
    "a managed policy of AWS as a boundary",
    { permissionsBoundary: "arn:aws:iam::aws:policy/AdministratorAccess" },
    /restate:permissionsBoundary: must be the ARN of a policy in an account/,
  ],
  [
    "who is outside a network that the stack does not make",
    { network: { mode: "none" }, bucketPrincipals: ["arn:aws:iam::111122223333:role/team"] },
    /restate:bucketPrincipals: only apply outside .* network\.mode is not create/,
  ],
  [
    "bucket principals that are none",
    { bucketPrincipals: ["*"] },
    /restate:bucketPrincipals.*: must be the ARN of a role or a user/,
  ],
  [
    "an identity provider that is none",
    { oidcProviderArn: "github" },
    /restate:oidcProviderArn: must be the ARN of GitHub's OpenID Connect provider/,
  ],
  ["an unknown mode of the network", { network: { mode: "public" } }, /restate:network.*mode/],
  [
    "a network without addresses",
    { network: { mode: "create", cidrBlock: "10.0.0.0" } },
    /restate:network\.cidrBlock: .*CIDR|cidr/,
  ],
  [
    "a network that is there without subnets",
    { network: { mode: "existing", securityGroupIds: ["sg-0123456789abcdef0"] } },
    /restate:network\.subnetIds: /,
  ],
  [
    "the name of a subnet in place of its id",
    { network: { mode: "existing", subnetIds: ["private"], securityGroupIds: ["sg-01234567"] } },
    /restate:network\.subnetIds\[0\]: must be the id of a subnet/,
  ],
  [
    "the id of something else than an endpoint",
    {
      network: {
        mode: "existing",
        subnetIds: ["subnet-01234567"],
        securityGroupIds: ["sg-01234567"],
        s3EndpointId: "pl-01234567",
      },
    },
    /restate:network\.s3EndpointId: must be the id of a VPC endpoint/,
  ],
  [
    "who is outside a network whose endpoint is not known",
    {
      network: {
        mode: "existing",
        subnetIds: ["subnet-01234567"],
        securityGroupIds: ["sg-01234567"],
      },
      bucketPrincipals: ["arn:aws:iam::111122223333:role/team"],
    },
    /restate:bucketPrincipals: .*network\.s3EndpointId is not set/,
  ],
  ...Object.entries({
    predictor: "has no effect",
    sketch_eps: "has no effect: XGBoost removed it; use max_bin",
    process_type: "cannot be used: updating needs an earlier model",
    single_precision_histogram: "is refused by the image",
  }).map(([name, reason]): [string, Config, RegExp] => [
    `the hyperparameter ${name}, which XGBoost has no more`,
    candidate({ hyperparameters: { num_round: 10, [name]: "auto" } }),
    new RegExp(`restate:candidates\\[1\\]\\.hyperparameters\\.${name}: ${reason}`),
  ]),
  ["a schedule of five fields", { schedule: "cron(0 6 * * 1)" }, /restate:schedule: must be rate/],
  ["a schedule in words", { schedule: "weekly" }, /restate:schedule: must be rate\(...\), at/],
  [
    "a role as the boundary",
    { permissionsBoundary: "arn:aws:iam::111122223333:role/limit" },
    /restate:permissionsBoundary: must be the ARN of a policy in an account/,
  ],
  [
    "the URI of a bucket in place of its name",
    { accessLogBucket: "s3://logs" },
    /restate:accessLogBucket: must be the name of a bucket/,
  ],
  [
    "a schedule that names both days",
    { schedule: "cron(0 6 * * MON *)" },
    /restate:schedule: must be .*one of the two day fields \?/,
  ],
  [
    "a schedule of no day",
    { schedule: "cron(0 6 ? * ? *)" },
    /restate:schedule: must be .*one of the two day fields \?/,
  ],
  ["a time that there is not", { schedule: "at(2030-02-30T06:00:00)" }, /restate:schedule: /],
  ["a base image with spaces", { baseImage: "python 3" }, /restate:baseImage: must be the name/],
  [
    "an address twice",
    { notifyEmails: ["a@example.com", "a@example.com"] },
    /restate:notifyEmails: must not list an address twice/,
  ],
  [
    "a network of public addresses",
    { network: { mode: "create", cidrBlock: "8.8.0.0/16" } },
    /restate:network\.cidrBlock: must be a \/16 to \/24 of a private range/,
  ],
  [
    "a network that is too large",
    { network: { mode: "create", cidrBlock: "10.0.0.0/8" } },
    /restate:network\.cidrBlock: must be a \/16 to \/24/,
  ],
  [
    "a network by another than its first address",
    { network: { mode: "create", cidrBlock: "10.0.0.5/16" } },
    /restate:network\.cidrBlock: must be a \/16 to \/24/,
  ],
  [
    "a network without a mode",
    { network: {} },
    /restate:network\.mode: must be one of create, existing, none$/m,
  ],
  [
    "more deployers than a role can list",
    {
      deployers: Array.from(
        { length: 20 },
        (_, index) => `repo:team/${"houses".repeat(12)}${index}:environment:production`,
      ),
      permissionsBoundary: "arn:aws:iam::111122223333:policy/limit",
    },
    /restate:deployers: have more than 1600 characters in total/,
  ],
  [
    "the identity provider of somebody else",
    { oidcProviderArn: "arn:aws:iam::111122223333:oidc-provider/gitlab.com" },
    /restate:oidcProviderArn: must be the ARN of GitHub's/,
  ],
  ["no parallel steps", { parallelSteps: 0 }, /restate:parallelSteps: must be at least 1\b/],
  ["what is no address", { notifyEmails: ["team"] }, /restate:notifyEmails\[0\]: .*email/],
  ["a budget below nothing", { monthlyBudget: -1 }, /restate:monthlyBudget: must be at least 0\b/],
  [
    "the name of an account in place of its number",
    { modelConsumers: ["prod"] },
    /restate:modelConsumers\[0\]: must be the account's 12 digits in quotes/,
  ],
  [
    "an account as a number",
    { modelConsumers: [111122223333] },
    /restate:modelConsumers\[0\]: must be the account's 12 digits in quotes \(without quotes, it is a number/,
  ],
  [
    "new data that arrives elsewhere",
    { startOnNewData: true, dataset: { ...housing, location: "s3://theirs/houses/" } },
    /restate:startOnNewData: only watches the stack's own bucket, but dataset\.location/,
  ],
  [
    "a data file that does not fit the table",
    { dataFile: "CHANGELOG.md" },
    /restate:dataFile: CHANGELOG\.md: \d+ of \d+ lines have the wrong number of columns; first in line 1: 1 column, expected 9/,
  ],
  [
    "a data file that does not exist",
    { dataFile: "nowhere.csv" },
    /restate:dataFile: there is no such file/,
  ],
];

describe("configuration", () => {
  refuse(mistakes);

  for (const schedule of ["cron(0 6 ? * MON-FRI *)", "cron(0/15 6 L * ? 2030)", "rate(1 day)"]) {
    it(`accepts ${schedule} as a schedule`, async () => {
      const { resources } = await program({ schedule });
      const [found] = resources.filter(({ type }) => type === "aws:scheduler/schedule:Schedule");
      equal(found?.inputs["scheduleExpression"], schedule);
    });
  }

  it("refuses a data folder with a dangling link", async () => {
    const folder = mkdtempSync(join(tmpdir(), "restate-data-"));
    symlinkSync(join(folder, "nowhere"), join(folder, "link.csv"));
    try {
      await rejects(program({ dataFile: folder }), {
        message: /restate:dataFile: cannot be read: .*link\.csv/,
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("refuses forceDestroy for a protected stack", async () => {
    await rejects(program({ protect: true, forceDestroy: true }), {
      message: /restate:forceDestroy: is true, but restate:protect is also true/,
    });
  });

  it("refuses a data file together with an external location", async () => {
    const config = { dataFile: "README.md", ...dataset({ location: "s3://theirs/houses/" }) };
    await rejects(program(config), {
      message: /restate:dataFile: is uploaded to the stack's own bucket, but dataset\.location/,
    });
  });

  it("lists all problems at once", async () => {
    await rejects(program({ typo: 1, minimumR2: 2, ...dataset({ target: "price" }) }), {
      message: /restate:dataset\.target.*restate:minimumR2.*restate:typo/s,
    });
  });

  for (const stack of ["Dev", "a".repeat(21), "1st", "dev_1", "dev-", "a--b"]) {
    it(`refuses the stack name ${stack}, which does not fit into physical names`, async () => {
      await rejects(program({}, stack), { message: /must be 1 to 20 lower-case letters/ });
    });
  }

  for (const stack of ["test-model", "test-deployer", "a-model-b"]) {
    it(`refuses the stack name ${stack}, whose names another stack's deployer could change`, async () => {
      await rejects(program({}, stack), {
        message: /must not have "(model|deployer)" after a hyphen, because names of the stack/,
      });
    });
  }

  describe("Pulumi.yaml", () => {
    const project = parse(readFileSync("Pulumi.yaml", "utf8")) as {
      readonly config: Readonly<Record<string, Declaration>>;
    };
    const declared = Object.entries(project.config);

    for (const [key, declaration] of declared) {
      it(`has the program's default for ${key}`, () => {
        const name = key.replace("restate:", "");
        // Pulumi refuses a stack that lacks a key without a default.
        ok("default" in declaration, key);
        // Pulumi declares no fractions.
        const value = /^(maxCostPerExecution|minimumR2)$/.test(name)
          ? Number(declaration.default)
          : declaration.default;
        deepEqual(
          settingsSchema.parse({ [name]: value })[name as keyof typeof settingsSchema.shape],
          settingsSchema.parse({})[name as keyof typeof settingsSchema.shape],
        );
      });
    }
  });
});
