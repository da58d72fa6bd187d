import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { parse } from "yaml";

import { settingsSchema } from "../../config/schema";
import { evaluateProgram } from "../../offline/program";
import type { AlgorithmName } from "../../pipeline/algorithms";
import { candidatesSchema, defaultCandidates } from "../../pipeline/candidates";
import { defaultTunings } from "../../pipeline/defaultTuning";
import { californiaHousing } from "../../pipeline/californiaHousing";
import type { JsonObject } from "../../pipeline/language/json";
import { text } from "../support/json";
import { type Config, program } from "../support/definitions";

interface Declaration {
  readonly default: unknown;
}

const housing = californiaHousing as JsonObject;
const tree = defaultCandidates[0] as JsonObject;
const boost = defaultCandidates[1] as JsonObject;
const dataset = (change: JsonObject): Config => ({ dataset: { ...housing, ...change } });
const candidate = (change: JsonObject): Config => ({ candidates: [tree, { ...boost, ...change }] });
const ranges = (change: JsonObject): Config =>
  candidate({ ranges: { ...(boost["ranges"] as JsonObject), ...change } });
const columns = (...types: readonly [string, string][]): JsonObject => ({
  columns: types.map(([name, type]) => ({ name, type })),
  target: "y",
  dropped: [],
  filter: [],
});

