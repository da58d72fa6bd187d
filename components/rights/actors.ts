import type { RoleNames } from "../../contract/names";
import { prefixes } from "../../pipeline/storage";
import { allow, type Statement, type Statements } from "./statements";

/**
 * What each call is needed for, and how that is known, stands in the table of calls (local/service/): the
 * tests hold the roles to it.
 */

/** Glue's database for the inputs that Athena writes: SageMaker's own, one an account, shared by all stacks. */
const inputDatabase = "sagemaker_processing";

/** Where Data Wrangler's Spark writes, renames and cleans up, below the folder of an execution. */
const sparkOutput = `/${prefixes.executions}/*/data-wrangler/*`;

/** Starts jobs, registers models and records experiments. */
function pipeline(stack: Statements): readonly Statement[] {
  const { modelPackageGroupName, pipelineName } = stack.args.names;
  return [
    allow(
      "RunProcessing",
      [
        "sagemaker:AddTags",
        "sagemaker:CreateProcessingJob",
        "sagemaker:DescribeProcessingJob",
        "sagemaker:StopProcessingJob",
      ],
      stack.arn("sagemaker", "processing-job/pipelines-*"),
    ),
    // The service derives the names of tuning jobs and their training jobs from execution and step.
    allow(
      "RunTuning",
      [
        "sagemaker:AddTags",
        "sagemaker:CreateHyperParameterTuningJob",
        "sagemaker:DescribeHyperParameterTuningJob",
        "sagemaker:DescribeTrainingJob",
        "sagemaker:ListTrainingJobsForHyperParameterTuningJob",
        "sagemaker:StopHyperParameterTuningJob",
      ],
      [
        stack.arn("sagemaker", "hyper-parameter-tuning-job/*"),
        stack.arn("sagemaker", "training-job/*"),
      ],
    ),
    allow(
      "RegisterModels",
      [
        "sagemaker:AddTags",
        "sagemaker:CreateModelPackage",
        "sagemaker:DescribeModelPackage",
        "sagemaker:DescribeModelPackageGroup",
        "sagemaker:ListModelPackages",
      ],
      [
        stack.arn("sagemaker", `model-package-group/${modelPackageGroupName}`),
        stack.arn("sagemaker", `model-package/${modelPackageGroupName}/*`),
      ],
    ),
    allow(
      "RecordExperiments",
      [
        "sagemaker:AddTags",
        "sagemaker:AssociateTrialComponent",
        "sagemaker:CreateExperiment",
        "sagemaker:CreateTrial",
        "sagemaker:CreateTrialComponent",
        "sagemaker:DescribeExperiment",
        "sagemaker:DescribeTrial",
        "sagemaker:DescribeTrialComponent",
        "sagemaker:UpdateTrialComponent",
      ],
      [
        stack.arn("sagemaker", `experiment/${pipelineName}`),
        stack.arn("sagemaker", "experiment-trial/*"),
        stack.arn("sagemaker", "experiment-trial-component/*"),
      ],
    ),
    allow(
      "EvaluateCustomImages",
      [
        "sagemaker:AddTags",
        "sagemaker:CreateModel",
        "sagemaker:CreateTransformJob",
        "sagemaker:DescribeModel",
        "sagemaker:DescribeTransformJob",
        "sagemaker:StopTransformJob",
      ],
      [
        stack.arn("sagemaker", "model/pipelines-*"),
        stack.arn("sagemaker", "transform-job/pipelines-*"),
      ],
    ),
    allow(
      "PassJobRoles",
      ["iam:PassRole"],
      [stack.roleArns.processing, stack.roleArns.training, stack.roleArns.evaluation],
      { StringEquals: { "iam:PassedToService": "sagemaker.amazonaws.com" } },
    ),
    stack.listBucket(),
    allow("ReadReports", ["s3:GetObject"], stack.objects("executions", "models")),
    stack.useKeyThroughS3(),
    ...stack.grantKeyForVolumes(),
    ...stack.pullImage(),
    allow("FindImages", ["ecr:DescribeImages"], stack.images()),
  ];
}

