import { at, list, type Rule, statements, unmet } from "./rule";

/** Rules for what holds data. */
export const storageRules: readonly Rule[] = [
  {
    name: "bucket-not-public",
    description: "Buckets block public access altogether.",
    types: ["aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"],
    problems: (inputs) =>
      ["blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"].flatMap(
        (setting) => (inputs[setting] === true ? [] : [`${setting} must be true`]),
      ),
  },
  {
    name: "bucket-without-acls",
    description: "What is in a bucket belongs to its owner: access is by policies alone.",
    types: ["aws:s3/bucketOwnershipControls:BucketOwnershipControls"],
    problems: (inputs) =>
      unmet([
        at(inputs, "rule", "objectOwnership") === "BucketOwnerEnforced",
        "objectOwnership must be BucketOwnerEnforced",
      ]),
  },
  {
    name: "bucket-encrypted",
    description: "Buckets encrypt with a key of the account's own, by way of a bucket key.",
    types: [
      "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    ],
    problems: (inputs) => {
      const rule = at(inputs, "rules", 0);
      const byDefault = at(rule, "applyServerSideEncryptionByDefault");
      return unmet(
        [at(byDefault, "sseAlgorithm") === "aws:kms", "sseAlgorithm must be aws:kms"],
        [
          at(byDefault, "kmsMasterKeyId") !== undefined,
          "kmsMasterKeyId must name a key of the account's own",
        ],
        [at(rule, "bucketKeyEnabled") === true, "bucketKeyEnabled must be true"],
      );
    },
  },
  {
    name: "bucket-versioned",
    description: "Buckets keep what is overwritten or deleted.",
    types: ["aws:s3/bucketVersioning:BucketVersioning"],
    problems: (inputs) =>
      unmet([
        at(inputs, "versioningConfiguration", "status") === "Enabled",
        "versioning must be Enabled",
      ]),
  },
  {
    name: "bucket-refuses-plain-http",
    description: "Buckets refuse whoever does not use TLS.",
    types: ["aws:s3/bucketPolicy:BucketPolicy"],
    problems: ({ policy }) => {
      const all = statements(policy);
      const refuses = all.some(
        ({ Action: action, Condition: condition, Effect: effect, Principal: principal }) =>
          effect === "Deny" &&
          principal === "*" &&
          list(action).includes("s3:*") &&
          at(condition, "Bool", "aws:SecureTransport") === "false",
      );
      // A policy that is not known before an update has no statements.
      return unmet([
        all.length === 0 || refuses,
        "the policy must deny s3:* to everyone where aws:SecureTransport is false",
      ]);
    },
  },
  {
    name: "key-rotated",
    description: "Keys are rotated every year.",
    types: ["aws:kms/key:Key"],
    problems: ({ enableKeyRotation }) =>
      unmet([enableKeyRotation === true, "enableKeyRotation must be true"]),
  },
  {
    name: "repository-immutable",
    description: "An image cannot become another under its tag, is scanned, and is encrypted.",
    types: ["aws:ecr/repository:Repository"],
    problems: (inputs) =>
      unmet(
        [inputs["imageTagMutability"] === "IMMUTABLE", "imageTagMutability must be IMMUTABLE"],
        [
          at(inputs, "imageScanningConfiguration", "scanOnPush") === true,
          "scanOnPush must be true",
        ],
        [
          at(inputs, "encryptionConfigurations", 0, "encryptionType") === "KMS",
          "encryptionType must be KMS",
        ],
      ),
  },
  {
    name: "workgroup-encrypted",
    description:
      "Queries cannot write less encrypted results than the workgroup's own, nor scan without limit.",
    types: ["aws:athena/workgroup:Workgroup"],
    problems: (inputs) => {
      const configuration = at(inputs, "configuration");
      const encryption = at(configuration, "resultConfiguration", "encryptionConfiguration");
      return unmet(
        [
          // Either holds queries to it; where settings are enforced, the minimum has no effect.
          at(configuration, "enforceWorkgroupConfiguration") === true ||
            at(configuration, "enableMinimumEncryptionConfiguration") === true,
          "enforceWorkgroupConfiguration or enableMinimumEncryptionConfiguration must be true",
        ],
        [
          at(encryption, "encryptionOption") === "SSE_KMS",
          "encryptionOption of the results must be SSE_KMS",
        ],
        [
          at(configuration, "bytesScannedCutoffPerQuery") !== undefined,
          "bytesScannedCutoffPerQuery must be set",
        ],
      );
    },
  },
  {
    name: "topic-encrypted",
    description: "Notifications are encrypted with a key of the account's own.",
    types: ["aws:sns/topic:Topic"],
    problems: ({ kmsMasterKeyId }) =>
      unmet([kmsMasterKeyId !== undefined, "kmsMasterKeyId must name a key"]),
  },
];
