import { arn, call, key, passed, role, s3, throughS3 } from "../../support/iamRequests";
import { type Actor, beyondRoles } from "./requests";

/** One of the jobs' network, as a program without an account calls it. */
const subnet = arn("ec2", "subnet/subnet-placeholder-1");

/** The repository of one of SageMaker's own images, in the registry of an account. */
const prebuilt = (accountId: string, name = "sagemaker-xgboost"): string =>
  `arn:aws:ecr:us-east-1:${accountId}:repository/${name}`;

/** What everyone needs who runs jobs, and what nobody may do. */
export const everyJob = {
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
export const anyNetwork = [
  call("ec2:CreateNetworkInterface", arn("ec2", "subnet/subnet-of-another-team")),
  call("ec2:CreateNetworkInterface", arn("ec2", "security-group/sg-of-another-team")),
  call("ec2:DeleteNetworkInterface", arn("ec2", "network-interface/eni-2"), {
    "ec2:Subnet": arn("ec2", "subnet/subnet-of-another-team"),
  }),
];

/** The roles of jobs and endpoints. */
export const jobActors: Readonly<Record<string, Actor>> = {
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
};
