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
      `ecr:BatchCheckLayerAvailability BatchGetImage CompleteLayerUpload CreateRepository
      DeleteLifecyclePolicy DeleteRepository DeleteRepositoryPolicy DescribeImages
      DescribeRepositories GetDownloadUrlForLayer GetLifecyclePolicy GetRepositoryPolicy
      InitiateLayerUpload ListImages ListTagsForResource PutImage PutImageScanningConfiguration
      PutImageTagMutability PutLifecyclePolicy SetRepositoryPolicy TagResource UntagResource
      UploadLayerPart${scope.forceDestroy ? " BatchDeleteImage" : ""}`,
      stack.arn("ecr", `repository/${repositoryName}`),
    ),
    ...stack.grantKeyForVolumes(),
    allow(
      "Pipeline",
      `sagemaker:AddTags CreatePipeline DeletePipeline DeleteTags DescribePipeline ListTags
      UpdatePipeline`,
      stack.pipelines(),
    ),
    allow(
      "ModelPackageGroup",
      `sagemaker:AddTags CreateModelPackageGroup DeleteTags DeleteModelPackageGroup
      DeleteModelPackageGroupPolicy DescribeModelPackageGroup GetModelPackageGroupPolicy ListTags
      PutModelPackageGroupPolicy`,
      stack.arn("sagemaker", `model-package-group/${modelPackageGroupName}`),
    ),
    allow(
      "SageMakerImage",
      `sagemaker:AddTags CreateImage CreateImageVersion DeleteImage DeleteImageVersion DeleteTags
      DescribeImage DescribeImageVersion ListTags UpdateImage`,
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
      `iam:GetRole GetRolePolicy ListAttachedRolePolicies ListInstanceProfilesForRole
      ListRolePolicies TagRole UntagRole`,
      roles,
    ),
    passRoles("PassJobRoles", jobRoles, ["sagemaker.amazonaws.com"]),
    // It can read its own rights, but not change them.
    allow(
      "OwnRights",
      `iam:GetOpenIDConnectProvider GetPolicy GetPolicyVersion GetRole ListAttachedRolePolicies
      ListPolicyVersions ListRolePolicies`,
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
