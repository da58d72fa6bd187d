import { equal } from "node:assert/strict";

import type { Program } from "../../offline/program";
import { type IamRequest, isAllowed } from "../support/iam";
import {
  arn,
  boundary,
  bucket,
  call,
  describeRequest,
  everyActor,
  key,
  ours,
  passed,
  role,
  s3,
  tagged,
  theirs,
  throughS3,
} from "../support/iamRequests";

const withBoundary = (arn: string): Readonly<Record<string, string>> => ({
  "iam:PermissionsBoundary": arn,
});
const ownTag = (of: string, stack = "test"): Readonly<Record<string, string>> => ({
  [`aws:${of}Tag/stack`]: stack,
});

/** One of the jobs' network, as a program without an account calls it. */
const subnet = arn("ec2", "subnet/subnet-placeholder-1");

/** A request of a role that somebody has given every right: what its boundary leaves of them. */
const withAllRights = (request: IamRequest): IamRequest => ({ ...request, whateverPolicies: true });

/** What no role of a stack may do, whatever its policy says. */
const beyondRoles = [
  call("iam:CreateRole", role("restate-test-training"), withBoundary(boundary)),
  call("iam:PutRolePolicy", role("restate-test-training"), withBoundary(boundary)),
  call("iam:PassRole", role("Administrator"), passed),
  call("iam:PassRole", role("restate-test-serving"), passed),
  call("iam:PassRole", role("restate-test-training"), {
    "iam:PassedToService": "ec2.amazonaws.com",
  }),
  call("iam:CreatePolicyVersion", boundary),
  call("sts:AssumeRole", role("Administrator")),
  call("sts:AssumeRole", role("restate-test-deployer")),
  call("sagemaker:UpdateModelPackage", arn("sagemaker", "model-package/restate-test/1"), {
    "sagemaker:ModelApprovalStatus": "Approved",
  }),
  call("sagemaker:CreateModelPackage", arn("sagemaker", "model-package/restate-test/1"), {
    "sagemaker:ModelApprovalStatus": "Approved",
  }),
  call("sagemaker:CreateTrainingJob", arn("sagemaker", "training-job/mine")),
  call("sagemaker:CreateNotebookInstance", arn("sagemaker", "notebook-instance/mine")),
  call("s3:GetObject", "arn:aws:s3:::bucket-of-another-team/salaries.csv"),
  call("s3:PutBucketPolicy", bucket),
  call("kms:Decrypt", arn("kms", "key/another")),
  call("kms:ScheduleKeyDeletion", key),
  call("lambda:InvokeFunction", arn("lambda", "function:any")),
  call("ec2:RunInstances", arn("ec2", "instance/*")),
  call("secretsmanager:GetSecretValue", arn("secretsmanager", "secret:any")),
].map(withAllRights);

/** What a deployer may not do, whatever its policies say: change itself or the boundaries, run or approve anything. */
const beyondDeployer = [
  ...["restate-test-deployer", "Administrator", "restate-prod-training"].flatMap((name) => [
    call("iam:PutRolePolicy", role(name), withBoundary(boundary)),
    call("iam:UpdateAssumeRolePolicy", role(name), withBoundary(boundary)),
    call("iam:PutRolePermissionsBoundary", role(name), withBoundary(boundary)),
    call("iam:DeleteRole", role(name), withBoundary(boundary)),
    call("iam:PassRole", role(name), passed),
    call("iam:TagRole", role(name)),
    call("sts:AssumeRole", role(name)),
  ]),
  ...["boundary", "deployer-boundary", "deployer-data", "approver"].flatMap((name) =>
    ["CreatePolicyVersion", "DeletePolicy", "DeletePolicyVersion", "SetDefaultPolicyVersion"].map(
      (action) => call(`iam:${action}`, `arn:aws:iam::111122223333:policy/restate-test-${name}`),
    ),
  ),
  call("iam:CreateRole", role("restate-test-training")),
  call("iam:CreateRole", role("restate-test-training"), withBoundary(`${boundary}2`)),
  call("iam:UpdateAssumeRolePolicy", role("restate-test-training")),
  call("iam:UpdateRole", role("restate-test-training")),
  call("iam:DeleteRolePermissionsBoundary", role("restate-test-training"), withBoundary(boundary)),
  call("iam:AttachRolePolicy", role("restate-test-training"), withBoundary(boundary)),
  call("iam:CreateUser", "arn:aws:iam::111122223333:user/mine"),
  call("iam:CreateAccessKey", "arn:aws:iam::111122223333:user/mine"),
  call("sagemaker:CreateTrainingJob", arn("sagemaker", "training-job/mine")),
  call("sagemaker:CreateNotebookInstance", arn("sagemaker", "notebook-instance/mine")),
  call("sagemaker:UpdateModelPackage", arn("sagemaker", "model-package/restate-test/1"), {
    "sagemaker:ModelApprovalStatus": "Approved",
  }),
  call("ec2:RunInstances", arn("ec2", "instance/*")),
  call("lambda:CreateFunction", arn("lambda", "function:any")),
  // Other ways to run code in the name of a role.
  call("glue:CreateJob", arn("glue", "job/mine")),
  call("glue:CreateSession", arn("glue", "session/mine")),
  call("glue:CreateDevEndpoint", "*"),
  call("sagemaker:CreateCluster", arn("sagemaker", "cluster/mine")),
  call("sagemaker:CreateCompilationJob", arn("sagemaker", "compilation-job/mine")),
  call("sagemaker:StartPipelineExecution", arn("sagemaker", "pipeline/theirs")),
  call("sts:AssumeRole", role("restate-test-pipeline")),
].map(withAllRights);

