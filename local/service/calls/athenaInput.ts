import {
  arn,
  bucketArn,
  type Call,
  type Calls,
  callsBy,
  certain,
  type Evidence,
  likely,
  objectArn,
  type Stack,
  unproven,
} from "./call";
import { catalogKey, forCaller, keyThroughS3, reads, readsTable } from "./storage";

/** The Glue database for SageMaker's tables: one per account and region, not the stack's own. */
export const inputDatabase = "sagemaker_processing";

/** Prefix of those tables' names: the only separation between stacks in the shared database. */
export const inputTablePrefix = "sagemaker_tmp_";

const makesDatabase = certain(
  "aws/sagemaker-python-sdk#5176 (the job's role is denied glue:CreateDatabase for sagemaker_processing)",
);

/** According to the page, its policy is the narrowest that imports from Athena. */
const importsFromAthena = certain(
  'SageMaker guide, "Security and Permissions" of Data Wrangler (policy for an Athena import); managed policy ' +
    "AmazonSageMakerFullAccess",
);

const defaultDatabase = certain(
  'Athena guide, "Configure access to databases and tables in the AWS Glue Data Catalog" (the policy for the ' +
    "default database must be present)",
);

const catalogueOfQueries = certain(
  'Athena guide, "Configure access to databases and tables in the AWS Glue Data Catalog" (an action on a table ' +
    "also needs permission on its database and the catalogue)",
);

const viewsReadTheirTables = likely(
  'Athena guide, "Configure access to databases and tables in the AWS Glue Data Catalog" (permissions are by the ' +
    "tables that a query reads); that a view's query reads its base tables' metadata is inferred from it",
);

const partitionsOfTable = likely(
  "managed policy AmazonAthenaFullAccess (BaseGluePermissions); the policy for an Athena import of Data " +
    "Wrangler's guide has none of them",
);

const athenaInS3 = certain(
  "managed policy AmazonAthenaFullAccess (BaseQueryResultsPermissions, BaseS3BucketPermissions); Athena guide, " +
    '"Control access to Amazon S3 from Athena" (with the caller\'s permissions, from outside any VPC)',
);

const encryptedCatalogue = certain(
  'Athena guide, "Configure access from Athena to encrypted metadata in the AWS Glue Data Catalog"',
);

const otherCatalogues = likely('Athena guide, "Data Catalog example policies"');

const lakeFormation = certain('Athena guide, "Manage Lake Formation and Athena user permissions"');

const tablesInBuckets = likely(
  'Athena guide, "Register S3 table bucket catalogs and query Tables from Athena"; aws/agent-toolkit-for-aws, S3 Tables ' +
    'Access Control (the s3tables and glue actions of a query with their ARNs); Service Authorization Reference, "Actions, ' +
    'resources, and condition keys for Amazon S3 Tables"; that an input of a job may name such a table is inferred',
);

/** A job's inputs are downloaded through its network; no source says whether queries start there too. */
const startsInNetwork = unproven(
  "no source says from which network a job's Athena input is queried; aws/sagemaker-python-sdk#5176 shows that " +
    "it is queried with the job's role, and that the job's log shows it",
);

/** What a query of a table in S3 Tables does there with the caller's rights. */
function readsTableBucket(stack: Stack): readonly Call[] {
  const { database, table, tableBucket: { kmsKeyArn, name } = { name: "" } } = stack;
  const call = callsBy("processing");
  const bucket = arn(stack, "s3tables", `bucket/${name}`);
  const namespace = { "s3tables:namespace": database };
  return [
    call(
      ["glue:GetCatalog"],
      catalogs(stack).map((path) => arn(stack, "glue", path)),
      tablesInBuckets,
    ),
    call(["s3tables:GetTableBucket"], [bucket], tablesInBuckets),
    call(["s3tables:GetNamespace"], [bucket], tablesInBuckets, { context: namespace }),
    call(
      ["s3tables:GetTable", "s3tables:GetTableData", "s3tables:GetTableMetadataLocation"],
      [`${bucket}/table/01234567-89ab-cdef-0123-456789abcdef`],
      tablesInBuckets,
      { context: { ...namespace, "s3tables:tableName": table } },
    ),
    ...(kmsKeyArn === undefined
      ? []
      : [call(["kms:Decrypt", "kms:GenerateDataKey"], [kmsKeyArn], tablesInBuckets)]),
  ];
}

/** Athena's name for the catalogue of the table's bucket in S3 Tables; undefined if the table is not there. */
const bucketCatalogue = ({ tableBucket }: Stack): string | undefined =>
  tableBucket && `s3tablescatalog/${tableBucket.name}`;

