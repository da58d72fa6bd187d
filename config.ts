import * as pulumi from "@pulumi/pulumi";
import { existsSync } from "node:fs";
import { z } from "zod";

import { type Candidate, candidatesSchema, defaultCandidates } from "./pipeline/candidates";
import { check } from "./pipeline/check";
import { californiaHousing, type Dataset, datasetSchema } from "./pipeline/dataset";
import { pipelineDefinition } from "./pipeline/definition";
import { type NetworkSettings, networkSchema } from "./components/networkSettings";
import { modelApprovalStatuses, type ParameterDefaults } from "./pipeline/parameters";
import { withPlaceholders } from "./pipeline/placeholders";

/** The stack's configuration, complete and valid. */
export interface Settings extends ParameterDefaults {
  /** AWS region, from `aws:region`. */
  readonly region: string;
  /** The table to learn from. */
  readonly dataset: Dataset;
  /** What is tuned and compared. */
  readonly candidates: readonly Candidate[];
  /** File to upload as the table's data, relative to the project; undefined: the data is there. */
  readonly dataFile: string | undefined;
  /** Whether each model is registered with a baseline of its training data, to find drift against. */
  readonly dataQualityBaseline: boolean;
  /** Revision of the source that is deployed, which each model keeps; undefined: none is given. */
  readonly gitRevision: string | undefined;
  /** Image that the Decision Tree image is built on; undefined: the one that its Dockerfile names. */
  readonly baseImage: string | undefined;
  /** Whether the Decision Tree image is registered as a SageMaker Image too. */
  readonly sageMakerImage: boolean;
  /** Most steps that an execution runs at once. */
  readonly parallelSteps: number;
  /** When the pipeline starts by itself, as EventBridge Scheduler writes it; undefined: never. */
  readonly schedule: string | undefined;
  /** Whether the pipeline starts when a file of the table arrives in the stack's bucket. */
  readonly startOnNewData: boolean;
  /** Addresses to notify of failed executions and of models that await or get approval. */
  readonly notifyEmails: readonly string[];
  /** Whether there is a dashboard of the pipeline's executions. */
  readonly dashboard: boolean;
  /** Costs of the stack in a month, in US dollars, that are announced; undefined: no budget. */
  readonly monthlyBudget: number | undefined;
  /** Other accounts that may read and deploy the models. */
  readonly modelConsumers: readonly string[];
  /** Bucket that takes the access log of the stack's bucket; undefined: nothing is logged. */
  readonly accessLogBucket: string | undefined;
  /** ARN of the policy that limits all roles; undefined: there is none. */
  readonly permissionsBoundary: string | undefined;
  /** Where the jobs run. */
  readonly network: NetworkSettings;
  /** Whether `pulumi` refuses to delete the bucket, its key, the images and the model packages. */
  readonly protect: boolean;
  /** Whether `pulumi destroy` may delete data, images and model packages with what holds them. */
  readonly forceDestroy: boolean;
}

const instanceType = z
  .string()
  .regex(/^ml\.[a-z0-9-]+\.[a-z0-9-]+$/, "must be a SageMaker instance type, such as ml.m5.xlarge");

/** A text that may be empty, as a default in Pulumi.yaml must be something. */
const emptyIsNone = z
  .string()
  .default("")
  .transform((text) => (text === "" ? undefined : text));

/** What EventBridge Scheduler takes as a schedule. */
const schedulePattern =
  /^(rate\([1-9]\d* (minute|hour|day)s?\)|cron\(\S+( \S+){5}\)|at\(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\))$/;

/**
 * The keys of the namespace `restate`, each with its default. Pulumi.yaml declares the same keys with the
 * same defaults, so that `pulumi config` can show them; a test holds the two together.
 */
export const settingsSchema = z.strictObject({
  dataset: datasetSchema.prefault(californiaHousing),
  candidates: candidatesSchema.prefault(defaultCandidates),
  dataFile: emptyIsNone.refine(
    (path) => path === undefined || existsSync(path),
    "there is no such file (paths are relative to the project)",
  ),
  baseImage: emptyIsNone,
  dataQualityBaseline: z.boolean().default(false),
  gitRevision: emptyIsNone.refine(
    (revision) => revision === undefined || /^[0-9a-f]{7,40}$/.test(revision),
    "must be 7 to 40 hexadecimal digits, as `git rev-parse HEAD` prints them",
  ),
  processingInstanceType: instanceType.default("ml.m5.4xlarge"),
  processingInstanceCount: z.int().min(1).max(100).default(1),
  trainingInstanceType: instanceType.default("ml.m5.xlarge"),
  modelApprovalStatus: z.enum(modelApprovalStatuses).default("PendingManualApproval"),
  minimumR2: z.number().max(1).default(0),
  sageMakerImage: z.boolean().default(false),
  parallelSteps: z.int().min(1).max(50).default(10),
  schedule: emptyIsNone.refine(
    (schedule) => schedule === undefined || schedulePattern.test(schedule),
    "must be rate(...), cron(...) of six fields, or at(...), such as cron(0 6 ? * MON *)",
  ),
  startOnNewData: z.boolean().default(false),
  notifyEmails: z.array(z.email()).max(20).default([]),
  dashboard: z.boolean().default(false),
  monthlyBudget: z
    .int()
    .min(0)
    .default(0)
    .transform((dollars) => (dollars === 0 ? undefined : dollars)),
  modelConsumers: z
    .array(z.string().regex(/^\d{12}$/, "must be the 12 digits of an account, in quotes"))
    .max(20)
    .default([]),
  accessLogBucket: emptyIsNone.refine(
    (bucket) => bucket === undefined || /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket),
    "must be the name of a bucket",
  ),
  permissionsBoundary: emptyIsNone.refine(
    (arn) => arn === undefined || /^arn:aws[a-z-]*:iam::(\d{12}|aws):policy\/.+$/.test(arn),
    "must be the ARN of an IAM policy",
  ),
  network: networkSchema,
  protect: z.boolean().default(true),
  forceDestroy: z.boolean().default(false),
});