/** What the stack test-eu has, whose name begins with test's. */
const longerName = [
  call("events:PutRule", arn("events", "rule/restate-test-eu-approval")),
  call("events:DeleteRule", arn("events", "rule/restate-test-eu-start")),
  call("scheduler:UpdateSchedule", arn("scheduler", "schedule/default/restate-test-eu-start")),
  call("cloudwatch:DeleteAlarms", arn("cloudwatch", "alarm:restate-test-eu-execution-failed")),
  call("cloudwatch:PutMetricAlarm", arn("cloudwatch", "alarm:restate-test-eu-model-latency")),
  call("sagemaker:DeleteEndpoint", arn("sagemaker", "endpoint/restate-test-eu-model")),
  call("sagemaker:UpdateEndpoint", arn("sagemaker", "endpoint/restate-test-eu-model-serverless")),
  call("sagemaker:DeleteModel", arn("sagemaker", "model/restate-test-eu-model-v1-012345")),
  call(
    "sagemaker:DeleteMonitoringSchedule",
    arn("sagemaker", "monitoring-schedule/restate-test-eu-model-data-quality"),
  ),
  call("sagemaker:DeleteImage", arn("sagemaker", "image/restate-test-eu-dtree")),
  call("sns:DeleteTopic", arn("sns", "restate-test-eu")),
  call("budgets:ModifyBudget", "arn:aws:budgets::111122223333:budget/restate-test-eu"),
  call("iam:PutRolePolicy", role("restate-test-eu-training"), withBoundary(boundary)),
  call("iam:GetPolicy", "arn:aws:iam::111122223333:policy/restate-test-eu-deployer-data"),
];

/** The jobs of an execution. */
const jobs = {
  processing: arn("sagemaker", "processing-job/pipelines-abc-preprocess"),
  tuning: arn("sagemaker", "hyper-parameter-tuning-job/abc"),
  training: arn("sagemaker", "training-job/abc-001"),
  transform: arn("sagemaker", "transform-job/pipelines-abc-forest"),
  model: arn("sagemaker", "model/pipelines-abc-forest"),
};
const mlflowApp = arn("sagemaker", "mlflow-app/app-ABCD1234");
const component = (name: string): string => arn("sagemaker", `experiment-trial-component/${name}`);
const otherTag = { "aws:RequestTag/stack": "prod" };

/** What the requests for jobs say. */
const network = {
  "sagemaker:VpcSubnets": ["subnet-placeholder-1"],
  "sagemaker:VpcSecurityGroupIds": ["network-security-group-id"],
};
const keys = { "sagemaker:VolumeKmsKeyArn": key, "sagemaker:OutputKmsKeyArn": key };
const isolation = { "sagemaker:NetworkIsolation": "true" };
const processingJob: Context = {
  ...tagged,
  ...network,
  ...keys,
  "sagemaker:InterContainerTrafficEncryption": "true",
};
const tuningJob: Context = { ...processingJob, ...isolation };
const approvalKey = "sagemaker:ModelApprovalStatus";
const pending = { [approvalKey]: "PendingManualApproval" };

type Context = NonNullable<IamRequest["context"]>;

/** The repository of one of SageMaker's own images, in the registry of an account. */
const prebuilt = (accountId: string, name = "sagemaker-xgboost"): string =>
  `arn:aws:ecr:us-east-1:${accountId}:repository/${name}`;

/** A context without some of its keys. */
const without = (context: Context, ...left: readonly string[]): Context =>
  Object.fromEntries(Object.entries(context).filter(([name]) => !left.includes(name)));

/** What everyone needs who runs jobs, and what nobody may do. */
const everyJob = {
  may: [
    s3("ListBucket", ""),
    call("kms:Decrypt", key, throughS3),
    call("kms:GenerateDataKey", key, throughS3),
    call("kms:CreateGrant", key, { "kms:GrantIsForAWSResource": "true" }),
    call("ecr:BatchGetImage", arn("ecr", "repository/restate-test-decision-tree")),
    call("ecr:BatchGetImage", prebuilt("683313688378")),
    call("ec2:CreateNetworkInterface", arn("ec2", "network-interface/eni-1")),
    call("ec2:CreateNetworkInterface", subnet),
    call("ec2:CreateNetworkInterface", arn("ec2", "security-group/network-security-group-id")),
    call("ec2:DeleteNetworkInterface", arn("ec2", "network-interface/eni-1"), {
      "ec2:Subnet": subnet,
    }),
  ],
  mayNot: [
    s3("DeleteObject", "/data/california_housing/cal_housing.data"),
    s3("PutObject", "/data/california_housing/more.data"),
    s3("PutObject", "/pipeline/0123456789abcdef/preprocess.py"),
    s3("PutBucketPolicy", ""),
    s3("DeleteBucket", ""),
    call("kms:Decrypt", key),
    call("kms:Decrypt", arn("kms", "key/another"), throughS3),
    call("kms:CreateGrant", key),
    call("kms:ScheduleKeyDeletion", key),
    call("kms:CreateGrant", key, { "kms:GrantIsForAWSResource": "false" }),
    call("ecr:BatchGetImage", arn("ecr", "repository/another-team")),
    // Anybody can call a repository like one of SageMaker's.
    call("ecr:BatchGetImage", prebuilt("999988887777")),
    call("ecr:BatchGetImage", prebuilt("683313688378", "sagemaker-pytorch")),
    call("ecr:BatchGetImage", "arn:aws:ecr:us-east-1:222233334444:repository/team/forest"),
    s3("DeleteObject", "/executions/abc/train/train.csv"),
    s3("DeleteObject", "/models/XGBoost/job/output/model.tar.gz"),
    s3("DeleteObject", "/athena/result.parquet"),
    s3("DeleteObject", "/endpoints/houses/capture/requests.jsonl"),
    s3("DeleteObjectVersion", "/executions/abc/data-wrangler/job/node/default/part-0.csv"),
    call("glue:GetTable", arn("glue", "table/default/anything")),
    call("logs:PutLogEvents", arn("logs", "log-group:/aws/lambda/another:log-stream:1")),
    call("logs:DescribeLogGroups", "*"),
    call("ecr:PutImage", arn("ecr", "repository/restate-test-decision-tree")),
    call("ec2:AttachNetworkInterface", arn("ec2", "network-interface/eni-2")),
    call("ec2:CreateSecurityGroup", arn("ec2", "vpc/vpc-1")),
    call("iam:PassRole", role("restate-test-training"), passed),
    call("sagemaker:CreateTrainingJob", arn("sagemaker", "training-job/mine")),
    call("sagemaker:UpdateModelPackage", arn("sagemaker", "model-package/restate-test/1")),
    call("sts:AssumeRole", role("Administrator")),
  ],
};

