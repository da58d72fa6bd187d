import {
  arn,
  call,
  key,
  ours,
  passed,
  role,
  s3,
  tagged,
  theirs,
  throughS3,
} from "../../support/iamRequests";
import { anyNetwork, everyJob } from "./jobs";
import { type Actor, mlflowApp } from "./requests";

/** The roles of other services. */
export const serviceActors: Readonly<Record<string, Actor>> = {
  scheduler: {
    may: ["restate-test", "restate-test--logging"].map((name) =>
      call("sagemaker:StartPipelineExecution", arn("sagemaker", `pipeline/${name}`)),
    ),
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
  logging: {
    may: [
      ...["model/model.tar.gz", "report.html"].map((path) => ({
        ...s3("PutObject", `/mlflow/1/abc/artifacts/${path}`),
        endpoint: undefined,
      })),
      {
        ...s3("GetObject", "/executions/abc/evaluation/XGBoost/evaluation.json"),
        endpoint: undefined,
      },
      call("iam:PassRole", role("restate-test-logging"), passed),
      call("sagemaker:CallMlflowAppApi", mlflowApp, ours),
      call("sagemaker:ListPipelineExecutions", arn("sagemaker", "pipeline/restate-test--logging")),
    ],
    mayNot: [
      ...anyNetwork,
      call("sagemaker:CallMlflowAppApi", mlflowApp, theirs),
      call("iam:PassRole", role("restate-test-evaluation"), passed),
      call("sagemaker:StartPipelineExecution", arn("sagemaker", "pipeline/restate-test")),
      call("sagemaker:UpdateModelPackage", arn("sagemaker", "model-package/restate-test/1")),
      call("sagemaker:CreateModelPackage", arn("sagemaker", "model-package/restate-test/1")),
      // Its job must be encrypted with the stack's key.
      call("sagemaker:CreateProcessingJob", arn("sagemaker", "processing-job/pipelines-1"), tagged),
      ...[
        "data/california_housing/a.csv",
        "executions/abc/train/train.csv",
        "executions/abc/test/test.csv",
        "endpoints/a/capture/1.jsonl",
      ].map((path) => ({ ...s3("GetObject", `/${path}`), endpoint: undefined })),
      ...["models/a/model.tar.gz", "executions/abc/evaluation/XGBoost/evaluation.json"].map(
        (path) => ({ ...s3("PutObject", `/${path}`), endpoint: undefined }),
      ),
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
};