/** The catalogues of Glue in which the table is found. */
function catalogs(stack: Stack): readonly string[] {
  const own = bucketCatalogue(stack);
  return own === undefined ? ["catalog"] : ["catalog", "catalog/s3tablescatalog", `catalog/${own}`];
}

/**
 * How SageMaker reads an Athena input with the job's role: Athena creates SageMaker's own database if there is none,
 * and writes the query's result to a table in it (CREATE TABLE AS, with the input's location); SageMaker downloads the
 * files and drops the table. The dataset's own database is not changed.
 */
export const athenaInput: Calls = (stack, job) => {
  const actor = "processing";
  const { baseTables, database, kmsKeyArn, table, workGroup } = stack;
  const inBucket = bucketCatalogue(stack);
  const within = inBucket === undefined ? "" : `${inBucket}/`;
  const parents = catalogs(stack).slice(1);
  const evidence = inBucket === undefined ? catalogueOfQueries : tablesInBuckets;
  const inputTable = `${inputDatabase}/${inputTablePrefix}0123456789abcdef`;
  const [folder = "athena"] = job.named?.writes ?? [];
  const result = `${folder}/${job.name}/20200101_000000_00000_abcde`;
  const resultKey = job.named === undefined ? kmsKeyArn : job.named.outputKey;
  const call = callsBy(actor);
  const glue = (
    actions: readonly string[],
    resources: readonly string[],
    evidence: Evidence,
  ): Call =>
    call(
      actions,
      ["catalog", ...resources].map((path) => arn(stack, "glue", path)),
      evidence,
    );
  const queries = [
    "athena:GetQueryExecution",
    "athena:GetQueryResults",
    "athena:StartQueryExecution",
    "athena:StopQueryExecution",
  ];
  const group = [arn(stack, "athena", `workgroup/${workGroup}`)];
  return [
    ...([undefined, "AwsDataCatalog", inBucket].includes(stack.catalogue)
      ? []
      : [
          call(
            ["athena:GetDataCatalog"],
            [arn(stack, "athena", `datacatalog/${stack.catalogue}`)],
            otherCatalogues,
          ),
        ]),
    call(queries, group, importsFromAthena),
    call(queries, group, startsInNetwork, { endpoint: "athena" }),
    glue(
      ["glue:CreateDatabase", "glue:GetDatabase", "glue:GetDatabases"],
      ["database/default"],
      defaultDatabase,
    ),
    glue(["glue:CreateDatabase", "glue:GetDatabase"], [`database/${inputDatabase}`], makesDatabase),
    glue(["glue:GetDatabase"], [...parents, `database/${within}${database}`], evidence),
    glue(
      ["glue:GetTable"],
      [...parents, `database/${within}${database}`, `table/${within}${database}/${table}`],
      evidence,
    ),
    ...(inBucket === undefined ? [] : readsTableBucket(stack)),
    ...baseTables.map((base) =>
      glue(
        ["glue:GetTable"],
        [`database/${base.split(".")[0] ?? ""}`, `table/${base.replace(".", "/")}`],
        viewsReadTheirTables,
      ),
    ),
    ...(inBucket === undefined
      ? [
          glue(
            ["glue:GetPartition", "glue:GetPartitions", "glue:BatchGetPartition"],
            [`database/${database}`, `table/${database}/${table}`],
            partitionsOfTable,
          ),
        ]
      : []),
    glue(
      ["glue:CreateTable", "glue:GetTable", "glue:DeleteTable"],
      [`database/${inputDatabase}`, `table/${inputTable}`],
      importsFromAthena,
    ),
    ...catalogKey(stack, actor, encryptedCatalogue),
    call(["lakeformation:GetDataAccess"], ["*"], lakeFormation),
    ...(inBucket === undefined ? readsTable(stack, actor, athenaInS3, true) : []),
    // Athena writes to the location in the input, from its own network.
    call(
      ["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"],
      [objectArn(stack, result).split("/", 1)[0] ?? bucketArn(stack)],
      athenaInS3,
    ),
    call(
      ["s3:AbortMultipartUpload", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject"],
      [objectArn(stack, result)],
      athenaInS3,
      { context: forCaller },
    ),
    ...(resultKey === undefined
      ? []
      : [keyThroughS3(stack, actor, resultKey, "kms:GenerateDataKey", "kms:Decrypt")]),
    // The files that the job downloads.
    ...reads(stack, actor, [result]),
  ];
};
