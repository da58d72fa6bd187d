import { existsSync } from "node:fs";
import { z } from "zod";

import { candidatesSchema, defaultCandidates } from "../pipeline/candidates";
import { californiaHousing } from "../pipeline/californiaHousing";
import { dataFilePaths } from "../pipeline/dataFiles/paths";
import { datasetSchema } from "../pipeline/datasetSchema";
import { ownPricesSchema } from "../pipeline/cost/prices";
import { parameterInstanceType } from "../pipeline/instanceTypes";
import { modelApprovalStatuses } from "../pipeline/parameters";
import { emptyMeansUnset, optionalText, parameterDefault } from "./fields";
import { networkSchema } from "./network";
import { isCron, isSchedule } from "./scheduleExpressions";

/** Maximum number of files that a stack uploads: each is a resource. */
const maxDataFiles = 200;

const accountDigits =
  "must be the 12 digits of an account, in quotes (without them it is a number, which loses leading zeros)";

/** What is wrong with a file or folder of data; undefined: nothing. */
function dataFileProblem(path: string): string | undefined {
  if (!existsSync(path)) {
    return "there is no such file or folder (paths are relative to the project)";
  }
  try {
    const count = dataFilePaths(path).length;
    return count === 0 || count > maxDataFiles
      ? `holds ${count} files; 1 to ${maxDataFiles} can be uploaded from here, so put others there yourself`
      : undefined;
  } catch (error) {
    return `cannot be read: ${(error as Error).message}`;
  }
}

/**
 * The keys of the namespace `restate`: types, defaults and texts. Pulumi.yaml's block, docs/reference.md and the
 * README's table of parameters are written from it by `npm run docs`.
 */
