import { allow, passRoles, type Statement, type Statements } from "../statements";
import type { DeployerScope } from "./scope";

/** Bucket, key, table and workgroup. */
export function data(stack: Statements, scope: DeployerScope): readonly Statement[] {
  const { crawlerName, databaseName, keyAlias, workGroupName } = stack.args.names;
  return [
    allow(
      "Bucket",
      [
        "s3:CreateBucket",
        "s3:DeleteBucket",
        "s3:DeleteBucketPolicy",
        "s3:GetAccelerateConfiguration",
        "s3:GetBucketAcl",
        "s3:GetBucketCORS",
        "s3:GetBucketLocation",
        "s3:GetBucketLogging",
        "s3:GetBucketNotification",
        "s3:GetBucketObjectLockConfiguration",
        "s3:GetBucketOwnershipControls",
        "s3:GetBucketPolicy",
        "s3:GetBucketPublicAccessBlock",
        "s3:GetBucketRequestPayment",
        "s3:GetBucketTagging",
        "s3:GetBucketVersioning",
        "s3:GetBucketWebsite",
        "s3:GetEncryptionConfiguration",
        "s3:GetLifecycleConfiguration",
        "s3:GetReplicationConfiguration",
        "s3:ListBucket",
        "s3:ListBucketVersions",
        "s3:PutBucketLogging",
        "s3:PutBucketNotification",
        "s3:PutBucketOwnershipControls",
        "s3:PutBucketPolicy",
        "s3:PutBucketPublicAccessBlock",
        "s3:PutBucketTagging",
        "s3:PutBucketVersioning",
        "s3:PutEncryptionConfiguration",
        "s3:PutLifecycleConfiguration",
      ],
      stack.bucketArn(),
    ),
    allow(
      "Uploads",
      [
        "s3:DeleteObject",
        "s3:GetObject",
        "s3:GetObjectTagging",
        "s3:PutObject",
        "s3:PutObjectTagging",
      ],
      scope.uploadsData ? stack.objects("data", "sources") : stack.objects("sources"),
    ),
    ...(scope.forceDestroy
      ? [allow("EmptyBucket", ["s3:DeleteObject", "s3:DeleteObjectVersion"], stack.bucketArn("/*"))]
      : []),
    stack.useKeyThroughS3(),
    // By ARN, not by tag: whoever may tag a key could make any their own.
    allow(
      "Key",
      [
        "kms:CreateAlias",
        "kms:DeleteAlias",
        "kms:DescribeKey",
        "kms:EnableKeyRotation",
        "kms:GetKeyPolicy",
        "kms:GetKeyRotationStatus",
        "kms:ListResourceTags",
        "kms:PutKeyPolicy",
        "kms:UpdateAlias",
        "kms:TagResource",
        "kms:UntagResource",
        "kms:UpdateKeyDescription",
        ...(scope.forceDestroy ? ["kms:ScheduleKeyDeletion"] : []),
      ],
      stack.args.kmsKeyArn,
    ),
    allow(
      "KeyAlias",
      ["kms:CreateAlias", "kms:DeleteAlias", "kms:UpdateAlias"],
      stack.arn("kms", keyAlias),
    ),
    // The service allows no narrower resource.
    allow("FindKeyAlias", "kms:ListAliases", "*"),
    ...(stack.args.adopted === undefined
      ? [
          allow(
            "Catalogue",
            [
              "glue:CreateDatabase",
              "glue:CreateTable",
              "glue:DeleteDatabase",
              "glue:DeleteTable",
              "glue:GetDatabase",
              "glue:GetPartitionIndexes",
              "glue:GetTable",
              "glue:GetTags",
              "glue:TagResource",
              "glue:UntagResource",
              "glue:UpdateDatabase",
              "glue:UpdateTable",
            ],
            [
              stack.arn("glue", "catalog"),
              stack.arn("glue", `database/${databaseName}`),
              stack.arn("glue", `table/${databaseName}/*`),
              stack.arn("glue", `userDefinedFunction/${databaseName}/*`),
            ],
          ),
        ]
      : []),
    // The service allows no narrower resource for creation; the tag limits it.
    allow("MakeCrawler", "glue:CreateCrawler", "*", stack.requested()),
    allow(
      "Crawler",
      [
        "glue:DeleteCrawler",
        "glue:GetCrawler",
        "glue:GetTags",
        "glue:TagResource",
        "glue:UntagResource",
        "glue:UpdateCrawler",
      ],
      stack.arn("glue", `crawler/${crawlerName}`),
    ),
    passRoles("PassCrawler", stack.roleArns.crawler, ["glue.amazonaws.com"]),
    ...(stack.args.encryptCatalog
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
        "athena:CreateNamedQuery",
        "athena:CreateWorkGroup",
        "athena:DeleteNamedQuery",
        "athena:DeleteWorkGroup",
        "athena:GetNamedQuery",
        "athena:GetWorkGroup",
        "athena:ListTagsForResource",
        "athena:TagResource",
        "athena:UntagResource",
        "athena:UpdateWorkGroup",
      ],
      stack.arn("athena", `workgroup/${workGroupName}`),
    ),
  ];
}