/** Queries the table, and writes what the data becomes. */
function processing(stack: Statements): readonly Statement[] {
  const { names, tableName } = stack.args;
  const { databaseName, workGroupName } = names;
  return [
    ...stack.readDataElsewhere(),
    stack.listBucket(),
    allow(
      "ReadObjects",
      ["s3:GetObject"],
      stack.objects("data", "queryResults", "sources", "executions"),
    ),
    stack.writeObjects("WriteObjects", "queryResults", "executions"),
    allow("ListUploads", ["s3:ListBucketMultipartUploads"], stack.bucketArn()),
    allow(
      "ListUploadedParts",
      ["s3:ListMultipartUploadParts"],
      stack.objects("queryResults", "executions"),
    ),
    allow("CommitSparkOutput", ["s3:DeleteObject"], stack.bucketArn(sparkOutput)),
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
        stack.arn("glue", "catalog"),
        stack.arn("glue", `database/${databaseName}`),
        stack.arn("glue", `table/${databaseName}/${tableName}`),
      ],
    ),
    // Athena looks it up whatever the query, and makes it where an account has none.
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
    // The service allows no narrower resource; Lake Formation's own grants say which tables.
    allow("ReadThroughLakeFormation", ["lakeformation:GetDataAccess"], "*"),
    ...stack.useKeyThroughGlue(),
    ...stack.useVpcForProcessing(),
    ...stack.pullImage(),
    ...stack.writeLogs("ProcessingJobs"),
  ];
}

/** Reads the data that an execution made, and writes models. */
function training(stack: Statements): readonly Statement[] {
  return [
    stack.listBucket(),
    allow("ReadObjects", ["s3:GetObject"], stack.objects("executions", "checkpoints")),
    stack.writeObjects("WriteModels", "checkpoints", "models"),
    // SageMaker deletes in S3 what the training deletes of its checkpoints.
    allow("DropCheckpoints", ["s3:DeleteObject"], stack.objects("checkpoints")),
    stack.useKeyThroughS3(),
    stack.encryptOutputs(),
    ...stack.grantKeyForVolumes(),
    ...stack.useVpc(),
    ...stack.pullImage(),
    ...stack.writeLogs("TrainingJobs"),
  ];
}

/** Reads models and test data, and writes reports. */
function evaluation(stack: Statements): readonly Statement[] {
  return [
    stack.listBucket(),
    allow("ReadObjects", ["s3:GetObject"], stack.objects("sources", "executions", "models")),
    stack.writeObjects("WriteReports", "executions"),
    stack.useKeyThroughS3(),
    stack.encryptOutputs(),
    ...stack.grantKeyForVolumes(),
    ...stack.useVpcForProcessing(),
    ...stack.pullImage(),
    ...stack.writeLogs("ProcessingJobs", "TransformJobs"),
  ];
}

/** Starts the pipeline. */
function scheduler(stack: Statements): readonly Statement[] {
  return [
    allow(
      "StartPipeline",
      ["sagemaker:StartPipelineExecution"],
      stack.arn("sagemaker", `pipeline/${stack.args.names.pipelineName}`),
    ),
  ];
}

/** Reads a model, and records what it is asked and what it answers. */
function serving(stack: Statements): readonly Statement[] {
  return [
    stack.listBucket(),
    allow("ReadModels", ["s3:GetObject"], stack.objects("models")),
    stack.writeObjects("RecordRequests", "endpoints"),
    // Whatever the names: an alarm may be made of others, and those are described for "*" only.
    allow("WatchRollbackAlarms", ["cloudwatch:DescribeAlarms"], "*"),
    stack.useKeyThroughS3(),
    ...stack.grantKeyForVolumes(),
    ...stack.useVpc(),
    ...stack.pullImage(),
    ...stack.writeLogs("Endpoints/*"),
  ];
}

/** Reads an endpoint's requests and the baseline of its model, and writes what differs. */
function monitoring(stack: Statements): readonly Statement[] {
  return [
    stack.listBucket(),
    allow("ReadObjects", ["s3:GetObject"], stack.objects("endpoints", "executions")),
    stack.writeObjects("WriteFindings", "endpoints"),
    stack.useKeyThroughS3(),
    stack.encryptOutputs(),
    ...stack.grantKeyForVolumes(),
    ...stack.useVpcForProcessing(),
    ...stack.pullImage(),
    ...stack.writeLogs("ProcessingJobs"),
  ];
}

/** Looks at the table's files, and adds partitions to it. */
function crawler(stack: Statements): readonly Statement[] {
  const { names, tableName } = stack.args;
  const { databaseName } = names;
  return [
    ...stack.readDataElsewhere(),
    stack.listBucket(),
    allow("ReadData", ["s3:GetObject"], stack.objects("data")),
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

/** What each actor may do. */
export const actors: Readonly<
  Record<keyof RoleNames, (stack: Statements) => readonly Statement[]>
> = { pipeline, processing, training, evaluation, scheduler, serving, monitoring, crawler };
