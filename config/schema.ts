import { existsSync } from "node:fs";
import { z } from "zod";

import { candidatesSchema, defaultCandidates } from "../pipeline/candidates";
import { californiaHousing } from "../pipeline/californiaHousing";
import { championSchema } from "../pipeline/championRule";
import { flag, integer, text } from "../pipeline/configFields";
import { dataFilePaths } from "../pipeline/dataFiles/paths";
import { datasetSchema } from "../pipeline/datasetSchema";
import { ownPricesSchema } from "../pipeline/cost/prices";
import { parameterInstanceType } from "../pipeline/instanceTypes";
import { modelCardSchema } from "../pipeline/modelCardTexts";
import { mlflowLoggings } from "../pipeline/mlflowLogging";
import { modelApprovalStatuses } from "../pipeline/parameters";
import { trackings } from "../pipeline/tracking";
import { emptyMeansUnset, optionalText, parameterDefault } from "./fields";
import { networkSchema } from "./network";
import { isCron, isSchedule } from "./scheduleExpressions";

/** Max files that a stack uploads: each is a resource. */
const maxDataFiles = 200;

const accountDigits =
  "must be the account's 12 digits in quotes (without quotes, it is a number and loses leading zeros; " +
  "`pulumi config set` writes them with --type string)";

/** The problem with a file or folder of data; undefined if there is none. */
function dataFileProblem(path: string): string | undefined {
  if (!existsSync(path)) {
    return "there is no such file or folder (paths are relative to the project)";
  }
  try {
    const count = dataFilePaths(path).length;
    return count === 0 || count > maxDataFiles
      ? `has ${count} files, but 1 to ${maxDataFiles} can be uploaded this way; upload more to S3 yourself`
      : undefined;
  } catch (error) {
    return `cannot be read: ${(error as Error).message}`;
  }
}

