import { z } from "zod";

import { optionalText } from "../config/fields";
import { flag, integer, text } from "../pipeline/configFields";
import { driftThresholds } from "../pipeline/driftThresholds";
import { instanceType, parameterInstanceType } from "../pipeline/instanceTypes";

const instances = integer(1, 100);

const volumeGigabytes = integer(1, 16384).describe("Size of the volume of its jobs, in gigabytes.");

const schedule = z.enum(["hourly", "daily"]).describe("How often it compares them.");

/** Instances that run all the time. */
const realTime = z.strictObject({
  mode: z.literal("real-time").describe("Instances that run all the time."),
  instanceType: instanceType.default("ml.m5.large").describe("Their type."),
  minInstances: instances.default(1).describe("Minimum number of instances."),
  maxInstances: instances
    .default(1)
    .describe("Maximum number of instances: above the minimum, the endpoint scales."),
  invocationsPerInstance: integer(1)
    .default(1000)
    .describe("Requests per minute and instance that scaling aims for."),
});

/** Compute on demand, which costs nothing without requests. */
const serverless = z.strictObject({
  mode: z
    .literal("serverless")
    .describe("Compute on demand, which costs nothing without requests."),
  memoryMegabytes: integer(1024, 6144)
    .multipleOf(1024, "must be a multiple of 1024")
    .default(2048)
    .describe("Memory in megabytes, a multiple of 1024."),
  maxConcurrency: integer(1, 200).default(5).describe("Maximum number of concurrent requests."),
  provisionedConcurrency: integer(0, 200)
    .default(0)
    .describe("Number of concurrent requests for which compute is kept warm."),
});

const waitSeconds = integer(0, 3600)
  .default(300)
  .describe("Seconds between two steps of an update, during which the alarms can roll it back.");

const terminationWaitSeconds = integer(0, 3600)
  .default(300)
  .describe("Seconds to keep the old instances after an update, so that the alarms can roll back.");

const allAtOnce = z.strictObject({
  strategy: z.literal("all-at-once").describe("All requests go to the new instances in one step."),
  terminationWaitSeconds,
});

const update = z.discriminatedUnion("strategy", [
  allAtOnce,
  z.strictObject({
    strategy: z
      .literal("canary")
      .describe("Requests go to some of the new instances first, then to all."),
    percent: integer(1, 50).default(50).describe("Size of the first step, in percent."),
    waitSeconds,
    terminationWaitSeconds,
  }),
  z.strictObject({
    strategy: z.literal("linear").describe("Requests move to the new instances in equal steps."),
    percent: integer(10, 50).default(50).describe("Size of each step, in percent."),
    waitSeconds,
    terminationWaitSeconds,
  }),
  z.strictObject({
    strategy: z
      .literal("rolling")
      .describe(
        "Like linear, but each step stops old instances, so it needs the fewest instances.",
      ),
    percent: integer(5, 50).default(50).describe("Size of each step, in percent."),
    waitSeconds,
  }),
]);

const monitoring = z.discriminatedUnion("mode", [
  z.strictObject({ mode: z.literal("none").describe("No monitoring.") }),
  z.strictObject({
    mode: z
      .literal("data-quality")
      .describe("Model Monitor compares the requests with the training data."),
    schedule: schedule.default("hourly"),
    instanceType: instanceType.default("ml.m5.xlarge").describe("Instance type of its jobs."),
    volumeGigabytes: volumeGigabytes.default(20),
    startPipeline: flag("Whether drift starts the main stack's pipeline."),
  }),
  z.strictObject({
    mode: z
      .literal("drift")
      .describe(
        "The project's own job compares the requests, the predictions and, where labels arrive, the errors with the " +
          "model's reference (restate:driftReference in the main stack).",
      ),
    schedule: schedule.default("daily"),
    instanceType: parameterInstanceType("choose a type without them, such as ml.m5.large")
      .default("ml.m5.large")
      .describe("Instance type of its jobs."),
    volumeGigabytes: volumeGigabytes.default(10),
    ...driftThresholds,
    labelDays: integer(1, 60)
      .default(7)
      .describe("Number of days within which the label of a request may arrive."),
    retrain: flag("Whether drift starts the main stack's pipeline."),
  }),
]);

/**
 * The keys of the namespace `restate-serving`: types, defaults and descriptions. `npm run docs` writes Pulumi.yaml's block
 * and the README's tables from it.
 */
export const settingsSchema = z.strictObject({
  mainStack: text(
    /^[\w.-]+\/[\w.-]+\/[\w.-]+$/,
    "must be organization/project/stack, such as organization/restate/dev",
  )
    .default("organization/restate/dev")
    .describe(
      "The stack whose models are served, as organization/project/stack. Without Pulumi Cloud, the first part is the " +
        "word organization.",
    ),
  modelPackageArn: optionalText(
    /^arn:aws[a-z-]*:sagemaker:[a-z0-9-]+:\d{12}:model-package\/[A-Za-z0-9-]+\/\d+$/,
    "must be the ARN of a version of a model package group",
  ).describe(
    "ARN of the model package to serve, which must be approved. Empty: the latest approved one in the main stack's " +
      "group, looked up at each update.",
  ),
  // Names of 63 characters have room for no more.
  endpointName: text(
    /^[a-z][a-z0-9]{0,9}$/,
    "must be 1 to 10 lower-case letters and digits, beginning with a letter",
  )
    .default("model")
    .describe(
      "Suffix of the endpoint's name, after the name of the main stack's pipeline, as in restate-dev-model: at most 10 " +
        "lower-case letters and digits.",
    ),
  compute: z
    .discriminatedUnion("mode", [realTime, serverless])
    .prefault(realTime.parse({ mode: "real-time" }))
    .describe("What the endpoint runs on."),
  network: z
    .enum(["main-stack", "none"])
    .default("main-stack")
    .describe(
      "Network of the endpoint and its monitoring: that of the main stack's jobs, or none for SageMaker's own. A " +
        "serverless endpoint needs none.",
    ),
  capturePercentage: integer(0, 100)
    .default(0)
    .describe(
      "Percentage of requests to capture, with their responses, in the main stack's bucket. Monitoring needs them; a " +
        "serverless endpoint cannot capture any.",
    ),
  update: update
    .prefault(allAtOnce.parse({ strategy: "all-at-once" }))
    .describe(
      "How the endpoint switches to another model. While the update waits, the alarms can roll it back.",
    ),
  alarms: z
    .strictObject({
      serverErrors: integer(1).default(5).describe("Number of 5xx responses in a minute."),
      latencyMilliseconds: integer(1)
        .default(1000)
        .describe("The model's average latency over a minute, in milliseconds."),
    })
    .prefault({ serverErrors: 5, latencyMilliseconds: 1000 })
    .describe("Thresholds of the alarms."),
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

/** Thresholds of an endpoint's alarms. */
export type AlarmThresholds = Settings["alarms"];

/** How the requests are compared with the training data. */
export type DataQualityMonitoring = Extract<Settings["monitoring"], { mode: "data-quality" }>;

/** Settings of the project's own drift job. */
export type DriftMonitoring = Extract<Settings["monitoring"], { mode: "drift" }>;
