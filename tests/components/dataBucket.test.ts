import { deepEqual, equal } from "node:assert/strict";

import * as pulumi from "@pulumi/pulumi";

import { DataBucket, type DataBucketArgs } from "../../components/dataBucket";
import { account, construct, valueOf } from "../support/construct";

const args: DataBucketArgs = {
  account,
  names: { bucketName: pulumi.output("the-bucket"), keyAlias: "alias/the-key" },
  description: "Encrypts everything",
  protection: { protect: true, forceDestroy: false },
  access: { modelConsumers: [], accessLogBucket: undefined, throughEndpoint: undefined },
};
const make = (change: Partial<DataBucketArgs> = {}) =>
  construct((options) => new DataBucket("data", { ...args, ...change }, options));

describe("DataBucket", () => {
  it("creates a private, versioned bucket and its encryption key", async () => {
    const { component, registered } = await make();
    deepEqual(registered, {
      "kms/alias data-key-alias": { name: "alias/the-key", targetKeyId: "data-key" },
      "kms/key data-key": {
        deletionWindowInDays: 30,
        description: "Encrypts everything",
        enableKeyRotation: true,
      },
      "kms/keyPolicy data-key-policy": {
        keyId: "data-key",
        policy: {
          Version: "2012-10-17",
          Statement: [
            {
              Sid: "OwnAccount",
              Effect: "Allow",
              Principal: { AWS: "arn:aws:iam::111122223333:root" },
              Action: "kms:*",
              Resource: "*",
            },
            {
              Sid: "EncryptNotifications",
              Effect: "Allow",
              Principal: {
                Service: [
                  "budgets.amazonaws.com",
                  "cloudwatch.amazonaws.com",
                  "events.amazonaws.com",
                ],
              },
              Action: ["kms:Decrypt", "kms:GenerateDataKey*"],
              Resource: "*",
              Condition: { StringEquals: { "aws:SourceAccount": "111122223333" } },
            },
          ],
        },
      },
      "s3/bucket data-bucket": { bucket: "the-bucket", forceDestroy: false },
      "s3/bucketLifecycleConfiguration data-bucket-lifecycle": {
        bucket: "the-bucket",
        rules: [
          {
            expiration: { days: 7 },
            filter: { prefix: "athena/" },
            id: "query-results",
            status: "Enabled",
          },
          {
            expiration: { days: 30 },
            filter: { prefix: "checkpoints/" },
            id: "checkpoints",
            status: "Enabled",
          },
          {
            expiration: { days: 90 },
            filter: { prefix: "endpoints/" },
            id: "endpoint-requests",
            status: "Enabled",
          },
          {
            abortIncompleteMultipartUpload: { daysAfterInitiation: 7 },
            filter: {},
            id: "old-versions",
            noncurrentVersionExpiration: { noncurrentDays: 90 },
            status: "Enabled",
          },
        ],
      },
      "s3/bucketOwnershipControls data-bucket-ownership": {
        bucket: "the-bucket",
        rule: { objectOwnership: "BucketOwnerEnforced" },
      },
      "s3/bucketPolicy data-bucket-policy": {
        bucket: "the-bucket",
        policy: {
          Version: "2012-10-17",
          Statement: [
            {
              Sid: "DenyInsecureTransport",
              Effect: "Deny",
              Principal: "*",
              Action: "s3:*",
              Resource: ["arn:aws:s3:::the-bucket", "arn:aws:s3:::the-bucket/*"],
              Condition: { Bool: { "aws:SecureTransport": "false" } },
            },
            {
              Sid: "DenyOtherEncryption",
              Effect: "Deny",
              Principal: "*",
              Action: "s3:PutObject",
              Resource: "arn:aws:s3:::the-bucket/*",
              Condition: {
                StringNotEquals: { "s3:x-amz-server-side-encryption": "aws:kms" },
                Null: { "s3:x-amz-server-side-encryption": "false" },
              },
            },
            {
              Sid: "DenyOtherKeys",
              Effect: "Deny",
              Principal: "*",
              Action: "s3:PutObject",
              Resource: "arn:aws:s3:::the-bucket/*",
              Condition: {
                StringNotEquals: {
                  "s3:x-amz-server-side-encryption-aws-kms-key-id":
                    "arn:aws:kms:us-east-1:111122223333:key/data-key",
                },
                Null: { "s3:x-amz-server-side-encryption-aws-kms-key-id": "false" },
              },
            },
            {
              Sid: "DenyCallersKeys",
              Effect: "Deny",
              Principal: "*",
              Action: "s3:PutObject",
              Resource: "arn:aws:s3:::the-bucket/*",
              Condition: {
                Null: { "s3:x-amz-server-side-encryption-customer-algorithm": "false" },
              },
            },
          ],
        },
      },
      "s3/bucketPublicAccessBlock data-bucket-public-access-block": {
        blockPublicAcls: true,
        blockPublicPolicy: true,
        bucket: "the-bucket",
        ignorePublicAcls: true,
        restrictPublicBuckets: true,
      },
      "s3/bucketServerSideEncryptionConfiguration data-bucket-encryption": {
        bucket: "the-bucket",
        rules: [
          {
            applyServerSideEncryptionByDefault: {
              kmsMasterKeyId: "arn:aws:kms:us-east-1:111122223333:key/data-key",
              sseAlgorithm: "aws:kms",
            },
            bucketKeyEnabled: true,
          },
        ],
      },
      "s3/bucketVersioning data-bucket-versioning": {
        bucket: "the-bucket",
        versioningConfiguration: { status: "Enabled" },
      },
    });
    equal(await valueOf(component.bucketName), "the-bucket");
    equal(await valueOf(component.kmsKeyArn), "arn:aws:kms:us-east-1:111122223333:key/data-key");
  });

  it("protects bucket and key from deletion, or deletes them with their content", async () => {
    const kept = await make();
    deepEqual(kept.kept, ["kms/key data-key", "s3/bucket data-bucket"]);
    const disposable = await make({ protection: { protect: false, forceDestroy: true } });
    deepEqual(disposable.kept, []);
    deepEqual(disposable.registered["s3/bucket data-bucket"], {
      bucket: "the-bucket",
      forceDestroy: true,
    });
  });

  it("lets other accounts read models, and logs reads, if configured", async () => {
    const { registered } = await make({
      access: {
        modelConsumers: ["222233334444"],
        accessLogBucket: "logs",
        throughEndpoint: undefined,
      },
    });
    deepEqual(registered["s3/bucketLogging data-bucket-logging"], {
      bucket: "the-bucket",
      targetBucket: "logs",
      targetPrefix: "the-bucket/",
    });
    const shared = ["kms/keyPolicy data-key-policy", "s3/bucketPolicy data-bucket-policy"].map(
      (name) => (registered[name]?.["policy"] as { Statement: object[] }).Statement.at(-1),
    );
    deepEqual(shared, [
      {
        Sid: "DecryptModels",
        Effect: "Allow",
        Principal: { AWS: ["arn:aws:iam::222233334444:root"] },
        Action: ["kms:Decrypt", "kms:DescribeKey"],
        Resource: "*",
        Condition: { StringEquals: { "kms:ViaService": "s3.us-east-1.amazonaws.com" } },
      },
      {
        Sid: "ReadModels",
        Effect: "Allow",
        Principal: { AWS: ["arn:aws:iam::222233334444:root"] },
        Action: "s3:GetObject",
        Resource: "arn:aws:s3:::the-bucket/models/*",
      },
    ]);
  });
});
