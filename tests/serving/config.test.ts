import { deepEqual, equal, rejects } from "node:assert/strict";
import { readFileSync } from "node:fs";

import { parse } from "yaml";

import type { Json, JsonObject } from "../../pipeline/language/json";
import { problemsAcrossKeys } from "../../serving/combinations";
import { settingsSchema } from "../../serving/settings";
import { serve } from "./support/serving";

interface Declaration {
  readonly type: string;
  readonly default: unknown;
}

type Config = Readonly<Record<string, Json>>;

const compute = (change: JsonObject): Config => ({ compute: { mode: "real-time", ...change } });
const serverless = (change: JsonObject, others: Config = {}): Config => ({
  network: "none",
  compute: { mode: "serverless", ...change },
  ...others,
});
const monitoring = (change: JsonObject): Config => ({
  capturePercentage: 10,
  monitoring: { mode: "data-quality", ...change },
});

/** Mistakes, each with the line that names its key. */
const mistakes: readonly (readonly [string, Config, RegExp])[] = [
  [
    "an unknown key",
    { stack: "dev" },
    /restate-serving:stack: unknown key; the keys are mainStack, modelPackageArn, endpointName/,
  ],
  [
    "a main stack without its project",
    { mainStack: "dev" },
    /restate-serving:mainStack: must be organization\/project\/stack/,
  ],
  [
    "the name of a model package in place of its ARN",
    { modelPackageArn: "restate-dev/3" },
    /restate-serving:modelPackageArn: must be the ARN of a version of a model package group/,
  ],
  [
    "the ARN of a group",
    { modelPackageArn: "arn:aws:sagemaker:us-east-1:444455556666:model-package-group/restate-dev" },
    /restate-serving:modelPackageArn: must be the ARN of a version/,
  ],
  [
    "a name that SageMaker's names have no room for",
    { endpointName: "california-housing" },
    /restate-serving:endpointName: must be 1 to 10 lower-case letters and digits/,
  ],
  ["an unknown mode", { compute: { mode: "batch" } }, /restate-serving:compute\.mode: /],
  [
    "an instance type of EC2",
    compute({ instanceType: "m5.large" }),
    /restate-serving:compute\.instanceType: must be a SageMaker instance type/,
  ],
  [
    "no instances",
    compute({ minInstances: 0 }),
    /restate-serving:compute\.minInstances: must be at least 1\b/,
  ],
  [
    "instances for a serverless endpoint",
    serverless({ minInstances: 2 }),
    /restate-serving:compute: unknown minInstances/,
  ],
  [
    "fewer instances at most than at least",
    compute({ minInstances: 3, maxInstances: 2 }),
    /restate-serving:compute: maxInstances is 2, but minInstances is 3/,
  ],
  [
    "memory that is no whole number of gigabytes",
    serverless({ memoryMegabytes: 1500 }),
    /restate-serving:compute\.memoryMegabytes: must be a multiple of 1024/,
  ],
  [
    "more memory than there is",
    serverless({ memoryMegabytes: 7168 }),
    /restate-serving:compute\.memoryMegabytes: must be at most 6144\b/,
  ],
  [
    "more warm compute than requests",
    serverless({ maxConcurrency: 2, provisionedConcurrency: 3 }),
    /restate-serving:compute: provisionedConcurrency is 3, but maxConcurrency is only 2/,
  ],
  [
    "a serverless endpoint in a network",
    { compute: { mode: "serverless" } },
    /restate-serving:network: must be none if compute is serverless/,
  ],
  [
    "a serverless endpoint that keeps requests",
    serverless({}, { capturePercentage: 10 }),
    /restate-serving:capturePercentage: must be 0 if compute is serverless/,
  ],
  [
    "a serverless endpoint that is monitored",
    serverless({}, { monitoring: { mode: "data-quality" } }),
    /restate-serving:monitoring: mode must be none if compute is serverless/,
  ],
  [
    "a serverless endpoint that is updated in steps",
    serverless({}, { update: { strategy: "canary" } }),
    /restate-serving:update: strategy must be all-at-once if compute is serverless/,
  ],
  [
    "more than all requests",
    { capturePercentage: 101 },
    /restate-serving:capturePercentage: must be at most 100\b/,
  ],
  [
    "an unknown network",
    { network: "vpc" },
    /restate-serving:network: must be one of main-stack, none$/m,
  ],
  ["an unknown strategy", { update: { strategy: "shadow" } }, /restate-serving:update\.strategy: /],
  [
    "a wait between the steps of one step",
    { update: { strategy: "all-at-once", waitSeconds: 60 } },
    /restate-serving:update: unknown waitSeconds/,
  ],
  [
    "a canary of more than half",
    {
      ...compute({ minInstances: 2, maxInstances: 2 }),
      update: { strategy: "canary", percent: 60 },
    },
    /restate-serving:update\.percent: must be at most 50\b/,
  ],
  [
    "a canary of one instance",
    { update: { strategy: "canary" } },
    /restate-serving:update: 50 percent of 1 instance \(compute\.minInstances\) is not a whole instance/,
  ],
  [
    "steps of less than an instance",
    {
      ...compute({ minInstances: 4, maxInstances: 4 }),
      update: { strategy: "rolling", percent: 20 },
    },
    /restate-serving:update: 20 percent of 4 instances/,
  ],
  [
    "steps on instances that SageMaker takes none on",
    {
      ...compute({ instanceType: "ml.inf1.xlarge", minInstances: 2, maxInstances: 2 }),
      update: { strategy: "rolling" },
    },
    /restate-serving:update: strategy must be all-at-once on ml\.inf1\.xlarge/,
  ],
  [
    "steps that wait longer than an update may take",
    {
      ...compute({ minInstances: 10, maxInstances: 10 }),
      update: { strategy: "linear", percent: 10, waitSeconds: 1200 },
    },
    /restate-serving:update: waits 12300 seconds in total; at most 10800 are allowed/,
  ],
  [
    "alarms of nothing",
    { alarms: { serverErrors: 0 } },
    /restate-serving:alarms\.serverErrors: must be at least 1\b/,
  ],
  [
    "a schedule of monitoring that there is not",
    monitoring({ schedule: "weekly" }),
    /restate-serving:monitoring\.schedule: must be one of hourly, daily$/m,
  ],
  [
    "monitoring of requests that are not kept",
    { monitoring: { mode: "data-quality" } },
    /restate-serving:capturePercentage: must be more than 0 if monitoring is data-quality/,
  ],
];