/** Keys whose values are plain strings in every Pulumi.<stack>.yaml; all others are JSON. */
const stringKeys = new Set<string>([
  "accessLogBucket",
  "baseImage",
  "gitRevision",
  "dataFile",
  "modelApprovalStatus",
  "permissionsBoundary",
  "schedule",
  "processingInstanceType",
  "trainingInstanceType",
]);

/** Keys that come from other tools: Pulumi's own settings share no namespace with ours. */
const namespace = "restate";

/** The longest stack name with which every physical name fits its service's limit. */
const stackPattern = /^[a-z][a-z0-9-]{0,19}$/;

const regionPattern = /^[a-z]{2}(-[a-z]+)+-\d$/;

function parseValue(key: string, raw: string): unknown {
  if (stringKeys.has(key)) {
    return raw;
  }
  try {
    return JSON.parse(raw) as unknown;
  } catch {
    return raw;
  }
}

/** A place in the configuration: its key, and the path inside its value. */
function place(path: readonly PropertyKey[]): string {
  const [key, ...rest] = path;
  const inside = rest.map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`));
  return `${namespace}:${String(key)}${inside.join("")}`;
}

/** What a validation issue means, a line for each problem in it. */
function describeIssue(issue: z.core.$ZodIssue): readonly string[] {
  if (issue.code === "unrecognized_keys") {
    const allowed = Object.keys(settingsSchema.shape).join(", ");
    return issue.path.length === 0
      ? issue.keys.map((key) => `${place([key])}: unknown key; the keys are ${allowed}`)
      : [`${place(issue.path)}: unknown ${issue.keys.join(", ")}`];
  }
  if (issue.code === "invalid_union") {
    // Of the alternatives, the one that fails only inside is the one that was meant.
    const meant = issue.errors.find((alternative) =>
      alternative.every(({ path }) => path.length > 0),
    );
    return meant === undefined
      ? [
          `${place(issue.path)}: ${issue.errors
            .flat()
            .map(({ message }) => message)
            .join("; or ")}`,
        ]
      : meant.flatMap((inner) => describeIssue({ ...inner, path: [...issue.path, ...inner.path] }));
  }
  return [`${place(issue.path)}: ${issue.message}`];
}

/** What would be wrong with the definition of a configuration: too many candidates make it too long. */
function definitionProblems(settings: z.output<typeof settingsSchema>): readonly string[] {
  const definition = pipelineDefinition(withPlaceholders({ ...settings, parameters: settings }));
  return check(definition).map((problem) => `${namespace}:candidates: ${problem}`);
}

/**
 * Reads and validates the stack's configuration. The only place that reads `pulumi.Config`.
 *
 * @throws pulumi.RunError that lists every problem, each by its key, with what is allowed
 */
export function loadSettings(): Settings {
  const problems: string[] = [];
  const raw = Object.fromEntries(
    Object.entries(pulumi.runtime.allConfig()).flatMap(([key, value]) =>
      key.startsWith(`${namespace}:`)
        ? [[key.slice(namespace.length + 1), parseValue(key.slice(namespace.length + 1), value)]]
        : [],
    ),
  );
  const parsed = settingsSchema.safeParse(raw);
  if (parsed.success) {
    problems.push(...definitionProblems(parsed.data));
    if (parsed.data.protect && parsed.data.forceDestroy) {
      problems.push(
        `${place(["forceDestroy"])}: is true, but ${place(["protect"])} is true too; set one of the two`,
      );
    }
    if (parsed.data.startOnNewData && parsed.data.dataset.location !== undefined) {
      problems.push(
        `${place(["startOnNewData"])}: sees what arrives in the stack's own bucket, but dataset.location names ` +
          "another place; set one of the two",
      );
    }
    if (parsed.data.dataFile !== undefined && parsed.data.dataset.location !== undefined) {
      problems.push(
        `${place(["dataFile"])}: is uploaded to the stack's own bucket, but dataset.location names another ` +
          "place; set one of the two",
      );
    }
  } else {
    problems.push(...parsed.error.issues.flatMap(describeIssue));
  }
  const region = new pulumi.Config("aws").get("region");
  if (region === undefined) {
    problems.push("aws:region: missing; set it by `pulumi config set aws:region us-east-1`");
  } else if (!regionPattern.test(region)) {
    problems.push(`aws:region: "${region}" is no region, such as us-east-1`);
  }
  const stack = pulumi.getStack();
  if (!stackPattern.test(stack)) {
    problems.push(
      `stack name "${stack}": must be 1 to 20 lower-case letters, digits and hyphens that begin with a ` +
        "letter, since bucket, Glue and pipeline names carry it",
    );
  }
  if (!parsed.success || region === undefined || problems.length > 0) {
    throw new pulumi.RunError(
      `The configuration of stack ${stack} is not valid:\n  ${problems.join("\n  ")}`,
    );
  }
  return { ...parsed.data, region };
}