/** Mistakes, each with the line that names its key. */
const mistakes: readonly (readonly [string, Config, RegExp])[] = [
  [
    "an unknown key",
    { datasett: 1 },
    /restate:datasett: unknown key; the keys are dataset, candidates/,
  ],
  ["text for a number", { minimumR2: "high" }, /restate:minimumR2: .*expected number/],
  [
    "a number for text",
    { modelApprovalStatus: 1 },
    /restate:modelApprovalStatus: .*"PendingManualApproval"/,
  ],
  ["R² above 1", { minimumR2: 1.5 }, /restate:minimumR2: must (be|have) at most 1\b/],
  [
    "no instances",
    { processingInstanceCount: 0 },
    /restate:processingInstanceCount: must (be|have) at least 1\b/,
  ],
  ["half an instance", { processingInstanceCount: 1.5 }, /restate:processingInstanceCount: .*int/],
  [
    "an instance type of EC2",
    { trainingInstanceType: "m5.large" },
    /restate:trainingInstanceType: must be a SageMaker instance type/,
  ],
  [
    "a training type of which the volume takes no key",
    { trainingInstanceType: "ml.m5d.xlarge" },
    /restate:trainingInstanceType: ml\.m5d\.xlarge has local disks, which do not support a KMS key: .* of candidates/,
  ],
  [
    "a processing type of which the volume takes no key",
    { processingInstanceType: "ml.g4dn.xlarge" },
    /restate:processingInstanceType: ml\.g4dn\.xlarge has local disks, which do not support a KMS key: choose/,
  ],
  [
    "a strict approval that approves by itself",
    { approval: "strict", modelApprovalStatus: "Approved" },
    /restate:modelApprovalStatus: is Approved, but restate:approval is strict/,
  ],
  [
    "an encrypted catalogue whose key may be deleted",
    { encryptCatalog: true, protect: false },
    /restate:encryptCatalog: .* restate:protect is false: deleting the key would lock the catalogue/,
  ],
  [
    "a key for files in the stack's own bucket",
    dataset({
      kmsKeyArn: "arn:aws:kms:us-east-1:111122223333:key/00000000-0000-0000-0000-000000000000",
    }),
    /restate:dataset\.kmsKeyArn: only applies to files at location, which is not set/,
  ],
  [
    "the alias of a key",
    dataset({
      location: "s3://theirs/",
      kmsKeyArn: "arn:aws:kms:us-east-1:111122223333:alias/data",
    }),
    /restate:dataset\.kmsKeyArn: must be the ARN of a KMS key \(not of an alias\)/,
  ],
  ["a dataset that is no object", { dataset: "table" }, /restate:dataset: .*expected object/],
  ["an unknown key of the dataset", dataset({ colums: [] }), /restate:dataset: unknown colums/],
  ["no columns", dataset({ columns: [] }), /restate:dataset\.columns: /],
  [
    "a target that is no column",
    dataset({ target: "price" }),
    /restate:dataset\.target: "price" is not one of the columns: longitude/,
  ],
  [
    "a dropped target",
    dataset({ target: "medianIncome" }),
    /restate:dataset\.target: "medianincome" is listed under dropped/,
  ],
  [
    "a dropped column that does not exist",
    dataset({ dropped: ["income"] }),
    /restate:dataset\.dropped\[0\]: "income" is not one of the columns/,
  ],
  [
    "two columns of one name",
    dataset(columns(["y", "double"], ["a", "int"], ["A", "int"])),
    /restate:dataset\.columns\[2\]\.name: "a" occurs twice/,
  ],
  [
    "an unknown type",
    dataset(columns(["y", "double"], ["a", "number"])),
    /restate:dataset\.columns\[1\]\.type: must be one of tinyint, .*decimal\(p,s\)/,
  ],
  [
    "a date as a feature",
    dataset(columns(["y", "double"], ["a", "date"])),
    /restate:dataset\.columns\[1\]\.type: "a" is a date, which has no numeric form: list it under dropped/,
  ],
  [
    "a string as the target",
    dataset(columns(["y", "string"], ["a", "int"])),
    /restate:dataset\.target: "y" is a string, but the target of a regression is numeric/,
  ],
  [
    "no features",
    dataset({ ...columns(["y", "double"], ["a", "int"]), dropped: ["a"] }),
    /restate:dataset\.columns: no column is left as a feature/,
  ],
  [
    "SQL in a name",
    dataset({ table: "t; DROP TABLE t" }),
    /restate:dataset\.table: must be 1 to 128 letters, digits and underscores/,
  ],
  [
    "the database in which jobs make and drop tables",
    dataset({ database: "sagemaker_processing" }),
    /restate:dataset\.database: "sagemaker_processing" belongs to the account, not to the stack; choose/,
  ],
  [
    "a text for a number in the filter",
    dataset({ filter: [{ column: "population", operator: "=", value: "12" }] }),
    /restate:dataset\.filter\[0\]\.value: population: "12" is not a double \(write a number, without quotes\)/,
  ],
  [
    "a decimal of more digits than there are",
    dataset(columns(["y", "double"], ["a", "decimal(39,2)"])),
    /restate:dataset\.columns\[1\]\.type: must be one of tinyint, /,
  ],
  [
    "a letter between values",
    dataset({ delimiter: "x" }),
    /restate:dataset\.delimiter: must be one character, such as ",", ";"/,
  ],
  [
    "a delimiter of Parquet",
    dataset({ format: "parquet", delimiter: ";" }),
    /restate:dataset\.delimiter: only applies to CSV files, but format is parquet/,
  ],
  [
    "the name in a header that is not there",
    dataset({ columns: [{ name: "y", type: "int", header: "Y" }] }),
    /restate:dataset\.columns\[0\]\.header: only applies to files with a header, but headerLines is 0/,
  ],
  [
    "a location that is no folder",
    dataset({ location: "s3://bucket/file.csv" }),
    /restate:dataset\.location: must be the S3 URI of a folder/,
  ],
  [
    "a partition key that is a column too",
    dataset({ partitions: [{ name: "Population", type: "int" }] }),
    /restate:dataset\.partitions\[0\]\.name: "population" occurs twice/,
  ],
  [
    "a partition of half a number",
    dataset({ partitions: [{ name: "year", type: "double" }] }),
    /restate:dataset\.partitions\[0\]\.type: .*"tinyint"/,
  ],
  [
    "a projection for one of two partitions",
    dataset({
      partitions: [
        { name: "year", type: "int", projection: { type: "integer", range: [1, 2] } },
        { name: "state", type: "string" },
      ],
    }),
    /restate:dataset\.partitions\[1\]\.projection: is missing: Athena projects all/,
  ],
  [
    "a projection of another type",
    dataset({
      partitions: [
        { name: "year", type: "string", projection: { type: "integer", range: [1, 2] } },
      ],
    }),
    /restate:dataset\.partitions\[0\]\.projection\.type: integer cannot compute string/,
  ],
  [
    "a projection from the greatest to the least",
    dataset({
      partitions: [{ name: "year", type: "int", projection: { type: "integer", range: [2, 1] } }],
    }),
    /restate:dataset\.partitions\[0\]\.projection\.range: must be the minimum, then/,
  ],
  [
    "an injected partition that no filter names",
    dataset({ partitions: [{ name: "id", type: "string", projection: { type: "injected" } }] }),
    /restate:dataset\.partitions\[0\]\.projection: injected: .*filter by id = /,
  ],
  [
    "a selected table that is the table",
    dataset({ selectedTable: "california_housing" }),
    /restate:dataset\.selectedTable: "california_housing" is the table itself/,
  ],
  [
    "an unknown time to crawl",
    { crawler: "daily" },
    /restate:crawler: must be none, on-demand, or/,
  ],
  [
    "a crawler of a table without partitions",
    { crawler: "on-demand" },
    /restate:crawler: finds new partitions, but dataset\.partitions has none/,
  ],
  [
    "a crawler of projected partitions",
    {
      ...dataset({
        partitions: [{ name: "year", type: "int", projection: { type: "integer", range: [1, 2] } }],
      }),
      crawler: "on-demand",
    },
    /restate:crawler: finds new partitions, but Athena projects those/,
  ],
  [
    "one file for a table with partitions",
    { ...dataset({ partitions: [{ name: "year", type: "int" }] }), dataFile: "README.md" },
    /restate:dataFile: is a single file, but the table has partitions/,
  ],
  [
    "any workflow of anybody as deployer",
    { deployers: ["repo:*"], permissionsBoundary: "arn:aws:iam::111122223333:policy/limit" },
    /restate:deployers\[0\]: must be repo:<owner>\/<name>:environment:<environment> or/,
  ],
  [
    "a managed policy of AWS as a boundary",
    { permissionsBoundary: "arn:aws:iam::aws:policy/AdministratorAccess" },
    /restate:permissionsBoundary: must be the ARN of a policy in an account/,
  ],
  [
    "who is outside a network that the stack does not make",
    { network: { mode: "none" }, bucketPrincipals: ["arn:aws:iam::111122223333:role/team"] },
    /restate:bucketPrincipals: only apply outside .* network\.mode is not create/,
  ],
  [
    "bucket principals that are none",
    { bucketPrincipals: ["*"] },
    /restate:bucketPrincipals.*: must be the ARN of a role or a user/,
  ],
  [
    "an identity provider that is none",
    { oidcProviderArn: "github" },
    /restate:oidcProviderArn: must be the ARN of GitHub's OpenID Connect provider/,
  ],
  ["an unknown mode of the network", { network: { mode: "public" } }, /restate:network.*mode/],
  [
    "a network without addresses",
    { network: { mode: "create", cidrBlock: "10.0.0.0" } },
    /restate:network\.cidrBlock: .*CIDR|cidr/,
  ],
  [
    "a network that is there without subnets",
    { network: { mode: "existing", securityGroupIds: ["sg-0123456789abcdef0"] } },
    /restate:network\.subnetIds: /,
  ],
  [
    "the name of a subnet in place of its id",
    { network: { mode: "existing", subnetIds: ["private"], securityGroupIds: ["sg-01234567"] } },
    /restate:network\.subnetIds\[0\]: must be the id of a subnet/,
  ],
  [
    "the id of something else than an endpoint",
    {
      network: {
        mode: "existing",
        subnetIds: ["subnet-01234567"],
        securityGroupIds: ["sg-01234567"],
        s3EndpointId: "pl-01234567",
      },
    },
    /restate:network\.s3EndpointId: must be the id of a VPC endpoint/,
  ],
  [
    "who is outside a network whose endpoint is not known",
    {
      network: {
        mode: "existing",
        subnetIds: ["subnet-01234567"],
        securityGroupIds: ["sg-01234567"],
      },
      bucketPrincipals: ["arn:aws:iam::111122223333:role/team"],
    },
    /restate:bucketPrincipals: .*network\.s3EndpointId is not set/,
  ],
  [
    "an unknown operator",
    dataset({ filter: [{ column: "population", operator: "~", value: 1 }] }),
    /restate:dataset\.filter\[0\]/,
  ],
  [
    "a filter on no column",
    dataset({ filter: [{ column: "age", operator: ">", value: 1 }] }),
    /restate:dataset\.filter\[0\]\.column: "age" is not one of the columns/,
  ],
  [
    "splits that do not add up",
    dataset({ split: { train: 0.7, validation: 0.2, test: 0.2 } }),
    /restate:dataset\.split: train, validation and test must add up to 1/,
  ],
  ["no candidates", { candidates: [] }, /restate:candidates: must list at least one candidate/],
  [
    "two candidates of one name",
    { candidates: [boost, { ...boost, name: "xgboost" }] },
    /restate:candidates\[1\]\.name: "xgboost" is also the name of candidate 0/,
  ],
  [
    "a candidate's name that no step can carry",
    candidate({ name: "X G" }),
    /restate:candidates\[1\]\.name: must be a letter/,
  ],
  [
    "an unknown algorithm",
    candidate({ algorithm: "catboost" }),
    /restate:candidates\[1\]\.algorithm: .*"decision-tree"\|"random-forest"\|.*\|"xgboost"/,
  ],
  [
    "a hyperparameter of another algorithm",
    { candidates: [{ name: "Linear", algorithm: "ridge", hyperparameters: { max_depth: 3 } }] },
    /restate:candidates\[0\]\.hyperparameters\.max_depth: is not a hyperparameter of ridge, which has alpha, fit_intercept/,
  ],
  [
    "the algorithm among the hyperparameters",
    candidate({ algorithm: "extra-trees", hyperparameters: { algorithm: "ridge" } }),
    /restate:candidates\[1\]\.hyperparameters\.algorithm: is not a hyperparameter of extra-trees/,
  ],
  [
    "intervals of predictions that hold all values",
    { dataset: { ...californiaHousing, predictionIntervals: 1 } },
    /restate:dataset\.predictionIntervals: .*0\.99/,
  ],
  [
    "intervals of predictions of an image of one's own",
    {
      dataset: { ...californiaHousing, predictionIntervals: 0.9 },
      candidates: [
        tree,
        {
          name: "Own",
          algorithm: { image: "image", metrics: { "validation:rmse": "=(.*)" } },
          ranges: { depth: { type: "integer", min: 1, max: 2 } },
        },
      ],
    },
    /restate:dataset: predictionIntervals: the errors of Own on the validation rows are not known, .* an image of its own/,
  ],
  [
    "no ranges for an image of one's own",
    {
      candidates: [
        { name: "Own", algorithm: { image: "image", metrics: { "validation:rmse": "=(.*)" } } },
      ],
    },
    /restate:candidates\[0\]\.ranges: has 0 hyperparameters, but tuning supports 1 to 30/,
  ],
  ["an unknown strategy", candidate({ strategy: "Guess" }), /restate:candidates\[1\]\.strategy/],
  [
    "an unknown hyperparameter",
    candidate({ hyperparameters: { num_round: 10, leaves: 1 } }),
    /restate:candidates\[1\]\.hyperparameters\.leaves: is not a hyperparameter of xgboost, which has/,
  ],
  [
    "a hyperparameter out of range",
    candidate({ hyperparameters: { num_round: 0 } }),
    /restate:candidates\[1\]\.hyperparameters\.num_round: must be from 1/,
  ],
  [
    "a hyperparameter that is missing",
    candidate({ hyperparameters: {} }),
    /restate:candidates\[1\]\.hyperparameters: lacks num_round, which xgboost requires/,
  ],
  [
    "a hyperparameter both static and tuned",
    candidate({ hyperparameters: { num_round: 10, eta: 0.1 } }),
    /restate:candidates\[1\]\.hyperparameters\.eta: is also in ranges/,
  ],
  ...Object.entries({
    predictor: "has no effect",
    sketch_eps: "has no effect: XGBoost removed it; use max_bin",
    process_type: "cannot be used: updating needs an earlier model",
    single_precision_histogram: "is refused by the image",
  }).map(([name, reason]): [string, Config, RegExp] => [
    `the hyperparameter ${name}, which XGBoost has no more`,
    candidate({ hyperparameters: { num_round: 10, [name]: "auto" } }),
    new RegExp(`restate:candidates\\[1\\]\\.hyperparameters\\.${name}: ${reason}`),
  ]),
  [
    "a tree method that XGBoost has no more",
    candidate({ hyperparameters: { num_round: 10, tree_method: "gpu_hist" } }),
    /restate:candidates\[1\]\.hyperparameters\.tree_method: must not be gpu_hist, .*use hist/,
  ],
  [
    "an updater that XGBoost has no more",
    candidate({ hyperparameters: { num_round: 10, updater: "prune, grow_skmaker" } }),
    /restate:candidates\[1\]\.hyperparameters\.updater: must not have grow_skmaker/,
  ],
  [
    "metrics without the objective that the image looks up with them",
    candidate({ hyperparameters: { num_round: 10, eval_metric: "mae" } }),
    /restate:candidates\[1\]\.hyperparameters: lacks objective, which xgboost requires with eval_metric/,
  ],
  [
    "a continuous range of whole numbers",
    ranges({ max_depth: { type: "continuous", min: 2, max: 6 } }),
    /restate:candidates\[1\]\.ranges\.max_depth: is continuous, but .* is an integer: set type integer/,
  ],
  [
    "Hyperband for a tree, which reports once",
    {
      candidates: [
        { ...tree, strategy: "Hyperband", hyperband: { minResource: 1, maxResource: 9 } },
        boost,
      ],
    },
    /restate:candidates\[0\]\.strategy: must not be Hyperband for decision-tree, which only reports its metrics once/,
  ],
  [
    "an image that logs the mean squared error alone",
    candidate({ algorithm: { image: "image", metrics: { "validation:mse": "mse=(.*)" } } }),
    /restate:candidates\[1\]\.algorithm\.metrics: lacks validation:rmse, .*validation:mse is no longer the objective/,
  ],
  [
    "no ranges",
    candidate({ ranges: {} }),
    /restate:candidates\[1\]\.ranges: has 0 hyperparameters, but tuning supports 1 to 30/,
  ],
  [
    "a range upside down",
    ranges({ eta: { type: "continuous", min: 0.5, max: 0.1 } }),
    /restate:candidates\[1\]\.ranges\.eta: has min 0\.5 above max 0\.1/,
  ],
  [
    "a range of text",
    ranges({ eta: { type: "continuous", min: "low", max: 1 } }),
    /restate:candidates\[1\]\.ranges\.eta\.min: .*expected number/,
  ],
  [
    "a range beyond the hyperparameter's",
    ranges({ eta: { type: "continuous", min: 0.1, max: 2 } }),
    /restate:candidates\[1\]\.ranges\.eta: must be from 0/,
  ],
  [
    "a logarithmic range from 0",
    ranges({ eta: { type: "continuous", min: 0, max: 1, scaling: "Logarithmic" } }),
    /restate:candidates\[1\]\.ranges\.eta: must have a min above 0/,
  ],
  [
    "a grid of numbers",
    candidate({ strategy: "Grid" }),
    /restate:candidates\[1\]\.ranges\.eta: must be categorical, .* the Grid strategy/,
  ],
  [
    "more jobs than the service allows",
    candidate({ maxJobs: 1000 }),
    /restate:candidates\[1\]\.maxJobs: must (be|have) at most 750\b/,
  ],
  [
    "an end of tuning that never comes",
    candidate({ maxJobs: 5, completionCriteria: { maxJobsNotImproving: 5 } }),
    /restate:candidates\[1\]\.completionCriteria\.maxJobsNotImproving: is 5, which is not below maxJobs 5/,
  ],
  [
    "fewer trials without improvement than the service allows",
    candidate({ completionCriteria: { maxJobsNotImproving: 2 } }),
    /restate:candidates\[1\]\.completionCriteria\.maxJobsNotImproving: must (be|have) at least 3\b/,
  ],
  [
    "completion criteria without one",
    candidate({ completionCriteria: {} }),
    /restate:candidates\[1\]\.completionCriteria: has no criterion; set maxJobsNotImproving, /,
  ],
  [
    "more parents than the service allows",
    candidate({ warmStart: { parents: ["a", "b", "c", "d", "e", "f"] } }),
    /restate:candidates\[1\]\.warmStart\.parents: must (be|have) at most 5\b/,
  ],
  [
    "a parent that cannot be a tuning job",
    candidate({ warmStart: { parents: ["an_underscore"] } }),
    /restate:candidates\[1\]\.warmStart\.parents\[0\]: must be the name of a tuning job: 1 to 32 /,
  ],
  [
    "a parent twice",
    candidate({ warmStart: { parents: ["a-Tune", "a-Tune"] } }),
    /restate:candidates\[1\]\.warmStart\.parents: has a tuning job twice/,
  ],
  [
    "a warm start of a strategy that knows none",
    candidate({
      warmStart: { parents: ["a-Tune"] },
      ...{ strategy: "Hyperband", hyperband: { minResource: 1, maxResource: 9 } },
    }),
    /restate:candidates\[1\]\.warmStart: is for the strategies Bayesian and Random, but strategy is Hyperband/,
  ],
  [
    "a tuning that ends sooner than the service allows",
    candidate({ maxTuningRuntimeInSeconds: 60 }),
    /restate:candidates\[1\]\.maxTuningRuntimeInSeconds: must (be|have) at least 120\b/,
  ],
  [
    "no retries by number",
    candidate({ maxRetryAttempts: 0 }),
    /restate:candidates\[1\]\.maxRetryAttempts: must (be|have) at least 1\b/,
  ],
  [
    "more parallel jobs than jobs",
    candidate({ maxJobs: 2, maxParallelJobs: 3 }),
    /restate:candidates\[1\]\.maxParallelJobs: is 3, above maxJobs 2/,
  ],
  ["a schedule of five fields", { schedule: "cron(0 6 * * 1)" }, /restate:schedule: must be rate/],
  ["a schedule in words", { schedule: "weekly" }, /restate:schedule: must be rate\(...\), at/],
  [
    "a role as the boundary",
    { permissionsBoundary: "arn:aws:iam::111122223333:role/limit" },
    /restate:permissionsBoundary: must be the ARN of a policy in an account/,
  ],
  [
    "the URI of a bucket in place of its name",
    { accessLogBucket: "s3://logs" },
    /restate:accessLogBucket: must be the name of a bucket/,
  ],
  [
    "a schedule that names both days",
    { schedule: "cron(0 6 * * MON *)" },
    /restate:schedule: must be .*one of the two day fields \?/,
  ],
  [
    "a schedule of no day",
    { schedule: "cron(0 6 ? * ? *)" },
    /restate:schedule: must be .*one of the two day fields \?/,
  ],
  ["a time that there is not", { schedule: "at(2030-02-30T06:00:00)" }, /restate:schedule: /],
  ["a base image with spaces", { baseImage: "python 3" }, /restate:baseImage: must be the name/],
  [
    "an address twice",
    { notifyEmails: ["a@example.com", "a@example.com"] },
    /restate:notifyEmails: must not list an address twice/,
  ],
  [
    "a network of public addresses",
    { network: { mode: "create", cidrBlock: "8.8.0.0/16" } },
    /restate:network\.cidrBlock: must be a \/16 to \/24 of a private range/,
  ],
  [
    "a network that is too large",
    { network: { mode: "create", cidrBlock: "10.0.0.0/8" } },
    /restate:network\.cidrBlock: must be a \/16 to \/24/,
  ],
  [
    "a network by another than its first address",
    { network: { mode: "create", cidrBlock: "10.0.0.5/16" } },
    /restate:network\.cidrBlock: must be a \/16 to \/24/,
  ],
  [
    "a network without a mode",
    { network: {} },
    /restate:network\.mode: .*'create' \| 'existing' \| 'none'/,
  ],
  [
    "a table whose saved queries no name fits",
    dataset({ table: "t".repeat(91) }),
    /restate:dataset: table: has 91 characters; 90 are allowed/,
  ],
  [
    "more deployers than a role can list",
    {
      deployers: Array.from(
        { length: 20 },
        (_, index) => `repo:team/${"houses".repeat(12)}${index}:environment:production`,
      ),
      permissionsBoundary: "arn:aws:iam::111122223333:policy/limit",
    },
    /restate:deployers: have more than 1600 characters in total/,
  ],
  [
    "the identity provider of somebody else",
    { oidcProviderArn: "arn:aws:iam::111122223333:oidc-provider/gitlab.com" },
    /restate:oidcProviderArn: must be the ARN of GitHub's/,
  ],
  ["no parallel steps", { parallelSteps: 0 }, /restate:parallelSteps: must (be|have) at least 1\b/],
  ["what is no address", { notifyEmails: ["team"] }, /restate:notifyEmails\[0\]: .*email/],
  [
    "a budget below nothing",
    { monthlyBudget: -1 },
    /restate:monthlyBudget: must (be|have) at least 0\b/,
  ],
  [
    "the name of an account in place of its number",
    { modelConsumers: ["prod"] },
    /restate:modelConsumers\[0\]: must be the account's 12 digits in quotes/,
  ],
  [
    "an account as a number",
    { modelConsumers: [111122223333] },
    /restate:modelConsumers\[0\]: must be the account's 12 digits in quotes \(without quotes, it is a number/,
  ],
  [
    "new data that arrives elsewhere",
    { startOnNewData: true, dataset: { ...housing, location: "s3://theirs/houses/" } },
    /restate:startOnNewData: only watches the stack's own bucket, but dataset\.location/,
  ],
  [
    "a data file that does not fit the table",
    { dataFile: "CHANGELOG.md" },
    /restate:dataFile: CHANGELOG\.md: \d+ of \d+ lines have the wrong number of columns; first in line 1: 1 column, expected 9/,
  ],
  [
    "a data file that does not exist",
    { dataFile: "nowhere.csv" },
    /restate:dataFile: there is no such file/,
  ],
];