describe("the configuration of serving", () => {
  for (const [what, config, line] of mistakes) {
    it(`refuses ${what}`, async () => {
      await rejects(serve(config), { message: line });
    });
  }

  it("lists all problems at once", async () => {
    await rejects(serve({ typo: 1, mainStack: "dev", capturePercentage: -1 }), {
      message: /The configuration of stack dev is not valid:.*mainStack.*capture.*typo/s,
    });
    await rejects(
      serve({
        compute: { mode: "serverless" },
        capturePercentage: 1,
        update: { strategy: "linear" },
      }),
      { message: /restate-serving:network.*restate-serving:capture.*restate-serving:update/s },
    );
  });

  for (const stack of ["dev", "prod"]) {
    it(`accepts Pulumi.${stack}.yaml`, () => {
      const text = readFileSync(`serving/Pulumi.${stack}.yaml`, "utf8");
      const { config } = parse(text) as { readonly config: Readonly<Record<string, unknown>> };
      const values = Object.entries(config).map(([key, value]) => [key.split(":")[1], value]);
      deepEqual(problemsAcrossKeys(settingsSchema.parse(Object.fromEntries(values))), []);
    });
  }

  describe("Pulumi.yaml", () => {
    const project = parse(readFileSync("serving/Pulumi.yaml", "utf8")) as {
      readonly config: Readonly<Record<string, Declaration>>;
    };
    const declared = Object.entries(project.config);

    for (const [key, { default: value, type }] of declared) {
      it(`has the program's default for ${key}`, () => {
        const name = key.replace("restate-serving:", "");
        const byDefault = settingsSchema.parse({})[name as keyof typeof settingsSchema.shape];
        deepEqual(settingsSchema.parse({ [name]: value })[name as keyof object], byDefault);
        if (type === "object") {
          deepEqual(value, byDefault); // each member of it is shown
        } else {
          equal(value, byDefault ?? "");
        }
      });
    }
  });
});