/**
 * The keys of the namespace `restate`: types, defaults and descriptions. `npm run docs` writes Pulumi.yaml's block,
 * docs/reference.md and the README's table of parameters from it.
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
      "File or folder to upload as the table's data, relative to the project. Empty: the data is already in S3.",
    ),
  crawler: z
    .string()
    .default("none")
    .transform((crawler) => (crawler === "none" ? undefined : crawler))
    .refine(
      (crawler) => crawler === undefined || crawler === "on-demand" || isCron(crawler),
      "must be none, on-demand, or cron(...) with six fields, one of the two day fields ?, such as cron(0 6 * * ? *)",
    )
    .describe(
      "Glue crawler that adds new partitions to the table: none, on-demand (started by hand), or a schedule in UTC, such as " +
        "cron(0 6 * * ? *). Projected partitions (dataset.partitions) need none.",
    ),
  encryptCatalog: flag(
    "Whether to encrypt Glue's data catalogue with the stack's key. This applies to the whole account in the region: " +
      "everyone who reads the catalogue then needs the key, and only one stack can set it. Requires restate:protect, " +
      "because deleting the key would lock the catalogue.",
  ),
  baseImage: optionalText(
    /^[a-z0-9][\w.:/@-]*$/i,
    "must be the name of an image, such as python:3.12-slim-bookworm",
  ).describe("Base image of the Decision Tree image. Empty: the one in container/Dockerfile."),
  dataQualityBaseline: flag(
    "Whether to register each model with a baseline of its training data (statistics and constraints from Model " +
      "Monitor), to detect drift. This adds a job of a few minutes. Model Monitor is closed to new customers since 30 " +
      "July 2026: in an account that did not use it before, the job fails.",
  ),
  driftReference: flag(
    "Whether to register each model with a reference for drift detection: counts of its training data, predictions and " +
      "errors, which the evaluation computes.",
  ),
  gitRevision: optionalText(
    /^[0-9a-f]{7,40}$/,
    "must be 7 to 40 hexadecimal digits, as `git rev-parse HEAD` prints them",
  ).describe(
    "Revision of the deployed source, as `git rev-parse HEAD` prints it; each registered model records it. Empty: not " +
      "recorded.",
  ),
  modelCard: modelCardSchema
    .prefault({})
    .transform((card) => (Object.keys(card).length === 0 ? undefined : card))
    .describe(
      "Registers each model with a model card in SageMaker's format: data, split, algorithm, hyperparameters and metrics, " +
        "and the texts given here. With no member, models have no card; `{status: Draft}` is a card without your own texts.",
    ),
  processingInstanceType: parameterInstanceType("choose a type without them, such as ml.m5.4xlarge")
    .default("ml.m5.4xlarge")
    .meta(parameterDefault("ProcessingInstanceType", "instance type of all processing jobs")),
  processingInstanceCount: integer(1, 100)
    .default(1)
    .meta(
      parameterDefault("ProcessingInstanceCount", "number of instances of the Data Wrangler job"),
    ),
  trainingInstanceType: parameterInstanceType(
    "choose a type without them, such as ml.m5.xlarge, and set this one as the instanceType of candidates",
  )
    .default("ml.m5.xlarge")
    .meta(
      parameterDefault(
        "TrainingInstanceType",
        "instance type of the training jobs, for candidates without an instanceType",
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
        "minimum R² on the test data; below it, no candidate is registered and the execution fails (0: as good as " +
          "predicting the mean)",
      ),
    ),
  approval: z
    .enum(["relaxed", "strict"])
    .default("relaxed")
    .describe(
      "Whether the minimum R² can be lowered when starting the pipeline. strict: an execution with a MinimumR2 below " +
        "restate:minimumR2 fails before it trains, and registers nothing. relaxed: only the parameter counts. In both " +
        "cases, models always get the status restate:modelApprovalStatus, and people with the exported policy approve " +
        "them.",
    ),
  champion: championSchema
    .prefault({})
    .describe(
      "When a new model is registered although one is approved: if it beats that one, the champion, on the same test rows.",
    ),
  tracking: z
    .enum(trackings)
    .default("experiments")
    .describe(
      "Where executions are tracked: experiments (SageMaker Experiments, which only Studio Classic shows), mlflow, or " +
        "both. For mlflow, the stack creates a serverless MLflow app in SageMaker, and the pipeline's definition names it. " +
        "`npm run restate -- export mlflow` logs executions there: jobs cannot reach it from the stack's network.",
    ),
  mlflowLogging: z
    .enum(mlflowLoggings)
    .default("manual")
    .describe(
      "What logs executions to the stack's MLflow app: manual (`npm run restate -- export mlflow`), or a job after each " +
        "execution and approval. The app is on the internet, and has no VPC endpoint: with outside-network, this job alone " +
        "runs outside the network of the others; with in-network, inside, so your own network must have a route to " +
        "mlflow.sagemaker.REGION.app.aws (restate:network existing or none).",
    ),
  sageMakerImage: flag(
    "Whether to register the Decision Tree image also as a SageMaker Image, restate-<stack>-dtree, with a version for " +
      "each build, so that Studio shows it.",
  ),
  parallelSteps: integer(1, 50)
    .default(10)
    .describe("Maximum number of steps that an execution runs in parallel."),
  schedule: emptyMeansUnset
    .refine(
      (schedule) => schedule === undefined || isSchedule(schedule),
      "must be rate(...), at(...), or cron(...) with six fields, one of the two day fields ?, such as cron(0 6 ? * MON *)",
    )
    .describe(
      "Schedule on which the pipeline starts, in UTC, in EventBridge Scheduler's syntax: cron(0 6 ? * MON *), " +
        "rate(7 days) or at(2030-01-01T00:00:00). Empty: none.",
    ),
  startOnNewData: flag(
    "Whether the pipeline starts when a file of the table arrives in the stack's bucket: one execution per file.",
  ),
  notifyEmails: z
    .array(z.email("must be an email address, such as ml@example.com"))
    .max(20)
    .refine((emails) => new Set(emails).size === emails.length, "must not list an address twice")
    .default([])
    .describe(
      "Addresses to notify of failed executions, and of models that await approval, were approved or rejected. Each " +
        "must confirm its subscription with the link that it receives.",
    ),
  dashboard: flag("Whether to create a CloudWatch dashboard of the pipeline's executions."),
  monthlyBudget: integer(0)
    .default(0)
    .transform((dollars) => (dollars === 0 ? undefined : dollars))
    .describe(
      "Monthly budget of the stack in US dollars; notifies at 80 % and 100 %. Costs are attributed by the cost allocation " +
        "tag stack, which must be active in the account. 0: no budget.",
    ),
  maxCostPerExecution: z
    .number()
    .min(0)
    .default(0)
    .transform((dollars) => (dollars === 0 ? undefined : dollars))
    .describe(
      "Maximum cost of an execution in US dollars: all jobs until their time limits, with all retries, at restate:prices. " +
        "The preview rejects a definition that could cost more, and the pipeline has no parameters for instances. 0: no " +
        "limit.",
    ),
  prices: ownPricesSchema
    .prefault({})
    .describe(
      "Prices that replace the project's, which are for us-east-1: members of pipeline/cost/listPrices.json, such as " +
        "instanceHour: {ml.m7i.xlarge: 0.2419}. For another region, give all of its prices, and region.",
    ),
  modelConsumers: z
    .array(z.string(accountDigits).regex(/^\d{12}$/, accountDigits))
    .max(20)
    .default([])
    .meta({
      description:
        "Other accounts (12 digits in quotes) that may read the registered models, with their files and image, and deploy " +
        "them.",
      // The program's own message for an account number without quotes is better than Pulumi's.
      uncheckedByPulumi: true,
    }),
  accessLogBucket: optionalText(
    /^(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
    "must be the name of a bucket",
  ).describe(
    "Bucket in the same account and region for the access log of the stack's bucket; its policy must let S3 write " +
      "there. Empty: no log.",
  ),
  permissionsBoundary: optionalText(
    /^arn:aws[a-z-]*:iam::\d{12}:policy\/[\w+=,.@/-]+$/,
    "must be the ARN of a policy in an account: an AWS managed policy does not limit roles to a stack",
  ).describe(
    "ARN of an IAM policy that limits every role, whatever its own policy allows. Empty: none; with restate:deployers, " +
      "the two that the stack creates: restate-<stack>-boundary for its roles, and restate-<stack>-deployer-boundary.",
  ),
  bucketPrincipals: z
    .array(
      text(
        /^arn:aws[a-z-]*:(iam::\d{12}:(role|user)|sts::\d{12}:federated-user)\/[\w+=,.@*/-]+$/,
        "must be the ARN of a role or a user; * matches anything",
      ),
    )
    .max(20)
    .default([])
    .describe(
      "ARNs of roles and users (with * as a wildcard) that may read and write the bucket's objects from outside the network " +
        "that the stack creates, including whoever deploys it. Empty: anyone whom the account's policies allow. The jobs' " +
        "roles never may.",
    ),
  servingEndpoints: z
    .array(text(/^[a-z][a-z0-9]{0,9}$/, "must be 1 to 10 lower-case letters and digits"))
    .min(1)
    .max(5)
    .default(["model"])
    .describe("Endpoints that the deployer may deploy, by their restate-serving:endpointName."),
  deployers: z
    .array(
      text(
        /^repo:[\w.-]+\/[\w.-]+:(environment:[^*?\s]+|ref:refs\/[^*?\s]+)$/,
        "must be repo:<owner>/<name>:environment:<environment> or repo:<owner>/<name>:ref:<ref>",
      ),
    )
    .max(20)
    .default([])
    .describe(
      "GitHub workflows that may deploy the stack without a stored secret, by the subject of their tokens: " +
        "repo:<owner>/<name>:environment:<environment>. They get a role, restate-<stack>-deployer, which can only create " +
        "roles within a boundary, and cannot change its own permissions. Empty: no such role.",
    ),
  oidcProviderArn: optionalText(
    /^arn:aws[a-z-]*:iam::\d{12}:oidc-provider\/token\.actions\.githubusercontent\.com$/,
    "must be the ARN of GitHub's OpenID Connect provider, oidc-provider/token.actions.githubusercontent.com",
  ).describe(
    "ARN of the account's identity provider for GitHub, of which there can be only one. Empty: the stack creates it.",
  ),
  network: networkSchema.describe("Network of the jobs."),
  protect: z
    .boolean()
    .default(true)
    .describe(
      "Whether Pulumi refuses to delete the bucket, its key, the repository, the model package group and the MLflow app, " +
        "and keeps them if they are removed from the program.",
    ),
  forceDestroy: flag(
    "Whether `pulumi destroy` may delete the bucket, the repository and the workgroup with their contents.",
  ),
});

/** The stack's configuration, valid key by key. */
export type StackSettings = z.output<typeof settingsSchema>;
