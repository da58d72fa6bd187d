import * as pulumi from "@pulumi/pulumi";

import { allow, type Statement, type Statements } from "./statements";

/** What a deployer's rights depend on beside the stack itself. */
export interface DeployerScope {
  /** What the names of the stack's things begin with. */
  readonly namePrefix: string;
  /** Alias of the stack's key. */
  readonly keyAlias: string;
  /** ARN of the boundary without which the deployer may make no role. */
  readonly permissionsBoundary: string;
  /** ARNs of the roles that the stack makes and hands to services. */
  readonly roleArns: readonly pulumi.Output<string>[];
  /** The tag that everything of the stack carries. */
  readonly ownTag: { readonly key: string; readonly value: string };
  /** Whether the stack may be destroyed with its data. */
  readonly forceDestroy: boolean;
  /** Whether the stack makes a network of its own. */
  readonly makesNetwork: boolean;
}

/** Bucket, key, table and workgroup. */
function data(stack: Statements, scope: DeployerScope): readonly Statement[] {
  const { databaseName, workGroupName } = stack.args;
  const requested = {
    StringEquals: { [`aws:RequestTag/${scope.ownTag.key}`]: scope.ownTag.value },
  };
  const owned = { StringEquals: { [`aws:ResourceTag/${scope.ownTag.key}`]: scope.ownTag.value } };
  return [
    allow(
      "Bucket",
      [
        ...["s3:CreateBucket", "s3:DeleteBucket", "s3:DeleteBucketPolicy"],
        ...["s3:GetAccelerateConfiguration", "s3:GetBucketAcl", "s3:GetBucketCORS"],
        ...["s3:GetBucketLocation", "s3:GetBucketLogging", "s3:GetBucketNotification"],
        ...["s3:GetBucketObjectLockConfiguration", "s3:GetBucketOwnershipControls"],
        ...["s3:GetBucketPolicy", "s3:GetBucketPublicAccessBlock", "s3:GetBucketRequestPayment"],
        ...["s3:GetBucketTagging", "s3:GetBucketVersioning", "s3:GetBucketWebsite"],
        ...["s3:GetEncryptionConfiguration", "s3:GetLifecycleConfiguration"],
        ...["s3:GetReplicationConfiguration", "s3:ListBucket", "s3:ListBucketVersions"],
        ...["s3:PutBucketLogging", "s3:PutBucketNotification", "s3:PutBucketOwnershipControls"],
        ...["s3:PutBucketPolicy", "s3:PutBucketPublicAccessBlock", "s3:PutBucketTagging"],
        ...["s3:PutBucketVersioning", "s3:PutEncryptionConfiguration"],
        "s3:PutLifecycleConfiguration",
      ],
      stack.bucketArn(),
    ),
    allow(
      "Uploads",
      [
        ...["s3:DeleteObject", "s3:GetObject", "s3:GetObjectTagging"],
        ...["s3:PutObject", "s3:PutObjectTagging"],
      ],
      stack.objects("data", "sources"),
    ),
    ...(scope.forceDestroy
      ? [allow("EmptyBucket", ["s3:DeleteObject", "s3:DeleteObjectVersion"], stack.bucketArn("/*"))]
      : []),
    stack.useKeyThroughS3(),
    // The service allows no narrower resource for what is not there yet; the tag narrows it.
    allow("MakeKeyAndCrawler", ["glue:CreateCrawler", "kms:CreateKey"], "*", requested),
    allow("TagKey", ["kms:TagResource"], stack.arn("kms", "key/*"), requested),
    allow(
      "Key",
      [
        ...["kms:CreateAlias", "kms:DeleteAlias", "kms:DescribeKey", "kms:EnableKeyRotation"],
        ...["kms:GetKeyPolicy", "kms:GetKeyRotationStatus", "kms:ListResourceTags"],
        ...["kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", "kms:UpdateAlias"],
        "kms:UpdateKeyDescription",
      ],
      stack.arn("kms", "key/*"),
      owned,
    ),
    allow(
      "KeyAlias",
      ["kms:CreateAlias", "kms:DeleteAlias", "kms:UpdateAlias"],
      stack.arn("kms", scope.keyAlias),
    ),
    // The service allows no narrower resource.
    allow("FindKeyAlias", ["kms:ListAliases"], "*"),
    allow(
      "Catalogue",
      [
        ...["glue:CreateDatabase", "glue:CreateTable", "glue:DeleteDatabase", "glue:DeleteTable"],
        ...["glue:GetDatabase", "glue:GetPartitionIndexes", "glue:GetTable", "glue:GetTags"],
        ...["glue:TagResource", "glue:UntagResource", "glue:UpdateDatabase", "glue:UpdateTable"],
      ],
      [
        stack.arn("glue", "catalog"),
        stack.arn("glue", `database/${databaseName}`),
        stack.arn("glue", `table/${databaseName}/*`),
        stack.arn("glue", `userDefinedFunction/${databaseName}/*`),
      ],
    ),
    allow(
      "Crawler",
      [
        ...["glue:DeleteCrawler", "glue:GetCrawler", "glue:GetTags"],
        ...["glue:TagResource", "glue:UntagResource", "glue:UpdateCrawler"],
      ],
      stack.arn("glue", `crawler/${scope.namePrefix}`),
    ),
    ...(stack.args.encryptCatalog === true
      ? [
          allow(
            "EncryptCatalogue",
            ["glue:GetDataCatalogEncryptionSettings", "glue:PutDataCatalogEncryptionSettings"],
            stack.arn("glue", "catalog"),
          ),
        ]
      : []),
    ...stack.useKeyThroughGlue(),
    allow(
      "WorkGroup",
      [
        ...["athena:CreateNamedQuery", "athena:CreateWorkGroup", "athena:DeleteNamedQuery"],
        ...["athena:DeleteWorkGroup", "athena:GetNamedQuery", "athena:GetWorkGroup"],
        ...["athena:ListTagsForResource", "athena:TagResource", "athena:UntagResource"],
        "athena:UpdateWorkGroup",
      ],
      stack.arn("athena", `workgroup/${workGroupName}`),
    ),
  ];
}

