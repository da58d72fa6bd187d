import type { RoleNames } from "../../contract/names";
import { prefixes } from "../../pipeline/storage";
import { jobNames, pipeline } from "./pipeline";
import { allow, passRoles, type Statement, type Statements } from "./statements";

/** The table of calls (local/service/calls/) has the reason and evidence for each; tests compare the roles with it. */

/** SageMaker's Glue database for inputs that Athena writes, one per account, shared by all stacks. */
const inputDatabase = "sagemaker_processing";

/** Output of Data Wrangler's Spark, in the folder of an execution. */
const sparkOutput = `/${prefixes.executions}/*/data-wrangler/*`;

/** Reading a table in S3 Tables. Which call knows which condition: Service Authorization Reference. */
function readTableBucket(stack: Statements): readonly Statement[] {
  const { adopted, names, tableName } = stack.args;
  if (adopted?.tableBucket === undefined) {
    return [];
  }
  const { kmsKeyArn, name } = adopted.tableBucket;
  const bucket = stack.arn("s3tables", `bucket/${name}`);
  const namespace = { "s3tables:namespace": names.databaseName };
  return [
    allow(
      "FindCatalog",
      "glue:GetCatalog",
      tableCatalogs(stack).map((path) => stack.arn("glue", path)),
    ),
    allow("FindTableBucket", "s3tables:GetTableBucket", bucket),
    allow("FindNamespace", "s3tables:GetNamespace", bucket, { StringEquals: namespace }),
    allow(
      "ReadTableData",
      ["s3tables:GetTable", "s3tables:GetTableData", "s3tables:GetTableMetadataLocation"],
      // The ARN of a table has its id, which only S3 Tables knows.
      stack.arn("s3tables", `bucket/${name}/table/*`),
      { StringEquals: { ...namespace, "s3tables:tableName": tableName } },
    ),
    ...(kmsKeyArn === undefined
      ? []
      : [allow("DecryptTableData", ["kms:Decrypt", "kms:GenerateDataKey"], kmsKeyArn)]),
  ];
}

/** The catalogues of Glue in which the table is found: that of S3 Tables is below the account's own. */
function tableCatalogs({ args: { adopted } }: Statements): readonly string[] {
  const bucket = adopted?.tableBucket?.name;
  return bucket === undefined
    ? ["catalog"]
    : ["catalog", "catalog/s3tablescatalog", `catalog/s3tablescatalog/${bucket}`];
}

/** Queries the table, and writes the transformed data. */
function processing(stack: Statements): readonly Statement[] {
  const { adopted, names, tableName } = stack.args;
  const { databaseName, workGroupName } = names;
  const bucket = adopted?.tableBucket?.name;
  const tables = [`${databaseName}.${tableName}`, ...(adopted?.baseTables ?? [])];
  const databases = new Set(tables.map((table) => table.split(".")[0] ?? ""));
  const within = bucket === undefined ? "" : `s3tablescatalog/${bucket}/`;
  return [
    ...stack.readDataElsewhere(),
    stack.listBucket(),
    allow(
      "ReadObjects",
      "s3:GetObject",
      stack.objects("data", "queryResults", "sources", "executions"),
    ),
    stack.writeObjects(
      "WriteObjects",
      "queryResults",
      "executions",
      ...(stack.args.servesRawRows ? (["rowEncoders"] as const) : []),
    ),
    allow("ListUploads", "s3:ListBucketMultipartUploads", stack.bucketArn()),
    allow(
      "ListUploadedParts",
      "s3:ListMultipartUploadParts",
      stack.objects("queryResults", "executions"),
    ),
    allow("CommitSparkOutput", "s3:DeleteObject", stack.bucketArn(sparkOutput)),
    stack.useKeyThroughS3(),
    stack.encryptOutputs(),
    ...stack.grantKeyForVolumes(),
    allow(
      "QueryAthena",
      [
        "athena:GetQueryExecution",
        "athena:GetQueryResults",
        "athena:GetWorkGroup",
        "athena:StartQueryExecution",
        "athena:StopQueryExecution",
      ],
      stack.arn("athena", `workgroup/${workGroupName}`),
    ),
    allow(
      "ReadTable",
      [
        "glue:BatchGetPartition",
        "glue:GetDatabase",
        "glue:GetPartition",
        "glue:GetPartitions",
        "glue:GetTable",
      ],
      [
        ...tableCatalogs(stack).map((path) => stack.arn("glue", path)),
        ...[...databases].map((database) => stack.arn("glue", `database/${within}${database}`)),
        ...tables.map((table) => stack.arn("glue", `table/${within}${table.replace(".", "/")}`)),
      ],
    ),
    ...readTableBucket(stack),
    // Athena looks it up for any query, and creates it if the account has none.
    allow(
      "UseDefaultDatabase",
      ["glue:CreateDatabase", "glue:GetDatabase", "glue:GetDatabases"],
      [stack.arn("glue", "catalog"), stack.arn("glue", "database/default")],
    ),
    allow(
      "MakeInputDatabase",
      ["glue:CreateDatabase", "glue:GetDatabase"],
      [stack.arn("glue", "catalog"), stack.arn("glue", `database/${inputDatabase}`)],
    ),
    allow(
      "MakeInputTables",
      ["glue:CreateTable", "glue:DeleteTable", "glue:GetTable"],
      [
        stack.arn("glue", "catalog"),
        stack.arn("glue", `database/${inputDatabase}`),
        stack.arn("glue", `table/${inputDatabase}/sagemaker_tmp_*`),
      ],
    ),
    // The service allows no narrower resource; Lake Formation's grants limit the tables.
    allow("ReadThroughLakeFormation", "lakeformation:GetDataAccess", "*"),
    ...stack.useKeyThroughGlue(),
    ...stack.useVpcForProcessing(),
    ...stack.pullImage(),
    ...stack.writeLogs("ProcessingJobs"),
  ];
}

