import { arn, bucketArn, type Call, type Calls, type Evidence, objectArn } from "./call";
import { forCaller, keyThroughS3, reads, readsTable } from "./storage";

/** Glue's database in which SageMaker makes its tables: one in each account and region, not the stack's own. */
export const inputDatabase = "sagemaker_processing";

/** What the names of those tables begin with: all that keeps stacks apart in the database that they share. */
export const inputTablePrefix = "sagemaker_tmp_";

const makesDatabase: Evidence = {
  source:
    "aws/sagemaker-python-sdk#5176 (the job's role is denied glue:CreateDatabase for sagemaker_processing)",
  certainty: "certain",
};

/** The policy there is the narrowest, the page says, that imports from Athena. */
const importsFromAthena: Evidence = {
  source:
    'SageMaker guide, "Security and Permissions" of Data Wrangler (policy for an Athena import); managed policy ' +
    "AmazonSageMakerFullAccess",
  certainty: "certain",
};

const defaultDatabase: Evidence = {
  source:
    'Athena guide, "Configure access to databases and tables in the AWS Glue Data Catalog" (the policy for the ' +
    "default database must be present)",
  certainty: "certain",
};

const catalogueOfQueries: Evidence = {
  source:
    'Athena guide, "Configure access to databases and tables in the AWS Glue Data Catalog" (an action on a table ' +
    "takes the right on its database and the catalogue)",
  certainty: "certain",
};

const viewsReadTheirTables: Evidence = {
  source:
    'Athena guide, "Configure access to databases and tables in the AWS Glue Data Catalog" (rights are by the tables ' +
    "that a query reads); that a view's query reads its base tables' metadata is inferred from it",
  certainty: "likely",
};

const partitionsOfTable: Evidence = {
  source:
    "managed policy AmazonAthenaFullAccess (BaseGluePermissions); the policy for an Athena import of Data " +
    "Wrangler's guide has none of them",
  certainty: "likely",
};

const athenaInS3: Evidence = {
  source:
    "managed policy AmazonAthenaFullAccess (BaseQueryResultsPermissions, BaseS3BucketPermissions); Athena guide, " +
    '"Control access to Amazon S3 from Athena" (by the caller\'s rights, from no VPC)',
  certainty: "certain",
};

const encryptedCatalogue: Evidence = {
  source:
    'Athena guide, "Configure access from Athena to encrypted metadata in the AWS Glue Data Catalog"',
  certainty: "certain",
};

const lakeFormation: Evidence = {
  source: 'Athena guide, "Manage Lake Formation and Athena user permissions"',
  certainty: "certain",
};

/** Inputs of a job are downloaded through its network; that queries start there too, nobody says. */
const startsInNetwork: Evidence = {
  source:
    "no source says from which network a job's Athena input is queried; that it is by the job's role, and that " +
    "the job's log tells of it, aws/sagemaker-python-sdk#5176 shows",
  certainty: "unproven",
};

/**
 * What SageMaker does, with the job's role, to read an input from Athena: it has Athena make a database of its
 * own where there is none, write the query's result as a table in it (CREATE TABLE AS, with the location that
 * the input names), downloads the files, and drops the table. None of it is in the dataset's own database.
 */
export const athenaInput: Calls = (stack, job) => {
  const actor = "processing";
  const { baseTables, database, dnsSuffix, encryptCatalog, kmsKeyArn, region, table, workGroup } =
    stack;
  const catalog = arn(stack, "glue", "catalog");
  const inputTable = `${inputDatabase}/${inputTablePrefix}0123456789abcdef`;
  const [folder = "athena"] = job.named?.writes ?? [];
  const result = `${folder}/${job.name}/20200101_000000_00000_abcde`;
  const resultKey = job.named === undefined ? kmsKeyArn : job.named.outputKey;
  const glue = (
    actions: readonly string[],
    resources: readonly string[],
    evidence: Evidence,
  ): Call => ({
    actor,
    actions,
    resources: [catalog, ...resources.map((path) => arn(stack, "glue", path))],
    evidence,
  });
  const query = {
    actor,
    actions: [
      "athena:GetQueryExecution",
      "athena:GetQueryResults",
      "athena:StartQueryExecution",
      "athena:StopQueryExecution",
    ],
    resources: [arn(stack, "athena", `workgroup/${workGroup}`)],
  } as const;
  return [
    { ...query, evidence: importsFromAthena },
    { ...query, endpoint: "athena", evidence: startsInNetwork },
    glue(
      ["glue:CreateDatabase", "glue:GetDatabase", "glue:GetDatabases"],
      ["database/default"],
      defaultDatabase,
    ),
    glue(["glue:CreateDatabase", "glue:GetDatabase"], [`database/${inputDatabase}`], makesDatabase),
    glue(["glue:GetDatabase"], [`database/${database}`], catalogueOfQueries),
    glue(
      ["glue:GetTable"],
      [`database/${database}`, `table/${database}/${table}`],
      catalogueOfQueries,
    ),
    ...baseTables.map((base) =>
      glue(
        ["glue:GetTable"],
        [`database/${base.split(".")[0] ?? ""}`, `table/${base.replace(".", "/")}`],
        viewsReadTheirTables,
      ),
    ),
    glue(
      ["glue:GetPartition", "glue:GetPartitions", "glue:BatchGetPartition"],
      [`database/${database}`, `table/${database}/${table}`],
      partitionsOfTable,
    ),
    glue(
      ["glue:CreateTable", "glue:GetTable", "glue:DeleteTable"],
      [`database/${inputDatabase}`, `table/${inputTable}`],
      importsFromAthena,
    ),
    ...(encryptCatalog
      ? [
          {
            actor,
            actions: ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"],
            resources: [kmsKeyArn],
            context: { "kms:ViaService": `glue.${region}.${dnsSuffix}` },
            evidence: encryptedCatalogue,
          } satisfies Call,
        ]
      : []),
    { actor, actions: ["lakeformation:GetDataAccess"], resources: ["*"], evidence: lakeFormation },
    ...readsTable(stack, actor, athenaInS3, true),
    // Athena writes where the input says, from its own network.
    {
      actor,
      actions: ["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"],
      resources: [objectArn(stack, result).split("/", 1)[0] ?? bucketArn(stack)],
      evidence: athenaInS3,
    },
    {
      actor,
      actions: [
        "s3:AbortMultipartUpload",
        "s3:GetObject",
        "s3:ListMultipartUploadParts",
        "s3:PutObject",
      ],
      resources: [objectArn(stack, result)],
      context: forCaller,
      evidence: athenaInS3,
    },
    ...(resultKey === undefined
      ? []
      : [keyThroughS3(stack, actor, resultKey, "kms:GenerateDataKey", "kms:Decrypt")]),
    // What the job downloads.
    ...reads(stack, actor, [result]),
  ];
};