/** Images, the pipeline and its model packages, and the roles, which it can make only within the boundary. */
function models(stack: Statements, scope: DeployerScope): readonly Statement[] {
  const { modelPackageGroupName, pipelineName, repositoryName } = stack.args;
  return [
    // The service allows no narrower resource for the login.
    allow("EcrLogin", ["ecr:GetAuthorizationToken"], "*"),
    allow(
      "Repository",
      [
        ...["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:CompleteLayerUpload"],
        ...["ecr:CreateRepository", "ecr:DeleteLifecyclePolicy", "ecr:DeleteRepository"],
        ...["ecr:DeleteRepositoryPolicy", "ecr:DescribeImages", "ecr:DescribeRepositories"],
        ...["ecr:GetDownloadUrlForLayer", "ecr:GetLifecyclePolicy", "ecr:GetRepositoryPolicy"],
        ...["ecr:InitiateLayerUpload", "ecr:ListImages", "ecr:ListTagsForResource"],
        ...["ecr:PutImage", "ecr:PutImageScanningConfiguration", "ecr:PutImageTagMutability"],
        ...["ecr:PutLifecyclePolicy", "ecr:SetRepositoryPolicy", "ecr:TagResource"],
        ...["ecr:UntagResource", "ecr:UploadLayerPart"],
        ...(scope.forceDestroy ? ["ecr:BatchDeleteImage"] : []),
      ],
      stack.arn("ecr", `repository/${repositoryName}`),
    ),
    ...stack.grantKeyForVolumes(),
    allow(
      "Pipeline",
      [
        ...["sagemaker:AddTags", "sagemaker:CreatePipeline", "sagemaker:DeletePipeline"],
        ...["sagemaker:DeleteTags", "sagemaker:DescribePipeline", "sagemaker:ListTags"],
        "sagemaker:UpdatePipeline",
      ],
      stack.arn("sagemaker", `pipeline/${pipelineName}`),
    ),
    allow(
      "ModelPackageGroup",
      [
        ...["sagemaker:AddTags", "sagemaker:CreateModelPackageGroup", "sagemaker:DeleteTags"],
        ...["sagemaker:DeleteModelPackageGroup", "sagemaker:DeleteModelPackageGroupPolicy"],
        ...["sagemaker:DescribeModelPackageGroup", "sagemaker:GetModelPackageGroupPolicy"],
        ...["sagemaker:ListTags", "sagemaker:PutModelPackageGroupPolicy"],
      ],
      stack.arn("sagemaker", `model-package-group/${modelPackageGroupName}`),
    ),
    allow(
      "SageMakerImage",
      [
        ...["sagemaker:AddTags", "sagemaker:CreateImage", "sagemaker:CreateImageVersion"],
        ...["sagemaker:DeleteImage", "sagemaker:DeleteImageVersion", "sagemaker:DeleteTags"],
        ...["sagemaker:DescribeImage", "sagemaker:DescribeImageVersion", "sagemaker:ListTags"],
        "sagemaker:UpdateImage",
      ],
      [
        stack.arn("sagemaker", `image/${scope.namePrefix}-*`),
        stack.arn("sagemaker", `image-version/${scope.namePrefix}-*/*`),
      ],
    ),
    allow(
      "MakeRoles",
      [
        ...["iam:CreateRole", "iam:DeleteRolePolicy", "iam:PutRolePermissionsBoundary"],
        "iam:PutRolePolicy",
      ],
      scope.roleArns,
      { ArnEquals: { "iam:PermissionsBoundary": scope.permissionsBoundary } },
    ),
    allow(
      "Roles",
      [
        ...["iam:DeleteRole", "iam:GetRole", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies"],
        ...["iam:ListInstanceProfilesForRole", "iam:ListRolePolicies", "iam:TagRole"],
        ...["iam:UntagRole", "iam:UpdateAssumeRolePolicy", "iam:UpdateRole"],
      ],
      scope.roleArns,
    ),
    allow("PassRoles", ["iam:PassRole"], scope.roleArns),
    // Its own rights it can see, and nothing else: somebody else changes them.
    allow(
      "OwnRights",
      [
        ...["iam:GetOpenIDConnectProvider", "iam:GetPolicy", "iam:GetPolicyVersion"],
        ...["iam:GetRole", "iam:ListAttachedRolePolicies", "iam:ListPolicyVersions"],
        "iam:ListRolePolicies",
      ],
      [
        globalArn(stack, "iam", `role/${scope.namePrefix}-deployer`),
        globalArn(stack, "iam", `policy/${scope.namePrefix}-deployer-*`),
        globalArn(stack, "iam", "oidc-provider/*"),
      ],
    ),
  ];
}

/** What starts the pipeline, and what tells of it. */
function operations(stack: Statements, { namePrefix }: DeployerScope): readonly Statement[] {
  return [
    allow(
      "Topic",
      [
        ...["sns:CreateTopic", "sns:DeleteTopic", "sns:GetTopicAttributes"],
        ...["sns:ListTagsForResource", "sns:SetTopicAttributes", "sns:Subscribe"],
        ...["sns:TagResource", "sns:UntagResource"],
      ],
      stack.arn("sns", namePrefix),
    ),
    // The service allows no narrower resource for subscriptions.
    allow("Subscriptions", ["sns:GetSubscriptionAttributes", "sns:Unsubscribe"], "*"),
    allow(
      "Rules",
      [
        ...["events:DeleteRule", "events:DescribeRule", "events:ListTagsForResource"],
        ...["events:ListTargetsByRule", "events:PutRule", "events:PutTargets"],
        ...["events:RemoveTargets", "events:TagResource", "events:UntagResource"],
      ],
      stack.arn("events", `rule/${namePrefix}-*`),
    ),
    allow(
      "Schedule",
      [
        ...["scheduler:CreateSchedule", "scheduler:DeleteSchedule", "scheduler:GetSchedule"],
        "scheduler:UpdateSchedule",
      ],
      stack.arn("scheduler", `schedule/default/${namePrefix}-*`),
    ),
    allow(
      "Alarms",
      [
        ...["cloudwatch:DeleteAlarms", "cloudwatch:DescribeAlarms"],
        ...["cloudwatch:ListTagsForResource", "cloudwatch:PutMetricAlarm"],
        ...["cloudwatch:TagResource", "cloudwatch:UntagResource"],
      ],
      stack.arn("cloudwatch", `alarm:${namePrefix}-*`),
    ),
    allow(
      "Dashboard",
      ["cloudwatch:DeleteDashboards", "cloudwatch:GetDashboard", "cloudwatch:PutDashboard"],
      globalArn(stack, "cloudwatch", `dashboard/${namePrefix}`),
    ),
    allow(
      "Budget",
      ["budgets:ModifyBudget", "budgets:ViewBudget"],
      globalArn(stack, "budgets", `budget/${namePrefix}`),
    ),
  ];
}

/** The network, by the tag that all in it carries. */
function network(stack: Statements, { namePrefix, ownTag }: DeployerScope): readonly Statement[] {
  const kinds = [
    ...["route-table", "security-group", "security-group-rule", "subnet", "vpc"],
    ...["vpc-endpoint", "vpc-flow-log"],
  ].map((kind) => stack.arn("ec2", `${kind}/*`));
  const create = [
    ...["ec2:CreateFlowLogs", "ec2:CreateRouteTable", "ec2:CreateSecurityGroup"],
    ...["ec2:CreateSubnet", "ec2:CreateTags", "ec2:CreateVpc", "ec2:CreateVpcEndpoint"],
    ...["ec2:AuthorizeSecurityGroupEgress", "ec2:AuthorizeSecurityGroupIngress"],
  ];
  return [
    allow("MakeNetwork", create, kinds, {
      StringEquals: { [`aws:RequestTag/${ownTag.key}`]: ownTag.value },
    }),
    allow(
      "ChangeNetwork",
      [
        ...create,
        ...["ec2:AssociateRouteTable", "ec2:DeleteFlowLogs", "ec2:DeleteRouteTable"],
        ...["ec2:DeleteSecurityGroup", "ec2:DeleteSubnet", "ec2:DeleteTags", "ec2:DeleteVpc"],
        ...["ec2:DeleteVpcEndpoints", "ec2:DescribeVpcAttribute", "ec2:DisassociateRouteTable"],
        "ec2:ModifySubnetAttribute",
        ...["ec2:ModifySecurityGroupRules", "ec2:ModifyVpcAttribute", "ec2:ModifyVpcEndpoint"],
      ],
      kinds,
      { StringEquals: { [`aws:ResourceTag/${ownTag.key}`]: ownTag.value } },
    ),
    // The group that every VPC comes with has no tag until its rules are gone.
    allow(
      "CloseSecurityGroups",
      ["ec2:RevokeSecurityGroupEgress", "ec2:RevokeSecurityGroupIngress"],
      stack.arn("ec2", "security-group/*"),
    ),
    // The service allows no narrower resource for these.
    allow(
      "SeeNetwork",
      [
        ...["ec2:DescribeAvailabilityZones", "ec2:DescribeFlowLogs", "ec2:DescribeNetworkAcls"],
        ...["ec2:DescribeNetworkInterfaces", "ec2:DescribePrefixLists"],
        ...["ec2:DescribeRouteTables", "ec2:DescribeSecurityGroupRules"],
        ...["ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeVpcEndpoints"],
        ...["ec2:DescribeVpcs", "logs:DescribeLogGroups"],
      ],
      "*",
    ),
    allow(
      "FlowLogs",
      [
        ...["logs:CreateLogGroup", "logs:DeleteLogGroup", "logs:ListTagsForResource"],
        ...["logs:PutRetentionPolicy", "logs:TagResource", "logs:UntagResource"],
      ],
      [
        stack.arn("logs", `log-group:${namePrefix}-flow-logs`),
        stack.arn("logs", `log-group:${namePrefix}-flow-logs:*`),
      ],
    ),
  ];
}

function globalArn(stack: Statements, service: string, resource: string): pulumi.Output<string> {
  const { accountId, partition } = stack.args.account;
  return pulumi.interpolate`arn:${partition}:${service}::${accountId}:${resource}`;
}

/** What a deployer may do, by area: each is a policy of its own, since IAM limits how long one may be. */
export function deployerStatements(
  stack: Statements,
  scope: DeployerScope,
): Readonly<Record<string, readonly Statement[]>> {
  return {
    data: data(stack, scope),
    models: models(stack, scope),
    operations: operations(stack, scope),
    ...(scope.makesNetwork ? { network: network(stack, scope) } : {}),
  };
}