describe("configuration", () => {
  for (const [what, config, line] of mistakes) {
    it(`refuses ${what}`, async () => {
      await rejects(program(config), { name: "UserError", message: line });
    });
  }

  for (const schedule of ["cron(0 6 ? * MON-FRI *)", "cron(0/15 6 L * ? 2030)", "rate(1 day)"]) {
    it(`takes ${schedule} as a schedule`, async () => {
      const { resources } = await program({ schedule });
      const [found] = resources.filter(({ type }) => type === "aws:scheduler/schedule:Schedule");
      equal(found?.inputs["scheduleExpression"], schedule);
    });
  }

  it("runs no more trials at once than there are", () => {
    const atOnce = (change: JsonObject): unknown =>
      candidatesSchema.parse([{ ...boost, maxParallelJobs: undefined, ...change }])[0]
        ?.maxParallelJobs;
    deepEqual(
      [atOnce({ maxJobs: 1 }), atOnce({ maxJobs: 2 }), atOnce({}), atOnce({ maxParallelJobs: 3 })],
      [1, 2, 2, 3],
    );
  });

  for (const algorithm of Object.keys(defaultTunings)) {
    it(`tunes ${algorithm} by what it takes where a candidate has no ranges`, () => {
      const parsed = candidatesSchema.parse([{ name: "Own", algorithm }])[0];
      const { hyperparameters, ranges } = defaultTunings[algorithm as AlgorithmName];
      deepEqual(parsed?.ranges, ranges);
      deepEqual(
        parsed.hyperparameters,
        Object.fromEntries(
          Object.entries(hyperparameters).map(([name, one]) => [name, String(one)]),
        ),
      );
    });
  }

  it("lets a candidate fix a hyperparameter of the default tuning", () => {
    const hyperparameters = { n_estimators: 50, min_samples_leaf: 3, criterion: "absolute_error" };
    const [parsed] = candidatesSchema.parse([
      { name: "Forest", algorithm: "random-forest", hyperparameters },
    ]);
    deepEqual(parsed?.hyperparameters, {
      n_estimators: "50",
      random_state: "1729",
      min_samples_leaf: "3",
      criterion: "absolute_error",
    });
    deepEqual(Object.keys(parsed.ranges), ["max_features", "min_samples_split"]);
  });

  it("takes none of the default tuning where a candidate has ranges", () => {
    const ranges = { alpha: { type: "continuous", min: 1, max: 2 } };
    const [parsed] = candidatesSchema.parse([{ name: "Net", algorithm: "elastic-net", ranges }]);
    deepEqual(parsed?.hyperparameters, {});
    deepEqual(parsed.ranges, { alpha: { type: "continuous", min: 1, max: 2, scaling: "Auto" } });
  });

  it("refuses a folder of data with a link to nowhere", async () => {
    const folder = mkdtempSync(join(tmpdir(), "restate-data-"));
    symlinkSync(join(folder, "nowhere"), join(folder, "link.csv"));
    try {
      await rejects(program({ dataFile: folder }), {
        message: /restate:dataFile: cannot be read: .*link\.csv/,
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("refuses to destroy by force what is protected", async () => {
    await rejects(program({ protect: true, forceDestroy: true }), {
      message: /restate:forceDestroy: is true, but restate:protect is also true/,
    });
  });

  it("refuses a data file beside a location elsewhere", async () => {
    const config = { dataFile: "README.md", ...dataset({ location: "s3://theirs/houses/" }) };
    await rejects(program(config), {
      message: /restate:dataFile: is uploaded to the stack's own bucket, but dataset\.location/,
    });
  });

  it("lists all problems at once", async () => {
    await rejects(program({ typo: 1, minimumR2: 2, ...dataset({ target: "price" }) }), {
      message: /restate:dataset\.target.*restate:minimumR2.*restate:typo/s,
    });
  });

  it("refuses more candidates than a definition holds, before anything is registered", async () => {
    const candidates = Array.from({ length: 200 }, (_, index) => ({ ...boost, name: `C${index}` }));
    await rejects(program({ candidates }), {
      message: /restate:candidates: the definition has \d+ characters, but 1048576 are allowed/,
    });
  });

  it("refuses a stack without a region", async () => {
    await rejects(evaluateProgram("test", {}), { message: /aws:region: missing; set it with/ });
  });

  it("hands the rest of the namespace aws to the provider too, and adds its own tags", async () => {
    const { resources } = await evaluateProgram("test", {
      "aws:region": "us-east-1",
      "aws:assumeRoles": '[{"roleArn":"arn:aws:iam::111122223333:role/deploys"}]',
      "aws:defaultTags": '{"tags":{"team":"houses","stack":"another"}}',
      "aws:maxRetries": "7",
    });
    const provider = resources.find(({ type }) => type === "pulumi:providers:aws")?.inputs;
    match(text(provider?.["assumeRoles"]), /role\/deploys/);
    equal(provider?.["maxRetries"], "7");
    deepEqual(JSON.parse(text(provider["defaultTags"])), {
      tags: { team: "houses", stack: "test", project: "restate" },
    });
  });

  it("refuses what the provider could not read", async () => {
    const config = { "aws:region": "us-east-1", "aws:assumeRoles": "deploys", "restate:typo": "1" };
    await rejects(evaluateProgram("test", config), {
      message: /restate:typo.*aws:assumeRoles: is not valid JSON/s,
    });
  });

  it("refuses more default tags than an object in S3 takes beside the stack's own", async () => {
    const withTags = (count: number): Promise<unknown> =>
      evaluateProgram("test", {
        "aws:region": "us-east-1",
        "restate:network": '{"mode":"none"}',
        "aws:defaultTags": JSON.stringify({
          tags: Object.fromEntries(
            ["stack", ...Array.from({ length: count }, (_, index) => `tag${index}`)].map((key) => [
              key,
              "x",
            ]),
          ),
        }),
      });
    await withTags(8);
    await rejects(withTags(9), {
      message: /aws:defaultTags: has 9 tags; 8 are allowed in addition to project and stack/,
    });
  });

  it("hands profile and allowed accounts to the provider", async () => {
    const { resources } = await evaluateProgram("test", {
      "aws:region": "us-east-1",
      "aws:profile": "team",
      "aws:allowedAccountIds": '["111122223333"]',
    });
    const provider = resources.find(({ type }) => type === "pulumi:providers:aws")?.inputs;
    equal(provider?.["profile"], "team");
    // Inputs of providers are text.
    deepEqual(JSON.parse(text(provider["allowedAccountIds"])), ["111122223333"]);
  });

  for (const accounts of ["111122223333", '["production"]', "[1"]) {
    it(`refuses ${accounts} as allowed accounts`, async () => {
      const config = { "aws:region": "us-east-1", "aws:allowedAccountIds": accounts };
      await rejects(evaluateProgram("test", config), {
        message: /aws:allowedAccountIds: must be a JSON list of account numbers/,
      });
    });
  }

  it("refuses what is no region", async () => {
    await rejects(evaluateProgram("test", { "aws:region": "Virginia" }), {
      message: /aws:region: "Virginia" is not a valid region \(expected something like us-east-1\)/,
    });
  });

  for (const stack of ["Dev", "a".repeat(21), "1st", "dev_1", "dev-", "a--b"]) {
    it(`refuses the stack name ${stack}, which physical names cannot carry`, async () => {
      await rejects(program({}, stack), { message: /must be 1 to 20 lower-case letters/ });
    });
  }

  for (const stack of ["test-model", "test-deployer", "a-model-b"]) {
    it(`refuses the stack name ${stack}, with which names of another stack would begin`, async () => {
      await rejects(program({}, stack), {
        message: /must not have "(model|deployer)" after a hyphen, because names of the stack/,
      });
    });
  }

  describe("Pulumi.yaml", () => {
    const project = parse(readFileSync("Pulumi.yaml", "utf8")) as {
      readonly config: Readonly<Record<string, Declaration>>;
    };
    const declared = Object.entries(project.config);

    for (const [key, declaration] of declared) {
      it(`has the default of ${key} that the program takes`, () => {
        const name = key.replace("restate:", "");
        // Pulumi refuses a stack that lacks a key without a default.
        ok("default" in declaration, key);
        // Pulumi declares no fractions.
        const value = /^(maxCostPerExecution|minimumR2)$/.test(name)
          ? Number(declaration.default)
          : declaration.default;
        deepEqual(
          settingsSchema.parse({ [name]: value })[name as keyof typeof settingsSchema.shape],
          settingsSchema.parse({})[name as keyof typeof settingsSchema.shape],
        );
      });
    }
  });
});
