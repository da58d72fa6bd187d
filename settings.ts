import { existsSync, statSync } from "node:fs";
import { z } from "zod";

import { mostDataFiles } from "./components/dataFiles";
import { networkSchema } from "./components/networkSettings";
import { isCron, isSchedule } from "./components/scheduleExpressions";
import { emptyIsNone, existing, instanceType, type ProblemAcrossKeys } from "./configReader";
import { candidatesSchema, defaultCandidates } from "./pipeline/candidates";
import { californiaHousing } from "./pipeline/californiaHousing";
import { dataFileProblems } from "./pipeline/dataFiles/check";
import { dataFilePaths } from "./pipeline/dataFiles/paths";
import { datasetSchema } from "./pipeline/datasetSchema";
import { modelApprovalStatuses } from "./pipeline/parameters";

/** Longest name of a table: its saved queries' names carry it and the stack's, in 128 characters. */
const longestTable = 90;

const accountDigits =
  "must be the 12 digits of an account, in quotes (without them it is a number, which loses zeros at its start)";

/** Most characters of the deployers in all: IAM allows 2,048 to the trust policy that lists them. */
const longestDeployers = 1600;

/**
 * The keys of the namespace `restate`, each with its default. Pulumi.yaml declares the same keys with the
 * same defaults, so that `pulumi config` can show them; a test holds the two together.
 */
export const settingsSchema = z.strictObject({
  /** The table to learn from. */
  dataset: datasetSchema.prefault(californiaHousing),
  /** What is tuned and compared. */
  candidates: candidatesSchema.prefault(defaultCandidates),
  /** File or folder to upload as the table's data, relative to the project; undefined: it is there. */
  dataFile: emptyIsNone.superRefine((path, context) => {
    if (path === undefined) {
      return;
    }
    if (!existsSync(path)) {
      context.addIssue("there is no such file or folder (paths are relative to the project)");
      return;
    }
    let count: number;
    try {
      count = dataFilePaths(path).length;
    } catch (error) {
      context.addIssue(`cannot be read: ${(error as Error).message}`);
      return;
    }
    if (count === 0 || count > mostDataFiles) {
      context.addIssue(
        `holds ${count} files; 1 to ${mostDataFiles} can be uploaded from here, so put others there yourself`,
      );
    }
  }),
  /** Crawler of the table's partitions: on-demand, or when it runs; undefined: there is none. */
  crawler: z
    .string()
    .default("none")
    .transform((crawler) => (crawler === "none" ? undefined : crawler))
    .refine(
      (crawler) => crawler === undefined || crawler === "on-demand" || isCron(crawler),
      "must be none, on-demand, or cron(...) of six fields, one day of them ?, such as cron(0 6 * * ? *)",
    ),
  /** Whether Glue's catalogue, the account's, is encrypted with the stack's key. */
  encryptCatalog: z.boolean().default(false),
  /** Image that the Decision Tree image is built on; undefined: the one that its Dockerfile names. */
  baseImage: emptyIsNone.refine(
    (image) => image === undefined || /^[a-z0-9][\w.:/@-]*$/i.test(image),
    "must be the name of an image, such as python:3.12-slim-bookworm",
  ),
  /** Whether each model is registered with a baseline of its training data, to find drift against. */
  dataQualityBaseline: z.boolean().default(false),
  /** Revision of the source that is deployed, which each model keeps; undefined: none is given. */
  gitRevision: emptyIsNone.refine(
    (revision) => revision === undefined || /^[0-9a-f]{7,40}$/.test(revision),
    "must be 7 to 40 hexadecimal digits, as `git rev-parse HEAD` prints them",
  ),
  /** Defaults of the pipeline's parameters of these names. */
  processingInstanceType: instanceType.default("ml.m5.4xlarge"),
  processingInstanceCount: z.int().min(1).max(100).default(1),
  trainingInstanceType: instanceType.default("ml.m5.xlarge"),
  modelApprovalStatus: z.enum(modelApprovalStatuses).default("PendingManualApproval"),
  minimumR2: z.number().max(1).default(0),
  /** Whether the Decision Tree image is registered as a SageMaker Image too. */
  sageMakerImage: z.boolean().default(false),
  /** Most steps that an execution runs at once. */
  parallelSteps: z.int().min(1).max(50).default(10),
  /** When the pipeline starts by itself, as EventBridge Scheduler writes it; undefined: never. */
  schedule: emptyIsNone.refine(
    (schedule) => schedule === undefined || isSchedule(schedule),
    "must be rate(...), at(...), or cron(...) of six fields, one day of them ?, such as cron(0 6 ? * MON *)",
  ),
  /** Whether the pipeline starts when a file of the table arrives in the stack's bucket. */
  startOnNewData: z.boolean().default(false),
  /** Addresses to notify of failed executions and of models that await or get approval. */
  notifyEmails: z
    .array(z.email())
    .max(20)
    .refine((emails) => new Set(emails).size === emails.length, "must not list an address twice")
    .default([]),
  /** Whether there is a dashboard of the pipeline's executions. */
  dashboard: z.boolean().default(false),
  /** Costs of the stack in a month, in US dollars, that are announced; undefined: no budget. */
  monthlyBudget: z
    .int()
    .min(0)
    .default(0)
    .transform((dollars) => (dollars === 0 ? undefined : dollars)),
  /** Other accounts that may read and deploy the models. */
  modelConsumers: z
    .array(z.string(accountDigits).regex(/^\d{12}$/, accountDigits))
    .max(20)
    .default([]),
  /** Bucket that takes the access log of the stack's bucket; undefined: nothing is logged. */
  accessLogBucket: emptyIsNone.refine(
    (bucket) => bucket === undefined || /^(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket),
    "must be the name of a bucket",
  ),
  /** ARN of the policy that limits all roles; undefined: there is none. */
  permissionsBoundary: emptyIsNone.refine(
    (arn) =>
      arn === undefined || /^arn:aws[a-z-]*:iam::(\d{12}|aws):policy\/[\w+=,.@/-]+$/.test(arn),
    "must be the ARN of an IAM policy",
  ),
  /** GitHub workflows that may deploy the stack, by the subject of their tokens; none: no such role. */
  deployers: z
    .array(
      z
        .string()
        .regex(
          /^repo:[\w.-]+\/[\w.-]+:(environment:[^*?\s]+|ref:refs\/[^*?\s]+)$/,
          "must be repo:<owner>/<name>:environment:<environment> or repo:<owner>/<name>:ref:<ref>",
        ),
    )
    .max(20)
    .default([]),
  /** ARN of the account's identity provider for GitHub; undefined: the stack makes it. */
  oidcProviderArn: emptyIsNone.refine(
    (arn) =>
      arn === undefined ||
      /^arn:aws[a-z-]*:iam::\d{12}:oidc-provider\/token\.actions\.githubusercontent\.com$/.test(
        arn,
      ),
    "must be the ARN of GitHub's OpenID Connect provider, oidc-provider/token.actions.githubusercontent.com",
  ),
  /** Where the jobs run. */
  network: networkSchema,
  /** Whether `pulumi` refuses to delete the bucket, its key, the images and the model packages. */
  protect: z.boolean().default(true),
  /** Whether `pulumi destroy` may delete data, images and model packages with what holds them. */
  forceDestroy: z.boolean().default(false),
});