export const settingsSchema = z.strictObject({
  dataset: datasetSchema.prefault(californiaHousing).describe("The table to train on."),
  candidates: candidatesSchema
    .prefault(defaultCandidates)
    .describe("The model families to tune and compare, one or more."),
  dataFile: emptyMeansUnset
    .superRefine((path, context) => {
      const problem = path === undefined ? undefined : dataFileProblem(path);
      if (problem !== undefined) {
        context.addIssue(problem);
      }
    })
    .describe(
      "File, or folder of files, to upload as the table's data, relative to the project. Empty: the data is there " +
        "already.",
    ),
  crawler: z
    .string()
    .default("none")
    .transform((crawler) => (crawler === "none" ? undefined : crawler))
    .refine(
      (crawler) => crawler === undefined || crawler === "on-demand" || isCron(crawler),
      "must be none, on-demand, or cron(...) of six fields, one day of them ?, such as cron(0 6 * * ? *)",
    )
    .describe(
      "Glue crawler that adds new partitions to the table: none, on-demand (when somebody starts it), or when it runs " +
        "by itself, in UTC: cron(0 6 * * ? *). Projected partitions (dataset.partitions) need none.",
    ),
  encryptCatalog: z
    .boolean()
    .default(false)
    .describe(
      "Whether Glue's data catalogue is encrypted with the stack's key. It is a setting of the whole account in the " +
        "region: everyone who reads the catalogue then needs the key too, and only one stack can make it. Needs " +
        "restate:protect: deleting the key would lock the catalogue.",
    ),
  baseImage: optionalText(
    /^[a-z0-9][\w.:/@-]*$/i,
    "must be the name of an image, such as python:3.12-slim-bookworm",
  ).describe(
    "Image that the Decision Tree image is built on. Empty: the one that container/Dockerfile names.",
  ),
  dataQualityBaseline: z
    .boolean()
    .default(false)
    .describe(
      "Whether each model is registered with a baseline of its training data (statistics and constraints by Model " +
        "Monitor), to find drift against. It takes one more job, of some minutes. Model Monitor takes no new customers " +
        "since 30 July 2026: in an account that did not use it before, the job fails.",
    ),
  driftReference: z
    .boolean()
    .default(false)
    .describe(
      "Whether each model is registered with a reference to find drift by: counts of its training data, predictions " +
        "and errors, which the evaluation makes.",
    ),
  gitRevision: optionalText(
    /^[0-9a-f]{7,40}$/,
    "must be 7 to 40 hexadecimal digits, as `git rev-parse HEAD` prints them",
  ).describe(
    "Revision of the source that is deployed, as `git rev-parse HEAD` prints it; each registered model keeps it. " +
      "Empty: none is given.",
  ),
  processingInstanceType: parameterInstanceType("choose a type without, such as ml.m5.4xlarge")
    .default("ml.m5.4xlarge")
    .meta(parameterDefault("ProcessingInstanceType", "instance type of all processing jobs")),
  processingInstanceCount: z
    .int()
    .min(1)
    .max(100)
    .default(1)
    .meta(parameterDefault("ProcessingInstanceCount", "instances of the Data Wrangler job")),
  trainingInstanceType: parameterInstanceType(
    "choose a type without, such as ml.m5.xlarge, and name this one as the instanceType of candidates",
  )
    .default("ml.m5.xlarge")
    .meta(
      parameterDefault(
        "TrainingInstanceType",
        "instance type of the training jobs of candidates without an instanceType",
      ),
    ),
  modelApprovalStatus: z
    .enum(modelApprovalStatuses)
    .default("PendingManualApproval")
    .meta(parameterDefault("ModelApprovalStatus", "approval status of a new model package")),
  minimumR2: z
    .number()
    .max(1)
    .default(0)
    .meta(
      parameterDefault(
        "MinimumR2",
        "R² on the test data below which no candidate is registered and the execution fails (0: that of predicting " +
          "the mean)",
      ),
    ),
  approval: z
    .enum(["relaxed", "strict"])
    .default("relaxed")
    .describe(
      "Whether whoever starts the pipeline can lower the bar. strict: an execution with a MinimumR2 below " +
        "restate:minimumR2 fails before it trains, and registers nothing. relaxed: the parameter alone decides. In both, " +
        "models get the status restate:modelApprovalStatus and no other, and people approve them by the policy that the " +
        "stack exports.",
    ),
  sageMakerImage: z
    .boolean()
    .default(false)
    .describe(
      "Whether the Decision Tree image is registered as a SageMaker Image too, restate-<stack>-dtree, with a version " +
        "for each build, for Studio to show.",
    ),
  parallelSteps: z
    .int()
    .min(1)
    .max(50)
    .default(10)
    .describe("Maximum number of steps that an execution of the pipeline runs at once."),
  schedule: emptyMeansUnset
    .refine(
      (schedule) => schedule === undefined || isSchedule(schedule),
      "must be rate(...), at(...), or cron(...) of six fields, one day of them ?, such as cron(0 6 ? * MON *)",
    )
    .describe(
      "When the pipeline starts by itself, in UTC, as EventBridge Scheduler writes it: cron(0 6 ? * MON *), " +
        "rate(7 days) or at(2030-01-01T00:00:00). Empty: never.",
    ),
  startOnNewData: z
    .boolean()
    .default(false)
    .describe(
      "Whether the pipeline starts when a file of the table arrives in the stack's bucket: one execution a file.",
    ),
  notifyEmails: z
    .array(z.email())
    .max(20)
    .refine((emails) => new Set(emails).size === emails.length, "must not list an address twice")
    .default([])
    .describe(
      "Addresses to notify of failed executions, of models that await approval, and of those that were approved or " +
        "rejected. Each must confirm by the link that it is sent.",
    ),
  dashboard: z
    .boolean()
    .default(false)
    .describe("Whether there is a CloudWatch dashboard of the pipeline's executions."),
  monthlyBudget: z
    .int()
    .min(0)
    .default(0)
    .transform((dollars) => (dollars === 0 ? undefined : dollars))
    .describe(
      "Costs of the stack in a month, in US dollars, of which 80 % and 100 % are announced; they are found by the cost " +
        "allocation tag stack, which must be active in the account. 0: no budget.",
    ),
  maxCostPerExecution: z
    .number()
    .min(0)
    .default(0)
    .transform((dollars) => (dollars === 0 ? undefined : dollars))
    .describe(
      "What an execution may cost at the most, in US dollars: its jobs until their time limits, with all retries, by " +
        "restate:prices. What could cost more is refused at preview, and the pipeline has no parameters of instances. " +
        "0: no limit.",
    ),
  prices: ownPricesSchema
    .prefault({})
    .describe(
      "Prices that differ from those that come with the project, which are of us-east-1: a member each of " +
        "pipeline/cost/listPrices.json, such as instanceHour: {ml.m7i.xlarge: 0.2419}; with all of another region's, its " +
        "region too.",
    ),
  modelConsumers: z
    .array(z.string(accountDigits).regex(/^\d{12}$/, accountDigits))
    .max(20)
    .default([])
    .meta({
      description:
        "Other accounts, by their 12 digits in quotes, that may read the registered models, with their files and " +
        "image, and deploy them.",
      // So the program says what is wrong with an account number that lacks its quotes, not Pulumi.
      uncheckedByPulumi: true,
    }),
  accessLogBucket: optionalText(
    /^(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
    "must be the name of a bucket",
  ).describe(
    "Bucket, in the same account and region, that takes the log of who reads and writes what in the stack's bucket; " +
      "it must let S3 write it. Empty: nothing is logged.",
  ),
  permissionsBoundary: optionalText(
    /^arn:aws[a-z-]*:iam::\d{12}:policy\/[\w+=,.@/-]+$/,
    "must be the ARN of an IAM policy of an account: a managed policy of AWS limits nothing to a stack",
  ).describe(
    "ARN of an IAM policy that limits what each role may do, whatever its own policy says. Empty: none, or with " +
      "restate:deployers the two that the stack makes: restate-<stack>-boundary for its roles, and " +
      "restate-<stack>-deployer-boundary.",
  ),
  bucketPrincipals: z
    .array(
      z
        .string()
        .regex(
          /^arn:aws[a-z-]*:(iam::\d{12}:(role|user)|sts::\d{12}:federated-user)\/[\w+=,.@*/-]+$/,
          "must be the ARN of a role or a user; * stands for anything",
        ),
    )
    .max(20)
    .default([])
    .describe(
      "ARNs of roles and users, * allowed, that may read and write the bucket's objects from outside the network that the " +
        "stack makes: whoever deploys it from elsewhere among them. Empty: whoever the account's policies allow. The " +
        "roles of jobs never may.",
    ),
  servingEndpoints: z
    .array(
      z.string().regex(/^[a-z][a-z0-9]{0,9}$/, "must be 1 to 10 lower-case letters and digits"),
    )
    .min(1)
    .max(5)
    .default(["model"])
    .describe(
      "What the names of the endpoints end with that the deployer may deploy: restate-serving:endpointName of each.",
    ),
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
    .default([])
    .describe(
      "GitHub workflows that may deploy the stack without a stored secret, by the subject of their tokens: " +
        "repo:<owner>/<name>:environment:<environment>. They get a role, restate-<stack>-deployer, which can make roles " +
        "only within a boundary, and cannot change its own rights. Empty: no such role.",
    ),
  oidcProviderArn: optionalText(
    /^arn:aws[a-z-]*:iam::\d{12}:oidc-provider\/token\.actions\.githubusercontent\.com$/,
    "must be the ARN of GitHub's OpenID Connect provider, oidc-provider/token.actions.githubusercontent.com",
  ).describe(
    "ARN of the account's identity provider for GitHub, of which there can be one. Empty: the stack makes it.",
  ),
  network: networkSchema.describe("Where the jobs run."),
  protect: z
    .boolean()
    .default(true)
    .describe(
      "Whether Pulumi refuses to delete the bucket, its key, the repository and the model package group, and leaves " +
        "them where they are should they leave the program.",
    ),
  forceDestroy: z
    .boolean()
    .default(false)
    .describe(
      "Whether `pulumi destroy` may delete the bucket, the repository and the workgroup with what is in them.",
    ),
});

/** The stack's configuration, valid key by key. */
export type StackSettings = z.output<typeof settingsSchema>;