/** Interfaces wherever there is a network: for processing jobs alone, which SageMaker creates under no narrower right. */
const anyNetwork = [
  call("ec2:CreateNetworkInterface", arn("ec2", "subnet/subnet-of-another-team")),
  call("ec2:CreateNetworkInterface", arn("ec2", "security-group/sg-of-another-team")),
  call("ec2:DeleteNetworkInterface", arn("ec2", "network-interface/eni-2"), {
    "ec2:Subnet": arn("ec2", "subnet/subnet-of-another-team"),
  }),
];

const to = (service: string): Readonly<Record<string, string>> => ({
  "iam:PassedToService": `${service}.amazonaws.com`,
});

/** What the deployer makes of a network, by the kind that each action creates. */
const newNetwork: Readonly<Record<string, readonly string[]>> = {
  vpc: ["CreateVpc"],
  subnet: ["CreateSubnet"],
  "route-table": ["CreateRouteTable"],
  "security-group": ["CreateSecurityGroup"],
  "vpc-endpoint": ["CreateVpcEndpoint"],
  "vpc-flow-log": ["CreateFlowLogs"],
  "security-group-rule": ["AuthorizeSecurityGroupEgress", "AuthorizeSecurityGroupIngress"],
};
/** The kinds that are there already, by the actions that are about them too. Source: Service Authorization Reference, EC2. */
const oldNetwork: Readonly<Record<string, readonly string[]>> = {
  CreateSubnet: ["vpc"],
  CreateRouteTable: ["vpc"],
  CreateSecurityGroup: ["vpc"],
  CreateVpcEndpoint: ["route-table", "security-group", "subnet", "vpc"],
  CreateFlowLogs: ["subnet", "vpc"],
  AuthorizeSecurityGroupEgress: ["security-group"],
  AuthorizeSecurityGroupIngress: ["security-group"],
};

/** For each actor, what it must be able to do, and what it must not. */
const actors: Readonly<
  Record<string, { readonly may: readonly IamRequest[]; readonly mayNot: readonly IamRequest[] }>
