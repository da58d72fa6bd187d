import { allow, passRoles, type Statement, type Statements } from "../statements";
import type { DeployerScope } from "./scope";

/** Bucket, key, table and workgroup. */
export function data(stack: Statements, scope: DeployerScope): readonly Statement[] {
  const { crawlerName, databaseName, keyAlias, workGroupName } = stack.args.names;
  return [
    allow(
      "Bucket",
      `s3:CreateBucket DeleteBucket DeleteBucketPolicy GetAccelerateConfiguration GetBucketAcl
      GetBucketCORS GetBucketLocation GetBucketLogging GetBucketNotification
      GetBucketObjectLockConfiguration GetBucketOwnershipControls GetBucketPolicy
      GetBucketPublicAccessBlock GetBucketRequestPayment GetBucketTagging GetBucketVersioning
      GetBucketWebsite GetEncryptionConfiguration GetLifecycleConfiguration
      GetReplicationConfiguration ListBucket ListBucketVersions PutBucketLogging
      PutBucketNotification PutBucketOwnershipControls PutBucketPolicy PutBucketPublicAccessBlock
      PutBucketTagging PutBucketVersioning PutEncryptionConfiguration PutLifecycleConfiguration`,
      stack.bucketArn(),
    ),
    allow(
      "Uploads",
      "s3:DeleteObject GetObject GetObjectTagging PutObject PutObjectTagging",
      scope.uploadsData ? stack.objects("data", "sources") : stack.objects("sources"),
    ),
    ...(scope.forceDestroy
      ? [allow("EmptyBucket", "s3:DeleteObject DeleteObjectVersion", stack.bucketArn("/*"))]
      : []),
    stack.useKeyThroughS3(),
    // By ARN, not by tag: whoever may tag a key could make any their own.
    allow(
      "Key",
      `kms:CreateAlias DeleteAlias DescribeKey EnableKeyRotation GetKeyPolicy GetKeyRotationStatus
      ListResourceTags PutKeyPolicy ScheduleKeyDeletion UpdateAlias TagResource UntagResource
      UpdateKeyDescription`,
      stack.args.kmsKeyArn,
    ),
    allow("KeyAlias", "kms:CreateAlias DeleteAlias UpdateAlias", stack.arn("kms", keyAlias)),
    // The service allows no narrower resource.
    allow("FindKeyAlias", "kms:ListAliases", "*"),
    ...(stack.args.adopted === undefined
      ? [
          allow(
            "Catalogue",
            `glue:CreateDatabase CreateTable DeleteDatabase DeleteTable GetDatabase
            GetPartitionIndexes GetTable GetTags TagResource UntagResource UpdateDatabase
            UpdateTable`,
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
      "glue:DeleteCrawler GetCrawler GetTags TagResource UntagResource UpdateCrawler",
      stack.arn("glue", `crawler/${crawlerName}`),
    ),
    passRoles("PassCrawler", stack.roleArns.crawler, ["glue.amazonaws.com"]),
    ...(stack.args.encryptCatalog
      ? [
          allow(
            "EncryptCatalogue",
            "glue:GetDataCatalogEncryptionSettings PutDataCatalogEncryptionSettings",
            stack.arn("glue", "catalog"),
          ),
        ]
      : []),
    ...stack.useKeyThroughGlue(),
    allow(
      "WorkGroup",
      `athena:CreateNamedQuery CreateWorkGroup DeleteNamedQuery DeleteWorkGroup GetNamedQuery
      GetWorkGroup ListTagsForResource TagResource UntagResource UpdateWorkGroup`,
      stack.arn("athena", `workgroup/${workGroupName}`),
    ),
  ];
}