/** Reads the execution's data, and writes models. */
function training(stack: Statements): readonly Statement[] {
  return [
    stack.listBucket(),
    allow("ReadObjects", "s3:GetObject", stack.objects("executions", "checkpoints")),
    stack.writeObjects("WriteModels", "checkpoints", "models"),
    // SageMaker deletes checkpoints in S3 that the training deletes.
    allow("DropCheckpoints", "s3:DeleteObject", stack.objects("checkpoints")),
    ...stack.runJobs(stack.useVpc(), "TrainingJobs"),
  ];
}

/** Reading which models are registered. */
function readRegistry(stack: Statements): Statement {
  const actions = ["sagemaker:DescribeModelPackage", "sagemaker:ListModelPackages"];
  return allow("FindChampion", actions, stack.modelPackages());
}

/** Reads models and test data, and writes reports. */
function evaluation(stack: Statements): readonly Statement[] {
  return [
    ...(stack.args.challengesChampion ? [readRegistry(stack)] : []),
    stack.listBucket(),
    allow("ReadObjects", "s3:GetObject", stack.objects("sources", "executions", "models")),
    stack.writeObjects("WriteReports", "executions"),
    ...stack.runJobs(stack.useVpcForProcessing(), "ProcessingJobs", "TransformJobs"),
  ];
}

/** Starts the pipeline, and drift jobs with their own role only. */
function scheduler(stack: Statements): readonly Statement[] {
  const { findsDrift, names } = stack.args;
  const jobs = `processing-job/${names.pipelineName}-*-drift-*`;
  return [
    allow("StartPipeline", "sagemaker:StartPipelineExecution", stack.pipelines()),
    ...(findsDrift
      ? [
          stack.makeJobs(
            "MakeDriftJobs",
            "sagemaker:CreateProcessingJob",
            jobs,
            ...(["network", "trafficEncryption", "volumeKey"] as const),
          ),
          stack.tagNew("TagNewJobs", stack.arn("sagemaker", jobs)),
          passRoles("PassMonitoringRole", stack.roleArns.monitoring, "sagemaker.amazonaws.com"),
        ]
      : []),
  ];
}

/** Reads a model, and captures requests and responses. */
function serving(stack: Statements): readonly Statement[] {
  return [
    stack.listBucket(),
    allow("ReadModels", "s3:GetObject", stack.objects("models")),
    stack.writeObjects("RecordRequests", "endpoints"),
    // Composite alarms can only be described with "*".
    allow("WatchRollbackAlarms", "cloudwatch:DescribeAlarms", "*"),
    stack.useKeyThroughS3(),
    ...stack.grantKeyForVolumes(),
    ...stack.useVpc(),
    ...stack.pullImage(),
    ...stack.writeLogs("Endpoints/*"),
  ];
}

/** Reads an endpoint's requests and its model's baseline, and writes differences. */
function monitoring(stack: Statements): readonly Statement[] {
  return [
    stack.listBucket(),
    // Its container is not isolated, and needs no rows of the training data.
    allow("ReadObjects", "s3:GetObject", [...stack.objects("endpoints"), ...stack.reports()]),
    stack.writeObjects("WriteFindings", "endpoints"),
    ...stack.runJobs(stack.useVpcForProcessing(), "ProcessingJobs"),
  ];
}

