import { isEcrImage } from "./containers";
import { mustBeOwnKey, ownKey } from "./keys";
import { at, list, must, type Rule, unmet } from "./rule";
import { type Statement, statements } from "./statements";

/** Whether a statement refuses plain HTTP to everybody for all actions. */
function refusesPlainHttp({
  actions,
  allows,
  conditions,
  negated,
  principals,
  resources,
}: Statement): boolean {
  const [only] = conditions;
  return (
    !allows &&
    negated.length === 0 &&
    principals.some(([kind, principal]) => kind === "aws" && principal === "*") &&
    actions.some((action) => ["*", "s3:*"].includes(action)) &&
    (resources.includes("*") ||
      resources.some((one) => !one.endsWith("/*") && resources.includes(`${one}/*`))) &&
    conditions.length === 1 &&
    only?.operator === "bool" &&
    only.key === "aws:securetransport" &&
    only.values.length === 1 &&
    only.values[0]?.toLowerCase() === "false"
  );
}

/** Rules for stored data. */
export const storageRules: readonly Rule[] = [
  {
    name: "bucket-by-its-companions",
    description: "A bucket's settings are separate resources, which have rules.",
    types: ["aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2"],
    problems: (inputs) =>
      [
        ...["acl", "corsRules", "grants", "logging", "loggings", "policy"],
        ...[
          "replicationConfiguration",
          "serverSideEncryptionConfiguration",
          "versioning",
          "website",
        ],
      ].flatMap((name) =>
        inputs[name] === undefined ? [] : [`${name} must not be set on the bucket itself`],
      ),
  },
  {
    name: "object-by-its-bucket",
    description: "Objects have the access and the encryption of their bucket.",
    types: ["aws:s3/bucketObjectv2:BucketObjectv2"],
    problems: (inputs) =>
      ["acl", "overrideProvider", "serverSideEncryption", "websiteRedirect"].flatMap((name) =>
        inputs[name] === undefined ? [] : [`${name} must not be set on an object`],
      ),
  },
  {
    name: "bucket-not-public",
    description: "Buckets block all public access.",
    types: ["aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"],
    problems: (inputs) =>
      ["blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"].flatMap(
        (setting) => unmet(must(true, inputs, setting)),
      ),
  },
  {
    name: "bucket-without-acls",
    description: "Objects belong to the bucket's owner: only policies grant access.",
    types: ["aws:s3/bucketOwnershipControls:BucketOwnershipControls"],
    problems: (inputs) => unmet(must("BucketOwnerEnforced", inputs, "rule", "objectOwnership")),
  },
  {
    name: "bucket-encrypted",
    description: "Buckets encrypt with one of the account's own keys, and use a bucket key.",
    types: [
      "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    ],
    problems: (inputs) => {
      const rules = list(inputs["rules"]);
      return (rules.length === 0 ? [undefined] : rules).flatMap((rule) => {
        const byDefault = at(rule, "applyServerSideEncryptionByDefault");
        return unmet(
          [
            ["aws:kms", "aws:kms:dsse"].includes(String(at(byDefault, "sseAlgorithm"))),
            "sseAlgorithm must be aws:kms",
          ],
          mustBeOwnKey(byDefault, "kmsMasterKeyId"),
          must(true, rule, "bucketKeyEnabled"),
        );
      });
    },
  },
  {
    name: "bucket-versioned",
    description: "Buckets keep overwritten and deleted objects.",
    types: ["aws:s3/bucketVersioning:BucketVersioning"],
    problems: (inputs) =>
      unmet([
        at(inputs, "versioningConfiguration", "status") === "Enabled",
        "versioning must be Enabled",
      ]),
  },
  {
    name: "bucket-refuses-plain-http",
    description: "Buckets deny requests without TLS.",
    types: ["aws:s3/bucketPolicy:BucketPolicy"],
    problems: ({ policy }) => {
      const all = statements(policy);
      const refuses = all.some(refusesPlainHttp);
      // A policy that is unknown before an update has no statements.
      return unmet([
        all.length === 0 || refuses,
        "the policy must deny s3:* to everyone if aws:SecureTransport is false",
      ]);
    },
  },
  {
    name: "key-rotated",
    description: "Keys are rotated every year.",
    types: ["aws:kms/key:Key"],
    problems: (inputs) =>
      unmet(
        must(true, inputs, "enableKeyRotation"),
        [
          Number(inputs["rotationPeriodInDays"] ?? 365) <= 365,
          "rotationPeriodInDays must be at most 365",
        ],
        [
          Number(inputs["deletionWindowInDays"] ?? 30) >= 30,
          "deletionWindowInDays must be 30: until then, deletion can be cancelled",
        ],
        [
          inputs["bypassPolicyLockoutSafetyCheck"] !== true,
          "bypassPolicyLockoutSafetyCheck must not be true",
        ],
      ),
  },
  {
    name: "repository-immutable",
    description: "Images have immutable tags, are scanned, and are encrypted.",
    types: ["aws:ecr/repository:Repository"],
    problems: (inputs) =>
      unmet(
        must("IMMUTABLE", inputs, "imageTagMutability"),
        must(true, inputs, "imageScanningConfiguration", "scanOnPush"),
        must("KMS", inputs, "encryptionConfigurations", 0, "encryptionType"),
        mustBeOwnKey(inputs, "encryptionConfigurations", 0, "kmsKey"),
      ),
  },
  {
    name: "image-in-ecr",
    description: "Images are only pushed to Amazon ECR.",
    types: ["docker:index/image:Image"],
    problems: ({ imageName }) =>
      unmet([
        imageName === undefined || isEcrImage(imageName),
        `${String(imageName)} is not in Amazon ECR`,
      ]),
  },
  {
    name: "workgroup-encrypted",
    description:
      "Queries cannot write results with weaker encryption than the workgroup's, or scan without limit.",
    types: ["aws:athena/workgroup:Workgroup"],
    problems: (inputs) => {
      const configuration = at(inputs, "configuration");
      const encryption = at(configuration, "resultConfiguration", "encryptionConfiguration");
      return unmet(
        [
          // Either applies to queries; if settings are enforced, the minimum has no effect.
          at(configuration, "enforceWorkgroupConfiguration") === true ||
            at(configuration, "enableMinimumEncryptionConfiguration") === true,
          "enforceWorkgroupConfiguration or enableMinimumEncryptionConfiguration must be true",
        ],
        [
          at(encryption, "encryptionOption") === "SSE_KMS",
          "encryptionOption of the results must be SSE_KMS",
        ],
        [
          ownKey(at(encryption, "kmsKeyArn")),
          "kmsKeyArn of the results must be one of the account's own keys",
        ],
        [
          Number(at(configuration, "bytesScannedCutoffPerQuery") ?? 0) > 0,
          "bytesScannedCutoffPerQuery must be set",
        ],
      );
    },
  },
  {
    name: "catalogue-encrypted",
    description: "Settings of the Glue catalogue encrypt it with a key of the account's own.",
    types: ["aws:glue/dataCatalogEncryptionSettings:DataCatalogEncryptionSettings"],
    problems: ({ dataCatalogEncryptionSettings: settings }) => {
      const atRest = at(settings, "encryptionAtRest");
      const passwords = at(settings, "connectionPasswordEncryption");
      return unmet(
        [
          at(atRest, "catalogEncryptionMode") === "SSE-KMS" && ownKey(at(atRest, "sseAwsKmsKeyId")),
          "encryptionAtRest must be SSE-KMS, with one of the account's own keys",
        ],
        [
          at(passwords, "returnConnectionPasswordEncrypted") === true &&
            ownKey(at(passwords, "awsKmsKeyId")),
          "connection passwords must be encrypted with one of the account's own keys",
        ],
      );
    },
  },
  {
    name: "topic-encrypted",
    description: "Notifications are encrypted with a key of the account's own.",
    types: ["aws:sns/topic:Topic"],
    problems: (inputs) => unmet(mustBeOwnKey(inputs, "kmsMasterKeyId")),
  },
];
