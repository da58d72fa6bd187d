import { z } from "zod";

import { optionalText } from "../config/fields";
import { instanceType } from "../pipeline/instanceTypes";

const instances = z.int().min(1).max(100);

/** Instances that run all the time. */
const realTime = z.strictObject({
  mode: z.literal("real-time").describe("Instances that run all the time."),
  instanceType: instanceType.default("ml.m5.large").describe("Their type."),
  minInstances: instances.default(1).describe("Minimum number of instances."),
  maxInstances: instances
    .default(1)
    .describe("Maximum number of instances: above the minimum, the endpoint scales."),
  invocationsPerInstance: z
    .int()
    .min(1)
    .default(1000)
    .describe("Requests in a minute that an instance should get, which scaling aims at."),
});

/** Compute that comes with the requests, and costs nothing without them. */
const serverless = z.strictObject({
  mode: z
    .literal("serverless")
    .describe("Compute that comes with the requests, and costs nothing without them."),
  memoryMegabytes: z
    .int()
    .min(1024)
    .max(6144)
    .multipleOf(1024, "must be a multiple of 1024")
    .default(2048)
    .describe("Memory in megabytes, a multiple of 1024."),
  maxConcurrency: z
    .int()
    .min(1)
    .max(200)
    .default(5)
    .describe("Maximum number of requests that are answered at once."),
  provisionedConcurrency: z
    .int()
    .min(0)
    .max(200)
    .default(0)
    .describe("Requests for which compute is kept warm."),
});

const waitSeconds = z
  .int()
  .min(0)
  .max(3600)
  .default(300)
  .describe("Seconds between two steps of an update, in which the alarms can roll it back.");

const terminationWaitSeconds = z
  .int()
  .min(0)
  .max(3600)
  .default(300)
  .describe("Seconds that the old instances stay after an update, for the alarms to roll back to.");

const allAtOnce = z.strictObject({
  strategy: z.literal("all-at-once").describe("All requests go to the new instances in one step."),
  terminationWaitSeconds,
});

const update = z.discriminatedUnion("strategy", [
  allAtOnce,
  z.strictObject({
    strategy: z
      .literal("canary")
      .describe("First a part of the instances gets requests, then all."),
    percent: z.int().min(1).max(50).default(50).describe("The first part, in percent."),
    waitSeconds,
    terminationWaitSeconds,
  }),
  z.strictObject({
    strategy: z.literal("linear").describe("One equal part of the instances after another."),
    percent: z.int().min(10).max(50).default(50).describe("Each part, in percent."),
    waitSeconds,
    terminationWaitSeconds,
  }),
  z.strictObject({
    strategy: z
      .literal("rolling")
      .describe("As linear, but each step ends old instances: it needs the fewest instances."),
    percent: z.int().min(5).max(50).default(50).describe("Each part, in percent."),
    waitSeconds,
  }),
]);

const monitoring = z.discriminatedUnion("mode", [
  z.strictObject({ mode: z.literal("none").describe("They are not compared.") }),
  z.strictObject({
    mode: z
      .literal("data-quality")
      .describe("Model Monitor compares the requests with the training data."),
    schedule: z.enum(["hourly", "daily"]).default("hourly").describe("How often it compares them."),
    instanceType: instanceType.default("ml.m5.xlarge").describe("Instance type of its jobs."),
    volumeGigabytes: z
      .int()
      .min(1)
      .max(16384)
      .default(20)
      .describe("Size of the volume of its jobs, in gigabytes."),
    startPipeline: z
      .boolean()
      .default(false)
      .describe("Whether drift starts the main stack's pipeline."),
  }),
]);

/**
 * The keys of the namespace `restate-serving`: types, defaults and texts. Pulumi.yaml's block and the README's tables
 * are written from it by `npm run docs`.
 */
export const settingsSchema = z.strictObject({
  mainStack: z
    .string()
    .regex(
      /^[\w.-]+\/[\w.-]+\/[\w.-]+$/,
      "must be organization/project/stack, such as organization/restate/dev",
    )
    .default("organization/restate/dev")
    .describe(
      "The stack whose models are served, as organization/project/stack. With a backend of your own the organization " +
        "is called organization.",
    ),
  modelPackageArn: optionalText(
    /^arn:aws[a-z-]*:sagemaker:[a-z0-9-]+:\d{12}:model-package\/[A-Za-z0-9-]+\/\d+$/,
    "must be the ARN of a version of a model package group",
  ).describe(
    "ARN of the model package to serve, which must be approved. Empty: the latest approved one of the main stack's " +
      "group, looked up at each update.",
  ),
  // Names of 63 characters have room for no more.
  endpointName: z
    .string()
    .regex(
      /^[a-z][a-z0-9]{0,9}$/,
      "must be 1 to 10 lower-case letters and digits that begin with a letter",
    )
    .default("model")
    .describe(
      "What the endpoint's name ends with, after that of the main stack's pipeline, as in restate-dev-model: at most " +
        "10 lower-case letters and digits.",
    ),
  compute: z
    .discriminatedUnion("mode", [realTime, serverless])
    .prefault(realTime.parse({ mode: "real-time" }))
    .describe("What the endpoint runs on."),
  network: z
    .enum(["main-stack", "none"])
    .default("main-stack")
    .describe(
      "Where the endpoint and its monitoring run: where the main stack's jobs run, or in SageMaker's own network. A " +
        "serverless endpoint has no other.",
    ),
  capturePercentage: z
    .int()
    .min(0)
    .max(100)
    .default(0)
    .describe(
      "Percentage of the requests that are kept in the main stack's bucket with their answers. Monitoring needs them; a " +
        "serverless endpoint keeps none.",
    ),
  update: update
    .prefault(allAtOnce.parse({ strategy: "all-at-once" }))
    .describe(
      "How the endpoint switches to another model. While it waits, the alarms can roll it back.",
    ),
  alarms: z
    .strictObject({
      serverErrors: z.int().min(1).default(5).describe("Answers of 5xx in a minute."),
      latencyMilliseconds: z
        .int()
        .min(1)
        .default(1000)
        .describe("The model's time for an answer in milliseconds, the average of a minute."),
    })
    .prefault({ serverErrors: 5, latencyMilliseconds: 1000 })
    .describe("When the alarms go off."),
  monitoring: monitoring
    .prefault({ mode: "none" })
    .describe("Whether the requests are compared with the data that the model was trained on."),
});

/** The stack's configuration, complete and valid. */
export type Settings = z.output<typeof settingsSchema>;

/** What the endpoint runs on. */
export type Compute = Settings["compute"];

/** How the endpoint switches to another model. */
export type Update = Settings["update"];

/** When an endpoint alarms. */
export type AlarmThresholds = Settings["alarms"];

/** How the requests are compared with the training data. */
export type DataQualityMonitoring = Extract<Settings["monitoring"], { mode: "data-quality" }>;
