import {
  type Calls,
  callsBy,
  certain,
  likely,
  objectArn,
  sageMakerCallsBy,
  unproven,
} from "./call";
import { reads } from "./storage";

const registers = certain(
  'SageMaker guide, "Amazon SageMaker AI API Permissions: Actions, Permissions, and Resources Reference"; Service ' +
    'Authorization Reference, "Actions, resources, and condition keys for Amazon SageMaker" (the status in the request)',
);

const looksAtRegistry = likely(
  "aws/modern-data-architecture-accelerator, sagemaker-pipeline-l3-construct.ts (the role of its pipeline)",
);

const checksImage = likely("managed policy AmazonSageMakerModelRegistryFullAccess");

const pullsImage = unproven(
  "no source says that registering pulls the image; aws/modern-data-architecture-accelerator, iam-helpers.ts, " +
    "addEcrReadPolicy, gives these permissions to the role of its pipeline",
);

const checksModel = likely(
  'managed policy AmazonSageMakerModelRegistryFullAccess; SageMaker guide, "AWS Managed Policies for Model ' +
    'Registry" (objects in the buckets where model versions are stored)',
);

const checksReports = unproven(
  "no source says that SageMaker reads the reports that ModelMetrics names",
);

const comparesBaselines = likely(
  'SageMaker guide, "Baseline calculation, drift detection and lifecycle with ClarifyCheck and QualityCheck ' +
    'steps in Amazon SageMaker Pipelines" (the baseline of the latest approved model)',
);

/** Registering a model with the pipeline's own role: SageMaker reads image, model and reports. */
export const registerModel: Calls = (stack, { candidate, execution, name, named }) => {
  const { repositories } = named ?? stack;
  const call = callsBy("pipeline");
  const onRegistry = sageMakerCallsBy(stack, "pipeline");
  const version = [`model-package/${stack.modelPackageGroup}/1`];
  const reports = named?.reports ?? [];
  const own = [
    `executions/${execution}/evaluation/${candidate}/evaluation.json`,
    `executions/${execution}/baseline/statistics.json`,
  ];
  return [
    onRegistry(["CreateModelPackage"], version, registers, {
      "sagemaker:ModelApprovalStatus": stack.modelApprovalStatus,
    }),
    onRegistry(["AddTags", "DescribeModelPackage"], version, looksAtRegistry),
    onRegistry(
      ["DescribeModelPackageGroup"],
      [`model-package-group/${stack.modelPackageGroup}`],
      looksAtRegistry,
    ),
    onRegistry(["ListModelPackages"], version, comparesBaselines),
    call(["ecr:GetAuthorizationToken"], ["*"], pullsImage),
    call(["ecr:BatchGetImage", "ecr:DescribeImages"], repositories, checksImage),
    call(
      ["ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer"],
      repositories,
      pullsImage,
    ),
    ...reads(
      stack,
      "pipeline",
      named?.reads ?? [`models/${candidate}/${name}/output/model.tar.gz`],
      { endpoint: null, evidence: checksModel },
    ),
    call(
      ["s3:GetObject"],
      (named === undefined ? own : reports).map((one) => objectArn(stack, one)),
      checksReports,
    ),
  ];
};