> = {
  pipeline: {
    may: [
      call("sagemaker:CreateProcessingJob", jobs.processing, processingJob),
      call("sagemaker:CreateHyperParameterTuningJob", jobs.tuning, tuningJob),
      call("sagemaker:CreateTransformJob", jobs.transform, { ...tagged, ...keys }),
      call("sagemaker:CreateTransformJob", jobs.transform, {
        ...tagged,
        ...keys,
        "sagemaker:ModelArn": jobs.model,
      }),
      call("sagemaker:AddTags", jobs.training, {
        ...tagged,
        "sagemaker:TaggingAction": "CreateTrainingJob",
      }),
      call("sagemaker:CreateModel", jobs.model, { ...tagged, ...network, ...isolation }),
      call("sagemaker:AddTags", jobs.tuning, {
        ...tagged,
        "sagemaker:TaggingAction": "CreateHyperParameterTuningJob",
      }),
      call("sagemaker:StopProcessingJob", jobs.processing, ours),
      call("sagemaker:DescribeTrainingJob", jobs.training, ours),
      call(
        "sagemaker:CreateModelPackage",
        arn("sagemaker", "model-package/restate-test/1"),
        pending,
      ),
      call("sagemaker:CreateExperiment", arn("sagemaker", "experiment/restate-test")),
      call("sagemaker:UpdateTrialComponent", component("pipelines-abc-tree-aws-processing-job")),
      call("sagemaker:CallMlflowAppApi", mlflowApp, ours),
      call("iam:PassRole", role("restate-test-processing"), passed),
      call("iam:PassRole", role("restate-test-training"), passed),
      call("iam:PassRole", role("restate-test-evaluation"), passed),
      s3("GetObject", "/executions/abc/evaluation/XGBoost/evaluation.json"),
      call("kms:Decrypt", key, throughS3),
    ],
    mayNot: [
      ...beyondRoles,
      call("ecr:PutImage", arn("ecr", "repository/restate-test-decision-tree")),
      call("ecr:BatchGetImage", arn("ecr", "repository/another-team")),
      call("ecr:DescribeImages", "arn:aws:ecr:us-east-1:222233334444:repository/team/forest"),
      call("sagemaker:ListModelPackages", arn("sagemaker", "model-package/restate-prod/1")),
      call("glue:GetTable", arn("glue", "table/restate_test/california_housing")),
      call("iam:PassRole", role("restate-test-serving"), passed),
      call("iam:PassRole", role("restate-test-pipeline"), passed),
      call("iam:PassRole", role("Administrator"), passed),
      call("iam:PassRole", role("restate-prod-training"), passed),
      call("iam:PassRole", role("restate-test-training"), {
        "iam:PassedToService": "ec2.amazonaws.com",
      }),
      call(
        "sagemaker:CreateModelPackage",
        arn("sagemaker", "model-package/restate-prod/1"),
        pending,
      ),
      call("sagemaker:UpdateModelPackage", arn("sagemaker", "model-package/restate-test/1")),
      call("sagemaker:DeleteModelPackage", arn("sagemaker", "model-package/restate-test/1")),
      call("sagemaker:UpdatePipeline", arn("sagemaker", "pipeline/restate-test")),
      call("sagemaker:StartPipelineExecution", arn("sagemaker", "pipeline/restate-prod")),
      call("sagemaker:CreateEndpoint", arn("sagemaker", "endpoint/mine")),
      call("sagemaker:CreateProcessingJob", arn("sagemaker", "processing-job/mine"), processingJob),
      // A job lacks something that it needs, or has another's.
      ...Object.keys(processingJob).map((one) =>
        call("sagemaker:CreateProcessingJob", jobs.processing, without(processingJob, one)),
      ),
      ...Object.keys(tuningJob).map((one) =>
        call("sagemaker:CreateHyperParameterTuningJob", jobs.tuning, without(tuningJob, one)),
      ),
      ...Object.keys({ ...tagged, ...keys }).map((one) =>
        call("sagemaker:CreateTransformJob", jobs.transform, without({ ...tagged, ...keys }, one)),
      ),
      ...[network, isolation, tagged].map((part) =>
        call(
          "sagemaker:CreateModel",
          jobs.model,
          without({ ...tagged, ...network, ...isolation }, ...Object.keys(part)),
        ),
      ),
      call("sagemaker:CreateProcessingJob", jobs.processing, {
        ...processingJob,
        "sagemaker:VpcSubnets": ["subnet-placeholder-1", "subnet-of-another-team"],
      }),
      call("sagemaker:CreateProcessingJob", jobs.processing, {
        ...processingJob,
        "sagemaker:VpcSecurityGroupIds": ["sg-of-another-team"],
      }),
      call("sagemaker:CreateProcessingJob", jobs.processing, {
        ...processingJob,
        "sagemaker:VolumeKmsKeyArn": arn("kms", "key/another"),
      }),
      call("sagemaker:CreateHyperParameterTuningJob", jobs.tuning, {
        ...tuningJob,
        "sagemaker:OutputKmsKeyArn": arn("kms", "key/another"),
      }),
      call("sagemaker:CreateHyperParameterTuningJob", jobs.tuning, {
        ...tuningJob,
        "sagemaker:NetworkIsolation": "false",
      }),
      call("sagemaker:CreateHyperParameterTuningJob", jobs.tuning, { ...tuningJob, ...otherTag }),
      // Other teams' jobs, tags and trial components: another stack's, and those without a tag.
      ...[theirs, {}].flatMap((context) => [
        call("sagemaker:StopProcessingJob", jobs.processing, context),
        call("sagemaker:StopHyperParameterTuningJob", jobs.tuning, context),
        call("sagemaker:StopTransformJob", jobs.transform, context),
        call("sagemaker:DescribeProcessingJob", jobs.processing, context),
        call("sagemaker:DescribeTrainingJob", jobs.training, context),
        call("sagemaker:DescribeModel", jobs.model, context),
        call("sagemaker:AddTags", jobs.processing, { ...tagged, ...context }),
        call("sagemaker:AddTags", jobs.tuning, { ...otherTag, ...context }),
      ]),
      call("sagemaker:AddTags", jobs.training, { ...tagged, ...theirs }),
      ...[jobs.training, component("pipelines-abc-x-aws-processing-job")].map((theirs) =>
        call("sagemaker:AddTags", theirs, { ...tagged, "aws:ResourceTag/team": "another" }),
      ),
      call("sagemaker:AddTags", arn("sagemaker", "experiment-trial/theirs"), tagged),
      call("sagemaker:CreateTransformJob", jobs.transform, {
        ...tagged,
        ...keys,
        "sagemaker:ModelArn": arn("sagemaker", "model/salaries"),
      }),
      call("sagemaker:AddTags", jobs.training, otherTag),
      call("sagemaker:UpdateTrialComponent", component("notes-of-another-team")),
      ...[theirs, {}].map((context) => call("sagemaker:CallMlflowAppApi", mlflowApp, context)),
      withAllRights(call("sagemaker:CallMlflowAppApi", mlflowApp, theirs)),
      call("sagemaker:DeleteMlflowApp", mlflowApp, ours),
      call("sagemaker:UpdateTrialComponent", component("pipelines-abc-x-aws-training-job"), theirs),
      call("sagemaker:AssociateTrialComponent", component("hand-made-aws-processing-job")),
      call("sagemaker:CreateExperiment", arn("sagemaker", "experiment/restate-prod")),
      call("sagemaker:CreateTrainingJob", jobs.training, tuningJob),
      // Approval is others' to give.
      ...[{}, ...["Approved", "Rejected"].map((status) => ({ [approvalKey]: status }))].map(
        (context) =>
          call(
            "sagemaker:CreateModelPackage",
            arn("sagemaker", "model-package/restate-test/1"),
            context,
          ),
      ),
      call("sagemaker:UpdateModelPackage", arn("sagemaker", "model-package/restate-test/1"), {
        [approvalKey]: "Approved",
      }),
      call("sagemaker:DeleteTags", jobs.processing, ours),
      s3("GetObject", "/data/california_housing/cal_housing.data"),
      s3("PutObject", "/models/XGBoost/job/output/model.tar.gz"),
      s3("DeleteObject", "/models/XGBoost/job/output/model.tar.gz"),
    ],
  },
  approver: {
    may: [
      ...["Approved", "Rejected"].map((status) =>
        call("sagemaker:UpdateModelPackage", arn("sagemaker", "model-package/restate-test/1"), {
          [approvalKey]: status,
        }),
      ),
      call("sagemaker:DescribeModelPackage", arn("sagemaker", "model-package/restate-test/1")),
      call("sagemaker:ListModelPackages", arn("sagemaker", "model-package/restate-test/1")),
      call("s3:GetObject", `${bucket}/executions/abc/evaluation/XGBoost/evaluation.json`),
      call("kms:Decrypt", key, throughS3),
    ],
    mayNot: [
      call("sagemaker:UpdateModelPackage", arn("sagemaker", "model-package/restate-prod/1"), {
        [approvalKey]: "Approved",
      }),
      // A change that says nothing of the status, such as one of the containers.
      call("sagemaker:UpdateModelPackage", arn("sagemaker", "model-package/restate-test/1")),
      call(
        "sagemaker:CreateModelPackage",
        arn("sagemaker", "model-package/restate-test/1"),
        pending,
      ),
      call("sagemaker:DeleteModelPackage", arn("sagemaker", "model-package/restate-test/1")),
      call("sagemaker:StartPipelineExecution", arn("sagemaker", "pipeline/restate-test")),
      call("s3:GetObject", `${bucket}/executions/abc/train/train.csv`),
      call("s3:GetObject", `${bucket}/models/XGBoost/job/output/model.tar.gz`),
      call("kms:GenerateDataKey", key, throughS3),
      call("kms:Decrypt", key),
    ],
  },
  processing: {
    may: [
      ...everyJob.may,
      ...anyNetwork,
      call("kms:Encrypt", key),
      s3("GetObject", "/data/california_housing/cal_housing.data"),
      s3("GetObject", "/pipeline/0123456789abcdef/preprocess.py"),
      s3("PutObject", "/executions/abc/train/train.csv"),
      s3("PutObject", "/athena/result.parquet"),
      call("athena:StartQueryExecution", arn("athena", "workgroup/restate-test")),
      call("glue:GetTable", arn("glue", "table/restate_test/california_housing")),
      call("glue:CreateDatabase", arn("glue", "database/sagemaker_processing")),
      call("glue:CreateDatabase", arn("glue", "database/default")),
      call("glue:CreateTable", arn("glue", "table/sagemaker_processing/sagemaker_tmp_1")),
      s3("DeleteObject", "/executions/abc/data-wrangler/job/node/default/_temporary/0"),
    ],
    mayNot: [
      ...everyJob.mayNot,
      s3("DeleteObject", "/checkpoints/Forest/1"),
      call("glue:CreateTable", arn("glue", "table/restate_test/sagemaker_tmp_1")),
      call("glue:DeleteTable", arn("glue", "table/restate_test/sagemaker_tmp_1")),
      call("glue:CreateTable", arn("glue", "database/restate_test")),
      call("glue:CreateDatabase", arn("glue", "database/restate_test")),
      call("glue:DeleteDatabase", arn("glue", "database/default")),
      call("glue:UpdateDatabase", arn("glue", "database/default")),
      call("glue:CreateDatabase", arn("glue", "database/sagemaker_featurestore")),
      call("glue:DeleteDatabase", arn("glue", "database/sagemaker_processing")),
      call("glue:UpdateDatabase", arn("glue", "database/sagemaker_processing")),
      call("glue:GetTable", arn("glue", "table/sagemaker_processing/of_another_team")),
      call("glue:CreateTable", arn("glue", "table/sagemaker_processing/of_another_team")),
      call("glue:DeleteTable", arn("glue", "table/sagemaker_processing/of_another_team")),
      call("glue:UpdateTable", arn("glue", "table/sagemaker_processing/sagemaker_tmp_1")),
      call("glue:CreateTable", arn("glue", "table/default/sagemaker_tmp_1")),
      call("glue:GetPartitions", arn("glue", "table/restate_test/another")),
      call("glue:GetDatabase", arn("glue", "database/salaries")),
      call("glue:BatchCreatePartition", arn("glue", "table/restate_test/california_housing")),
      call("lakeformation:GrantPermissions", "*"),
      call("athena:CreateNamedQuery", arn("athena", "workgroup/restate-test")),
      call("athena:UpdateWorkGroup", arn("athena", "workgroup/restate-test")),
      s3("ListMultipartUploadParts", "/models/XGBoost/job/output/model.tar.gz"),
      call("athena:StartQueryExecution", arn("athena", "workgroup/primary")),
      call("athena:StartQueryExecution", arn("athena", "workgroup/restate-prod")),
      call("glue:GetTable", arn("glue", "table/salaries/people")),
      call("glue:DeleteTable", arn("glue", "table/restate_test/california_housing")),
      call("glue:UpdateTable", arn("glue", "table/restate_test/california_housing")),
      s3("PutObject", "/models/XGBoost/job/output/model.tar.gz"),
      s3("GetObject", "/models/XGBoost/job/output/model.tar.gz"),
    ],
  },
  training: {
    may: [
      ...everyJob.may,
      call("kms:Encrypt", key),
      s3("GetObject", "/executions/abc/train/train.csv"),
      s3("PutObject", "/models/XGBoost/job/output/model.tar.gz"),
      s3("PutObject", "/checkpoints/Forest/1"),
      s3("GetObject", "/checkpoints/Forest/1"),
      s3("DeleteObject", "/checkpoints/Forest/1"),
    ],
    mayNot: [
      ...beyondRoles,
      ...everyJob.mayNot,
      ...anyNetwork,
      s3("DeleteObject", "/executions/abc/data-wrangler/job/node/default/part-0.csv"),
      call("glue:CreateDatabase", arn("glue", "database/sagemaker_processing")),
      call("lakeformation:GetDataAccess", "*"),
      s3("GetObject", "/data/california_housing/cal_housing.data"),
      s3("PutObject", "/executions/abc/test/test.csv"),
      call("athena:StartQueryExecution", arn("athena", "workgroup/restate-test")),
      call("glue:GetTable", arn("glue", "table/restate_test/california_housing")),
    ],
  },
  scheduler: {
    may: [call("sagemaker:StartPipelineExecution", arn("sagemaker", "pipeline/restate-test"))],
    mayNot: [
      ...everyJob.mayNot,
      call("sagemaker:StartPipelineExecution", arn("sagemaker", "pipeline/restate-prod")),
      call("sagemaker:UpdatePipeline", arn("sagemaker", "pipeline/restate-test")),
      call(
        "sagemaker:StopPipelineExecution",
        arn("sagemaker", "pipeline/restate-test/execution/abc"),
      ),
      call("iam:PassRole", role("restate-test-pipeline"), passed),
      s3("GetObject", "/data/california_housing/cal_housing.data"),
    ],
  },
  evaluation: {
    may: [
      ...everyJob.may,
      ...anyNetwork,
      call("kms:Encrypt", key),
      s3("GetObject", "/executions/abc/test/test.csv"),
      s3("GetObject", "/models/XGBoost/job/output/model.tar.gz"),
      s3("GetObject", "/pipeline/0123456789abcdef/evaluate.py"),
      s3("PutObject", "/executions/abc/evaluation/XGBoost/evaluation.json"),
    ],
    mayNot: [
      ...everyJob.mayNot,
      s3("PutObject", "/models/XGBoost/job/output/model.tar.gz"),
      s3("GetObject", "/data/california_housing/cal_housing.data"),
      call("athena:StartQueryExecution", arn("athena", "workgroup/restate-test")),
    ],
  },
  serving: {
    may: [
      ...everyJob.may,
      s3("GetObject", "/models/XGBoost/job/output/model.tar.gz"),
      s3("PutObject", "/endpoints/houses/capture/2026/11/24/00/requests.jsonl"),
      call(
        "logs:PutLogEvents",
        arn("logs", "log-group:/aws/sagemaker/Endpoints/houses:log-stream:1"),
      ),
      call("cloudwatch:DescribeAlarms", arn("cloudwatch", "alarm:restate-test-model-errors")),
    ],
    mayNot: [
      ...everyJob.mayNot,
      ...anyNetwork,
      call("cloudwatch:PutMetricAlarm", arn("cloudwatch", "alarm:restate-test-model-errors")),
      s3("GetObject", "/data/california_housing/cal_housing.data"),
      s3("GetObject", "/executions/abc/train/train.csv"),
      s3("GetObject", "/endpoints/houses/capture/2026/11/24/00/requests.jsonl"),
      s3("PutObject", "/models/XGBoost/job/output/model.tar.gz"),
      call("sagemaker:InvokeEndpoint", arn("sagemaker", "endpoint/houses")),
      call("athena:StartQueryExecution", arn("athena", "workgroup/restate-test")),
    ],
  },
  monitoring: {
    may: [
      ...everyJob.may,
      ...anyNetwork,
      call("kms:Encrypt", key),
      s3("GetObject", "/endpoints/houses/capture/2026/11/24/00/requests.jsonl"),
      s3("GetObject", "/executions/abc/baseline/constraints.json"),
      s3("PutObject", "/endpoints/houses/monitoring/constraint_violations.json"),
      call("cloudwatch:PutMetricData", "*", {
        "cloudwatch:namespace": "aws/sagemaker/Endpoints/data-metrics",
      }),
    ],
    mayNot: [
      ...everyJob.mayNot,
      call("cloudwatch:PutMetricData", "*", { "cloudwatch:namespace": "AWS/SageMaker" }),
      s3("GetObject", "/executions/abc/train/train.csv"),
      s3("GetObject", "/models/XGBoost/job/output/model.tar.gz"),
      s3("GetObject", "/data/california_housing/cal_housing.data"),
      s3("PutObject", "/executions/abc/baseline/constraints.json"),
      call("sagemaker:StartPipelineExecution", arn("sagemaker", "pipeline/restate-test")),
    ],
  },
  crawler: {
    may: [
      { ...s3("ListBucket", ""), endpoint: undefined },
      { ...s3("GetObject", "/data/california_housing/year=1990/a.csv"), endpoint: undefined },
      call("kms:Decrypt", key, throughS3),
      call("kms:Decrypt", key, { "kms:ViaService": "glue.us-east-1.amazonaws.com" }),
      call("glue:BatchCreatePartition", arn("glue", "table/restate_test/california_housing")),
      call("logs:PutLogEvents", arn("logs", "log-group:/aws-glue/crawlers:log-stream:1")),
    ],
    mayNot: [
      ...everyJob.mayNot,
      ...anyNetwork,
      call("glue:CreateTable", arn("glue", "table/sagemaker_processing/sagemaker_tmp_1")),
      call("glue:GetTable", arn("glue", "table/sagemaker_processing/sagemaker_tmp_1")),
      call("glue:DeleteTable", arn("glue", "table/restate_test/california_housing")),
      call("glue:BatchCreatePartition", arn("glue", "table/restate_prod/california_housing")),
      call("glue:CreateTable", arn("glue", "table/restate_test/another")),
      s3("GetObject", "/executions/abc/train/train.csv"),
      call("athena:StartQueryExecution", arn("athena", "workgroup/restate-test")),
    ],
  },
  tracking: {
    may: [
      { ...s3("ListBucket", ""), endpoint: undefined },
      { ...s3("GetObject", "/mlflow/1/abc/artifacts/report.html"), endpoint: undefined },
      { ...s3("PutObject", "/mlflow/1/abc/artifacts/report.html"), endpoint: undefined },
      call("kms:GenerateDataKey", key, throughS3),
    ],
    mayNot: [
      ...everyJob.mayNot,
      ...anyNetwork,
      call("sagemaker:CallMlflowAppApi", mlflowApp, ours),
      ...[
        "data/california_housing/a.csv",
        "executions/abc/train/train.csv",
        "models/a/model.tar.gz",
      ].map((path) => ({ ...s3("GetObject", `/${path}`), endpoint: undefined })),
      ...["mlflow2/a", "models/mlflow/a", "pipeline/0123456789abcdef/evaluate.py"].map((path) => ({
        ...s3("PutObject", `/${path}`),
        endpoint: undefined,
      })),
      { ...s3("DeleteObject", "/mlflow/1/abc/artifacts/report.html"), endpoint: undefined },
    ],
  },
  flowLogs: {
    may: [
      call("logs:PutLogEvents", arn("logs", "log-group:restate-test-flow-logs:log-stream:eni-1")),
      call("logs:DescribeLogGroups", "*"),
    ],
    mayNot: [
      ...everyJob.mayNot.filter(({ action }) => action !== "logs:DescribeLogGroups"),
      call("logs:PutLogEvents", arn("logs", "log-group:restate-prod-flow-logs:log-stream:eni-1")),
      call("logs:DeleteLogGroup", arn("logs", "log-group:restate-test-flow-logs")),
      call("logs:PutRetentionPolicy", arn("logs", "log-group:restate-test-flow-logs")),
    ],
  },
  deployer: {
    may: [
      call("s3:CreateBucket", bucket),
      call("s3:PutBucketPolicy", bucket),
      call("s3:PutObject", `${bucket}/pipeline/0123456789abcdef/preprocess.py`),
      call("kms:PutKeyPolicy", key),
      call("kms:TagResource", key, ownTag("Request")),
      call("glue:CreateCrawler", "*", ownTag("Request")),
      call("glue:UpdateTable", arn("glue", "table/restate_test/california_housing")),
      call("athena:UpdateWorkGroup", arn("athena", "workgroup/restate-test")),
      call("ecr:PutImage", arn("ecr", "repository/restate-test-decision-tree")),
      call("sagemaker:UpdatePipeline", arn("sagemaker", "pipeline/restate-test")),
      call("sagemaker:CreateMlflowApp", mlflowApp, tagged),
      call("sagemaker:AddTags", mlflowApp, {
        ...tagged,
        "sagemaker:TaggingAction": "CreateMlflowApp",
      }),
      ...["DeleteMlflowApp", "DescribeMlflowApp", "ListTags", "UpdateMlflowApp"].map((action) =>
        call(`sagemaker:${action}`, mlflowApp, ours),
      ),
      call(
        "sagemaker:CreateModelPackageGroup",
        arn("sagemaker", "model-package-group/restate-test"),
      ),
      call("iam:CreateRole", role("restate-test-training"), withBoundary(boundary)),
      call("iam:PutRolePolicy", role("restate-test-flow-logs"), withBoundary(boundary)),
      call("iam:PassRole", role("restate-test-pipeline"), passed),
      ...Object.entries({
        scheduler: ["events", "scheduler"],
        crawler: ["glue"],
        "flow-logs": ["vpc-flow-logs"],
      }).flatMap(([name, services]) =>
        services.map((service) => call("iam:PassRole", role(`restate-test-${name}`), to(service))),
      ),
      ...Object.entries(newNetwork).flatMap(([kind, actions]) =>
        actions.map((action) =>
          call(`ec2:${action}`, arn("ec2", `${kind}/new-1`), ownTag("Request")),
        ),
      ),
      call("cloudwatch:PutMetricAlarm", arn("cloudwatch", "alarm:restate-test-model-latency"), {
        "cloudwatch:AlarmActions": [arn("sns", "restate-test")],
      }),
      call("events:PutRule", arn("events", "rule/restate-test-approval")),
      call("events:PutTargets", arn("events", "rule/restate-test-approval"), {
        "events:TargetArn": arn("sns", "restate-test"),
      }),
      call("events:PutTargets", arn("events", "rule/restate-test-model-start"), {
        "events:TargetArn": arn("sagemaker", "pipeline/restate-test"),
      }),
      call("sns:Unsubscribe", arn("sns", "restate-test")),
      call("iam:UpdateAssumeRolePolicy", role("restate-test-training"), withBoundary(boundary)),
      call("iam:UpdateRoleDescription", role("restate-test-training"), withBoundary(boundary)),
      call("iam:GetPolicyVersion", "arn:aws:iam::111122223333:policy/restate-test-approver"),
      call("iam:GetPolicy", boundary),
      call("s3:GetObject", `${bucket}/executions/abc/baseline/constraints.json`),
      call(
        "application-autoscaling:TagResource",
        arn("application-autoscaling", "scalable-target/1"),
        {
          "aws:RequestTag/project": "restate-serving",
        },
      ),
      call("cloudwatch:PutMetricAlarm", arn("cloudwatch", "alarm:restate-test-model-latency")),
      call(
        "sagemaker:CreateMonitoringSchedule",
        arn("sagemaker", "monitoring-schedule/restate-test-model-data-quality"),
      ),
      call("cloudwatch:PutCompositeAlarm", arn("cloudwatch", "alarm:restate-test-model-drift")),
      call("cloudwatch:DescribeAlarms", arn("cloudwatch", "alarm:restate-test-model-drift")),
      call("budgets:TagResource", "arn:aws:budgets::111122223333:budget/restate-test"),
      call("ec2:CreateSubnet", arn("ec2", "subnet/subnet-1"), ownTag("Request")),
      call("ec2:CreateSubnet", arn("ec2", "vpc/vpc-1"), ownTag("Resource")),
      call("ec2:CreateTags", arn("ec2", "subnet/subnet-1"), {
        ...ownTag("Request"),
        "ec2:CreateAction": "CreateSubnet",
      }),
      call("ec2:CreateTags", arn("ec2", "vpc/vpc-1"), ownTag("Resource")),
      call("ec2:RevokeSecurityGroupIngress", arn("ec2", "security-group/sg-1"), ownTag("Resource")),
      call("ec2:DeleteVpc", arn("ec2", "vpc/vpc-1"), ownTag("Resource")),
      call("sagemaker:UpdateEndpoint", arn("sagemaker", "endpoint/restate-test-model")),
      call("sagemaker:CreateModel", arn("sagemaker", "model/restate-test-model-v3-0123456789")),
      call("iam:PassRole", role("restate-test-serving"), passed),
    ],
    mayNot: [
      ...beyondDeployer,
      ...longerName,
      call("events:PutTargets", arn("events", "rule/restate-test-approval"), {
        "events:TargetArn": arn("lambda", "function:mine"),
      }),
      call("events:PutTargets", arn("events", "rule/restate-test-approval")),
      ...["events", "glue", "scheduler", "vpc-flow-logs"].map((service) =>
        call("iam:PassRole", role("restate-test-processing"), to(service)),
      ),
      call("iam:PassRole", role("restate-test-crawler"), passed),
      // The tag is asked for of what is new; of what is there, it must have it.
      ...Object.entries(oldNetwork).flatMap(([action, kinds]) =>
        kinds.map((kind) => call(`ec2:${action}`, arn("ec2", `${kind}/theirs`), ownTag("Request"))),
      ),
      ...["PutCompositeAlarm", "PutMetricAlarm"].map((action) =>
        call(`cloudwatch:${action}`, arn("cloudwatch", "alarm:restate-test-model-latency"), {
          "cloudwatch:AlarmActions": [
            arn("sns", "restate-test"),
            "arn:aws:automate:us-east-1:ec2:terminate",
          ],
        }),
      ),
      call("sns:Unsubscribe", arn("sns", "another-team")),
      call("s3:GetObject", `${bucket}/executions/abc/train/train.csv`),
      call("s3:GetObject", `${bucket}/data/california_housing/cal_housing.data`),
      call("iam:UpdateRoleDescription", role("restate-test-training")),
      call("iam:GetOpenIDConnectProvider", "arn:aws:iam::111122223333:oidc-provider/gitlab.com"),
      ...[{}, { "aws:RequestTag/project": "another" }].map((context) =>
        call(
          "application-autoscaling:TagResource",
          arn("application-autoscaling", "scalable-target/1"),
          context as Context,
        ),
      ),
      call(
        "application-autoscaling:DeregisterScalableTarget",
        arn("application-autoscaling", "scalable-target/1"),
        {
          "application-autoscaling:service-namespace": "sagemaker",
          "aws:ResourceTag/project": "another",
        },
      ),
      call("s3:CreateBucket", "arn:aws:s3:::sagemaker-restate-prod-111122223333"),
      call("s3:GetObject", `${bucket}/models/XGBoost/job/output/model.tar.gz`),
      call("s3:DeleteObject", `${bucket}/models/XGBoost/job/output/model.tar.gz`),
      call("kms:CreateKey", "*", ownTag("Request")),
      call("kms:PutKeyPolicy", arn("kms", "key/another"), ownTag("Resource")),
      // Tags are how the network's things are known: no tag may be put on what another made.
      call("kms:TagResource", arn("kms", "key/another"), ownTag("Request")),
      call("ec2:CreateTags", arn("ec2", "vpc/vpc-2"), ownTag("Request")),
      call("ec2:CreateTags", arn("ec2", "security-group/sg-2"), ownTag("Request")),
      call("ec2:RevokeSecurityGroupIngress", arn("ec2", "security-group/sg-2")),
      call("kms:ScheduleKeyDeletion", arn("kms", "key/another")),
      call("glue:UpdateTable", arn("glue", "table/restate_prod/california_housing")),
      call("ecr:PutImage", arn("ecr", "repository/another-team")),
      call("sagemaker:CreateMlflowApp", mlflowApp, otherTag),
      call("sagemaker:AddTags", mlflowApp, tagged),
      call("sagemaker:CallMlflowAppApi", mlflowApp, ours),
      call("sagemaker:CreatePresignedMlflowAppUrl", mlflowApp, ours),
      ...[theirs, {}].flatMap((context) =>
        ["DeleteMlflowApp", "UpdateMlflowApp"].map((action) =>
          call(`sagemaker:${action}`, mlflowApp, context),
        ),
      ),
      call("sagemaker:UpdatePipeline", arn("sagemaker", "pipeline/restate-prod")),
      call("sagemaker:DeleteModelPackage", arn("sagemaker", "model-package/restate-test/1")),
      call("sagemaker:UpdateModelPackage", arn("sagemaker", "model-package/restate-test/1")),
      call("iam:CreateRole", role("restate-test-training")),
      call("iam:CreateRole", role("restate-test-training"), withBoundary(`${boundary}er`)),
      call("iam:CreateRole", role("Administrator"), withBoundary(boundary)),
      call("iam:PutRolePolicy", role("restate-test-training")),
      call("iam:DeleteRolePermissionsBoundary", role("restate-test-training")),
      call("iam:AttachRolePolicy", role("restate-test-training"), withBoundary(boundary)),
      call("iam:PutRolePolicy", role("restate-test-deployer"), withBoundary(boundary)),
      call("iam:UpdateAssumeRolePolicy", role("restate-test-deployer")),
      call(
        "iam:CreatePolicyVersion",
        "arn:aws:iam::111122223333:policy/restate-test-deployer-data",
      ),
      call("iam:CreatePolicyVersion", boundary),
      call("iam:PassRole", role("Administrator"), passed),
      call("iam:PassRole", role("restate-test-deployer"), passed),
      call("iam:PassRole", role("restate-test-training"), {
        "iam:PassedToService": "lambda.amazonaws.com",
      }),
      call("ec2:CreateSubnet", arn("ec2", "vpc/vpc-2"), ownTag("Resource", "prod")),
      call("ec2:DeleteVpc", arn("ec2", "vpc/vpc-2")),
      call("ec2:CreateInternetGateway", arn("ec2", "internet-gateway/igw-1"), ownTag("Request")),
      call("sts:AssumeRole", role("restate-test-pipeline")),
      call("sagemaker:UpdateEndpoint", arn("sagemaker", "endpoint/restate-prod-model")),
      call("sagemaker:InvokeEndpoint", arn("sagemaker", "endpoint/restate-test-model")),
    ],
  },
};

describe("permissions, as an IAM simulator decides,", () => {
  let evaluated: Program;

  before(async () => {
    evaluated = await everyActor();
  });

  for (const [actor, { may, mayNot }] of Object.entries(actors)) {
    describe(`the role ${actor}`, () => {
      for (const request of may) {
        it(`may ${describeRequest(request)}`, async () => {
          equal(await isAllowed(evaluated, actor, request), true);
        });
      }
      for (const request of mayNot) {
        it(`may not ${describeRequest(request)}`, async () => {
          equal(await isAllowed(evaluated, actor, request), false);
        });
      }
    });
  }
});
