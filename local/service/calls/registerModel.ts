import { arn, type Calls, type Evidence } from "./call";
import { reads } from "./storage";

const registers: Evidence = {
  source: 'SageMaker guide, "IAM Access Management" of Pipelines',
  certainty: "certain",
};

const checksImage: Evidence = {
  source:
    "aws/modern-data-architecture-accelerator, addEcrReadPolicy of the pipeline's role; SageMaker guide, " +
    '"How to use SageMaker AI execution roles", CreateModel',
  certainty: "likely",
};

const checksModel: Evidence = {
  source: 'SageMaker API reference, "CreateModelPackage", ModelDataUrl',
  certainty: "likely",
};

const comparesBaselines: Evidence = {
  source:
    'SageMaker guide, "Baseline calculation, drift detection and lifecycle with ClarifyCheck and QualityCheck ' +
    'steps in Pipelines" (the baseline of the latest approved model)',
  certainty: "likely",
};

/** Registering a model, in the pipeline's own name: SageMaker looks at image, model and reports. */
export const registerModel: Calls = (stack, { candidate, execution, name }) => {
  const group = arn(stack, "sagemaker", `model-package-group/${stack.modelPackageGroup}`);
  const version = arn(stack, "sagemaker", `model-package/${stack.modelPackageGroup}/1`);
  return [
    {
      actor: "pipeline",
      actions: [
        "sagemaker:AddTags",
        "sagemaker:CreateModelPackage",
        "sagemaker:DescribeModelPackage",
      ],
      resources: [version],
      evidence: registers,
    },
    {
      actor: "pipeline",
      actions: ["sagemaker:DescribeModelPackageGroup"],
      resources: [group],
      evidence: registers,
    },
    {
      actor: "pipeline",
      actions: ["sagemaker:ListModelPackages"],
      resources: [version],
      evidence: comparesBaselines,
    },
    {
      actor: "pipeline",
      actions: ["ecr:GetAuthorizationToken"],
      resources: ["*"],
      evidence: checksImage,
    },
    {
      actor: "pipeline",
      actions: [
        "ecr:BatchCheckLayerAvailability",
        "ecr:BatchGetImage",
        "ecr:DescribeImages",
        "ecr:GetDownloadUrlForLayer",
      ],
      resources: stack.repositories,
      evidence: checksImage,
    },
    ...reads(
      stack,
      "pipeline",
      [
        `models/${candidate}/${name}/output/model.tar.gz`,
        `executions/${execution}/evaluation/${candidate}/evaluation.json`,
        `executions/${execution}/baseline/statistics.json`,
      ],
      { endpoint: null, evidence: checksModel },
    ),
  ];
};
