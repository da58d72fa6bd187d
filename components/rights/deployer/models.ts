import { madeRoles, roleWrites } from "../boundaries";
import { allow, passRoles, type Statement, type Statements } from "../statements";
import type { DeployerScope } from "./scope";

/** The issuer of tokens of GitHub's workflows. */
export const issuer = "token.actions.githubusercontent.com";

/** Images, the pipeline and its model packages, and the roles, within the boundary only. */
export function models(stack: Statements, scope: DeployerScope): readonly Statement[] {
  const { evaluation, logging, monitoring, pipeline, processing, serving, tracking, training } =
    stack.roleArns;
  const jobRoles = [
    ...[evaluation, monitoring, pipeline, processing, serving, tracking, training],
    ...(stack.logs ? [logging] : []),
  ];
  const roles = madeRoles(stack);
  const { modelPackageGroupName, namePrefix, repositoryName, sageMakerImageName } =
    stack.args.names;
  return [
    // The service allows no narrower resource for the login.
    allow("EcrLogin", "ecr:GetAuthorizationToken", "*"),
    allow(
      "Repository",
      [
        "ecr:BatchCheckLayerAvailability",
        "ecr:BatchGetImage",
        "ecr:CompleteLayerUpload",
        "ecr:CreateRepository",
        "ecr:DescribeImages",
        "ecr:DescribeRepositories",
        "ecr:GetDownloadUrlForLayer",
        "ecr:InitiateLayerUpload",
        "ecr:ListImages",
        "ecr:ListTagsForResource",
        "ecr:PutImage",
        "ecr:PutImageScanningConfiguration",
        "ecr:TagResource",
        "ecr:UntagResource",
        "ecr:UploadLayerPart",
        // Whoever may delete images, or open the repository to others, could push other content under a tag.
        ...(scope.forceDestroy ? ["ecr:BatchDeleteImage", "ecr:DeleteRepository"] : []),
        ...(scope.sharesImage
          ? ["ecr:DeleteRepositoryPolicy", "ecr:GetRepositoryPolicy", "ecr:SetRepositoryPolicy"]
          : []),
      ],
      stack.arn("ecr", `repository/${repositoryName}`),
    ),
    ...stack.grantKeyForVolumes(),
    allow(
      "Pipeline",
      [
        "sagemaker:AddTags",
        "sagemaker:CreatePipeline",
        "sagemaker:DeletePipeline",
        "sagemaker:DeleteTags",
        "sagemaker:DescribePipeline",
        "sagemaker:ListTags",
        "sagemaker:UpdatePipeline",
      ],
      stack.pipelines(),
    ),
    allow(
      "ModelPackageGroup",
      [
        "sagemaker:AddTags",
        "sagemaker:CreateModelPackageGroup",
        "sagemaker:DeleteTags",
        "sagemaker:DeleteModelPackageGroup",
        "sagemaker:DescribeModelPackageGroup",
        "sagemaker:ListTags",
        // The policy could let others approve models.
        ...(scope.sharesModels
          ? [
              "sagemaker:DeleteModelPackageGroupPolicy",
              "sagemaker:GetModelPackageGroupPolicy",
              "sagemaker:PutModelPackageGroupPolicy",
            ]
          : []),
      ],
      stack.arn("sagemaker", `model-package-group/${modelPackageGroupName}`),
    ),
    allow(
      "SageMakerImage",
      [
        "sagemaker:AddTags",
        "sagemaker:CreateImage",
        "sagemaker:CreateImageVersion",
        "sagemaker:DeleteImage",
        "sagemaker:DeleteImageVersion",
        "sagemaker:DeleteTags",
        "sagemaker:DescribeImage",
        "sagemaker:DescribeImageVersion",
        "sagemaker:ListTags",
        "sagemaker:UpdateImage",
      ],
      [
        stack.arn("sagemaker", `image/${sageMakerImageName}`),
        stack.arn("sagemaker", `image-version/${sageMakerImageName}/*`),
      ],
    ),
    allow("MakeRoles", roleWrites, roles, {
      ArnEquals: { "iam:PermissionsBoundary": scope.permissionsBoundary },
    }),
    allow(
      "Roles",
      [
        "iam:GetRole",
        "iam:GetRolePolicy",
        "iam:ListAttachedRolePolicies",
        "iam:ListInstanceProfilesForRole",
        "iam:ListRolePolicies",
        "iam:TagRole",
        "iam:UntagRole",
      ],
      roles,
    ),
    passRoles("PassJobRoles", jobRoles, ["sagemaker.amazonaws.com"]),
    // It can read its own rights, but not change them.
    allow(
      "OwnRights",
      [
        "iam:GetOpenIDConnectProvider",
        "iam:GetPolicy",
        "iam:GetPolicyVersion",
        "iam:GetRole",
        "iam:ListAttachedRolePolicies",
        "iam:ListPolicyVersions",
        "iam:ListRolePolicies",
      ],
      [
        stack.globalArn("iam", `role/${namePrefix}-deployer`),
        stack.globalArn("iam", `policy/${namePrefix}-deployer-*`),
        stack.globalArn("iam", `policy/${namePrefix}-approver`),
        stack.globalArn("iam", `policy/${namePrefix}-boundary`),
        stack.globalArn("iam", `oidc-provider/${issuer}`),
      ],
    ),
  ];
}