/** Keys whose values are plain strings in every Pulumi.<stack>.yaml; all others are JSON. */
export const stringKeys = new Set<string>([
  "accessLogBucket",
  "baseImage",
  "crawler",
  "gitRevision",
  "dataFile",
  "modelApprovalStatus",
  "oidcProviderArn",
  "permissionsBoundary",
  "schedule",
  "processingInstanceType",
  "trainingInstanceType",
]);

/** The stack's configuration, valid key by key. */
export type StackSettings = z.output<typeof settingsSchema>;

/** What is wrong between keys that are each valid. */
export function problemsAcrossKeys(settings: StackSettings): readonly ProblemAcrossKeys[] {
  const { dataFile, dataset } = settings;
  const dataFileProblem = (problem: string): ProblemAcrossKeys => ["dataFile", problem];
  const files = dataFile === undefined ? [] : dataFileProblems(dataFile, dataset, { values: true });
  const keys = existing([
    [
      settings.protect && settings.forceDestroy,
      "forceDestroy",
      "is true, but restate:protect is true too; set one of the two",
    ],
    [
      settings.encryptCatalog && !settings.protect,
      "encryptCatalog",
      "encrypts the account's catalogue with the stack's key, but restate:protect is false: deleting the key " +
        "would lock the catalogue for all who use it; set restate:protect to true",
    ],
    [
      settings.startOnNewData && dataset.location !== undefined,
      "startOnNewData",
      "sees what arrives in the stack's own bucket, but dataset.location names another place; set one of the two",
    ],
    [
      dataFile !== undefined && dataset.location !== undefined,
      "dataFile",
      "is uploaded to the stack's own bucket, but dataset.location names another place; set one of the two",
    ],
    [
      dataFile !== undefined && dataset.partitions.length > 0 && statSync(dataFile).isFile(),
      "dataFile",
      "is one file, but the table has partitions: give a folder that holds their folders, such as key=value",
    ],
    [
      settings.deployers.length > 0 && settings.permissionsBoundary === undefined,
      "deployers",
      "make roles, so restate:permissionsBoundary must limit these: set it to the ARN of a policy",
    ],
    [
      JSON.stringify(settings.deployers).length > longestDeployers,
      "deployers",
      `are longer than ${longestDeployers} characters in all, which a role cannot list`,
    ],
    [
      dataset.table.length > longestTable,
      "dataset",
      `table: has ${dataset.table.length} characters; ${longestTable} are allowed, since saved queries carry its name`,
    ],
    [
      settings.crawler !== undefined && dataset.partitions.length === 0,
      "crawler",
      "looks for new partitions, but dataset.partitions has none",
    ],
    [
      settings.crawler !== undefined &&
        dataset.partitions.some(({ projection }) => projection !== undefined),
      "crawler",
      "looks for new partitions, but Athena projects those of dataset.partitions; set one of the two",
    ],
  ]);
  return [...keys, ...files.map(dataFileProblem)];
}
