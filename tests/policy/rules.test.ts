import { deepEqual, equal, match, ok } from "node:assert/strict";
import { readFileSync } from "node:fs";

import { californiaHousing } from "../../pipeline/californiaHousing";
import { defaultCandidates } from "../../pipeline/candidates";
import type { Inputs, StackResource } from "../../policy/rule";
import { rules, stackRules } from "../../policy/rules";
import { AwsServices, constraints } from "../serving/support/awsServices";
import { serve } from "../serving/support/serving";
import { type Config, program } from "../support/definitions";
import { broken, hourOn, policy } from "./broken";
import { bypasses } from "./bypasses";
import { goodProcessing, goodStep, waysOut } from "./waysOut";
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
    mlflowLogging: "outside-network",
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
  "serving with drift detection": {
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
      it(`${rule.name} finds a violation (${index + 1})`, () => {
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

  it("has as many bypasses as the docs say", () => {
    const { length } = [...bypasses, ...waysOut];
    match(readFileSync("docs/security.md", "utf8"), new RegExp(` ${length} attempts to bypass`));
  });

  it("network-isolated accepts a network whose inputs the engine does not show", () => {
    deepEqual(rules.find(({ name }) => name === "network-isolated")?.problems({}), []);
  });

  it("has a violation of each rule", () => {
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

  it("applies each rule to some resource of the programs", () => {
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

  it("accepts valid jobs, in a network if required", () => {
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

  it("reads accounts and the requirement of a network from the configuration", () => {
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
