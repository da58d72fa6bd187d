import {
  arn,
  bucket,
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
import {
  type Actor,
  beyondRoles,
  type Context,
  mlflowApp,
  otherTag,
  withAllRights,
} from "./requests";

/** The jobs of an execution. */
const jobs = {
  processing: arn("sagemaker", "processing-job/pipelines-abc-preprocess"),
  tuning: arn("sagemaker", "hyper-parameter-tuning-job/abc"),
  training: arn("sagemaker", "training-job/abc-001"),
  transform: arn("sagemaker", "transform-job/pipelines-abc-forest"),
  model: arn("sagemaker", "model/pipelines-abc-forest"),
};

const component = (name: string): string => arn("sagemaker", `experiment-trial-component/${name}`);

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

/** A context without some of its keys. */
const without = (context: Context, ...left: readonly string[]): Context =>
  Object.fromEntries(Object.entries(context).filter(([name]) => !left.includes(name)));

/** Who runs the pipeline, and who approves its models. */
export const pipelineActors: Readonly<Record<string, Actor>> = {
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
};