/** Reads the table's files, and adds partitions. */
function crawler(stack: Statements): readonly Statement[] {
  const { names, tableName } = stack.args;
  const { databaseName } = names;
  return [
    ...stack.readDataElsewhere(),
    stack.listBucket(),
    allow("ReadData", "s3:GetObject", stack.objects("data")),
    stack.useKeyThroughS3(),
    ...stack.useKeyThroughGlue(),
    allow(
      "AddPartitions",
      [
        "glue:BatchCreatePartition",
        "glue:BatchGetPartition",
        "glue:CreatePartition",
        "glue:GetDatabase",
        "glue:GetPartition",
        "glue:GetPartitions",
        "glue:GetTable",
        "glue:UpdatePartition",
        "glue:UpdateTable",
      ],
      [
        stack.arn("glue", "catalog"),
        stack.arn("glue", `database/${databaseName}`),
        stack.arn("glue", `table/${databaseName}/${tableName}`),
      ],
    ),
    stack.writeLogGroups("/aws-glue/crawlers"),
  ];
}

/** Keeps the artifacts of the runs in an MLflow app. */
function tracking(stack: Statements): readonly Statement[] {
  return [
    stack.listBucket(),
    allow("ReadArtifacts", "s3:GetObject", stack.objects("tracking")),
    stack.writeObjects("WriteArtifacts", "tracking"),
    stack.useKeyThroughS3(),
  ];
}

/**
 * Starts the job that logs executions, which is this role's too: reads what they did, their reports and models, not their
 * data, and logs them.
 */
function logging(stack: Statements): readonly Statement[] {
  const { mlflowLogging, names } = stack.args;
  const { loggingName, pipelineName } = names;
  const jobs = stack.arn("sagemaker", jobNames.processing);
  const outside = mlflowLogging === "outside-network";
  return [
    stack.makeJobs(
      "MakeProcessing",
      "sagemaker:CreateProcessingJob",
      jobNames.processing,
      ...(outside ? [] : ["network" as const]),
      ...(["outputKey", "trafficEncryption", "volumeKey"] as const),
    ),
    stack.tagNew("TagNewJobs", jobs),
    allow("StopJobs", "sagemaker:StopProcessingJob", jobs, stack.own()),
    passRoles("PassOwnRole", stack.roleArns.logging, "sagemaker.amazonaws.com"),
    allow(
      "SeeExecutions",
      [
        "sagemaker:DescribePipelineDefinitionForExecution",
        "sagemaker:DescribePipelineExecution",
        "sagemaker:ListPipelineExecutionSteps",
        "sagemaker:ListPipelineExecutions",
        "sagemaker:ListPipelineParametersForExecution",
      ],
      [
        stack.arn("sagemaker", `pipeline/${pipelineName}`),
        stack.arn("sagemaker", `pipeline/${pipelineName}/execution/*`),
        stack.arn("sagemaker", `pipeline/${loggingName}`),
      ],
    ),
    allow(
      "SeeJobs",
      [
        "sagemaker:DescribeHyperParameterTuningJob",
        "sagemaker:DescribeProcessingJob",
        "sagemaker:ListTrainingJobsForHyperParameterTuningJob",
      ],
      [jobs, stack.arn("sagemaker", jobNames.tuning)],
      stack.own(),
    ),
    readRegistry(stack),
    allow(
      "LogRuns",
      "sagemaker:CallMlflowAppApi",
      stack.arn("sagemaker", "mlflow-app/*"),
      stack.own(),
    ),
    stack.listBucket(),
    allow("ReadResults", "s3:GetObject", [
      ...stack.objects("sources", "models"),
      ...["comparison", "evaluation"].map((name) =>
        stack.bucketArn(`/${prefixes.executions}/*/${name}/*`),
      ),
    ]),
    stack.writeObjects("WriteArtifacts", "tracking"),
    ...stack.runJobs(outside ? [] : stack.useVpcForProcessing(), "ProcessingJobs"),
  ];
}

/** What each actor may do. */
export const actors: Readonly<
  Record<keyof RoleNames, (stack: Statements) => readonly Statement[]>
> = {
  pipeline,
  processing,
  training,
  evaluation,
  scheduler,
  serving,
  monitoring,
  crawler,
  tracking,
  logging,
};
