import * as pulumi from "@pulumi/pulumi";
import { existsSync } from "node:fs";
import { z } from "zod";

import { type Candidate, candidatesSchema, defaultCandidates } from "./pipeline/candidates";
import { californiaHousing, type Dataset, datasetSchema } from "./pipeline/dataset";
import { modelApprovalStatuses, type ParameterDefaults } from "./pipeline/parameters";

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
  /** Image that the Decision Tree image is built on; undefined: the one that its Dockerfile names. */
  readonly baseImage: string | undefined;
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
  processingInstanceType: instanceType.default("ml.m5.4xlarge"),
  processingInstanceCount: z.int().min(1).max(100).default(1),
  trainingInstanceType: instanceType.default("ml.m5.xlarge"),
  modelApprovalStatus: z.enum(modelApprovalStatuses).default("PendingManualApproval"),
  minimumR2: z.number().max(1).default(0),
  forceDestroy: z.boolean().default(false),
});

/** Keys whose values are plain strings in every Pulumi.<stack>.yaml; all others are JSON. */
const stringKeys = new Set<string>([
  "baseImage",
  "dataFile",
  "modelApprovalStatus",
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

function describeIssue(issue: z.core.$ZodIssue): string {
  const [key, ...rest] = issue.path;
  const path = rest
    .map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`))
    .join("");
  if (issue.code === "unrecognized_keys") {
    const allowed = Object.keys(settingsSchema.shape).join(", ");
    const where = key === undefined ? namespace : `${namespace}:${String(key)}${path}`;
    return key === undefined
      ? issue.keys
          .map((one) => `${namespace}:${one}: unknown key; the keys are ${allowed}`)
          .join("\n")
      : `${where}: unknown ${issue.keys.join(", ")}`;
  }
  return `${namespace}:${String(key)}${path}: ${issue.message}`;
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
  if (!parsed.success) {
    problems.push(...parsed.error.issues.map(describeIssue));
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
