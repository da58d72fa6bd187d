import { arn, bucketArn, type Call, type Calls, type Evidence } from "./call";
import { keyThroughS3, reads, readsTable } from "./storage";

/** Glue's database in which SageMaker makes its tables: one in each account and region, not the stack's own. */
export const inputDatabase = "sagemaker_processing";

/** What the names of those tables begin with: all that keeps stacks apart in the database that they share. */
export const inputTablePrefix = "sagemaker_tmp_";

const makesDatabase: Evidence = {
  source: "aws/sagemaker-python-sdk#5176; managed policy AmazonSageMakerFullAccess",
  certainty: "certain",
};

const makesTable: Evidence = {
  source: 'SageMaker guide, "Security and Permissions" of Data Wrangler; AmazonSageMakerFullAccess',
  certainty: "certain",
};

const queries: Evidence = {
  source: "managed policies AmazonSageMakerFullAccess and AmazonAthenaFullAccess",
  certainty: "certain",
};

const catalogueOfQueries: Evidence = {
  source: 'Athena guide, "Configure access to databases and tables in the AWS Glue Data Catalog"',
  certainty: "certain",
};

const partitionsOfTable: Evidence = {
  source: "managed policy AmazonAthenaFullAccess",
  certainty: "certain",
};

const athenaInS3: Evidence = {
  source:
    'managed policy AmazonAthenaFullAccess; Athena guide, "Control access to Amazon S3 from Athena"',
  certainty: "certain",
};

const encryptedCatalogue: Evidence = {
  source:
    'Athena guide, "Configure access from Athena to encrypted metadata in the AWS Glue Data Catalog"',
  certainty: "certain",
};

const lakeFormation: Evidence = {
  source: 'Lake Formation guide, "Underlying data access control"; AmazonAthenaFullAccess',
  certainty: "certain",
};

/** Inputs of a job are downloaded through its network; that queries start there too, the service does not say. */
const startsQuery: Evidence = {
  source: "aws/sagemaker-python-sdk#5176 (the job's own log tells of the query)",
  certainty: "likely",
};

/**
 * What SageMaker does, with the job's role, to read an input from Athena: it has Athena make a database of its
 * own where there is none, write the query's result as a table in it (CREATE TABLE AS, with the location that
 * the input names), downloads the files, and drops the table. None of it is in the dataset's own database.
 */
export const athenaInput: Calls = (stack, job) => {
  const actor = "processing";
  const { database, dnsSuffix, encryptCatalog, kmsKeyArn, region, table, workGroup } = stack;
  const catalog = arn(stack, "glue", "catalog");
  const inputTable = `${inputDatabase}/${inputTablePrefix}0123456789abcdef`;
  const result = `athena/${job.name}/20200101_000000_00000_abcde`;
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
  return [
    {
      actor,
      actions: ["athena:StartQueryExecution"],
      resources: [arn(stack, "athena", `workgroup/${workGroup}`)],
      endpoint: "athena",
      evidence: startsQuery,
    },
    {
      actor,
      actions: ["athena:GetQueryExecution", "athena:GetQueryResults", "athena:StopQueryExecution"],
      resources: [arn(stack, "athena", `workgroup/${workGroup}`)],
      endpoint: "athena",
      evidence: queries,
    },
    glue(["glue:GetDatabase"], ["database/default"], catalogueOfQueries),
    glue(["glue:CreateDatabase", "glue:GetDatabase"], [`database/${inputDatabase}`], makesDatabase),
    glue(["glue:GetDatabase"], [`database/${database}`], catalogueOfQueries),
    glue(
      ["glue:GetTable"],
      [`database/${database}`, `table/${database}/${table}`],
      catalogueOfQueries,
    ),
    glue(
      ["glue:GetPartition", "glue:GetPartitions", "glue:BatchGetPartition"],
      [`database/${database}`, `table/${database}/${table}`],
      partitionsOfTable,
    ),
    glue(
      ["glue:CreateTable", "glue:GetTable", "glue:DeleteTable"],
      [`database/${inputDatabase}`, `table/${inputTable}`],
      makesTable,
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
    ...readsTable(stack, actor, athenaInS3),
    // Athena writes where the input says, from its own network.
    {
      actor,
      actions: ["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"],
      resources: [bucketArn(stack)],
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
      resources: [bucketArn(stack, result)],
      evidence: athenaInS3,
    },
    keyThroughS3(stack, actor, kmsKeyArn, "kms:GenerateDataKey", "kms:Decrypt"),
    // What the job downloads.
    ...reads(stack, actor, [result]),
  ];
};
