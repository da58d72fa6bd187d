import { z } from "zod";

import { emptyIsNone, instanceType } from "../configReader";

/** Instances that run all the time. */
const realTime = z.strictObject({
  mode: z.literal("real-time"),
  /** Default ml.m5.large. */
  instanceType: instanceType.default("ml.m5.large"),
  /** Instances that there are at least. Default 1. */
  minInstances: z.int().min(1).max(100).default(1),
  /** Instances that there are at most: more than the least make the endpoint scale. Default 1. */
  maxInstances: z.int().min(1).max(100).default(1),
  /** Requests in a minute that an instance should get, which scaling aims at. Default 1000. */
  invocationsPerInstance: z.int().min(1).default(1000),
});

/** Compute that comes with the requests, and costs nothing without them. */
const serverless = z.strictObject({
  mode: z.literal("serverless"),
  /** Default 2048. */
  memoryMegabytes: z
    .int()
    .min(1024)
    .max(6144)
    .multipleOf(1024, "must be a multiple of 1024")
    .default(2048),
  /** Requests that are answered at once, at most. Default 5. */
  maxConcurrency: z.int().min(1).max(200).default(5),
  /** Requests for which compute is kept warm. Default 0: none is. */
  provisionedConcurrency: z.int().min(0).max(200).default(0),
});

/** Seconds between two steps of an update, in which the alarms can roll it back. */
const waitSeconds = z.int().min(0).max(3600).default(300);

/** Seconds that the old instances stay after an update, for the alarms to go back to. */
const terminationWaitSeconds = z.int().min(0).max(3600).default(300);

const update = z.discriminatedUnion("strategy", [
  /** All requests go to the new instances in one step. */
  z.strictObject({ strategy: z.literal("all-at-once"), terminationWaitSeconds }),
  /** First a part of the instances gets requests, then all. */
  z.strictObject({
    strategy: z.literal("canary"),
    percent: z.int().min(1).max(50).default(50),
    waitSeconds,
    terminationWaitSeconds,
  }),
  /** One equal part of the instances after another. */
  z.strictObject({
    strategy: z.literal("linear"),
    percent: z.int().min(10).max(50).default(50),
    waitSeconds,
    terminationWaitSeconds,
  }),
  /** As linear, but each step ends old instances: it needs the fewest instances. */
  z.strictObject({
    strategy: z.literal("rolling"),
    percent: z.int().min(5).max(50).default(50),
    waitSeconds,
  }),
]);

const monitoring = z.discriminatedUnion("mode", [
  z.strictObject({ mode: z.literal("none") }),
  /** Model Monitor's comparison of the requests with the training data. */
  z.strictObject({
    mode: z.literal("data-quality"),
    /** Default hourly. */
    schedule: z.enum(["hourly", "daily"]).default("hourly"),
    /** Default ml.m5.xlarge. */
    instanceType: instanceType.default("ml.m5.xlarge"),
    /** Default 20. */
    volumeGigabytes: z.int().min(1).max(16384).default(20),
    /** Whether drift starts the main stack's pipeline. Default false. */
    startPipeline: z.boolean().default(false),
  }),
]);

/**
 * The keys of the namespace `restate-serving`, each with its default. Pulumi.yaml declares the same keys
 * with the same defaults; a test holds the two together.
 */
export const settingsSchema = z.strictObject({
  /** The stack whose models are served. */
  mainStack: z
    .string()
    .regex(
      /^[\w.-]+\/[\w.-]+\/[\w.-]+$/,
      "must be organization/project/stack, such as organization/restate/dev",
    )
    .default("organization/restate/dev"),
  /** The model package to serve; undefined: the latest approved one. */
  modelPackageArn: emptyIsNone.refine(
    (arn) =>
      arn === undefined ||
      /^arn:aws[a-z-]*:sagemaker:[a-z0-9-]+:\d{12}:model-package\/[A-Za-z0-9-]+\/\d+$/.test(arn),
    "must be the ARN of a version of a model package group",
  ),
  /** What the endpoint's name ends with. Names of 63 characters have room for no more. */
  endpointName: z
    .string()
    .regex(
      /^[a-z][a-z0-9]{0,9}$/,
      "must be 1 to 10 lower-case letters and digits that begin with a letter",
    )
    .default("model"),
  /** What the endpoint runs on. */
  compute: z.discriminatedUnion("mode", [realTime, serverless]).prefault({ mode: "real-time" }),
  /** Where the endpoint and its monitoring run. */
  network: z.enum(["main-stack", "none"]).default("main-stack"),
  /** Percentage of the requests that are kept. */
  capturePercentage: z.int().min(0).max(100).default(0),
  /** How the endpoint goes over to another model. */
  update: update.prefault({ strategy: "all-at-once" }),
  /** What the alarms are about. */
  alarms: z
    .strictObject({
      /** Answers of 5xx in a minute. Default 5. */
      serverErrors: z.int().min(1).default(5),
      /** The model's time for an answer, the average of a minute. Default 1000. */
      latencyMilliseconds: z.int().min(1).default(1000),
    })
    .prefault({}),
  /** Whether the requests are compared with the data that the model learnt from. */
  monitoring: monitoring.prefault({ mode: "none" }),
});

/** Keys whose values are plain strings; all others are JSON. */
export const stringKeys = new Set(["mainStack", "modelPackageArn", "endpointName", "network"]);

/** The stack's configuration, complete and valid. */
export type Settings = z.output<typeof settingsSchema>;

/** What the endpoint runs on. */
export type Compute = Settings["compute"];

/** How the endpoint goes over to another model. */
export type Update = Settings["update"];

/** When an endpoint alarms. */
export type AlarmThresholds = Settings["alarms"];

/** How the requests are compared with the training data. */
export type DataQualityMonitoring = Extract<Settings["monitoring"], { mode: "data-quality" }>;
