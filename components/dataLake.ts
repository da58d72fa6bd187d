import * as athena from "@pulumi/aws/athena";
import * as glue from "@pulumi/aws/glue";
import * as kms from "@pulumi/aws/kms";
import * as s3 from "@pulumi/aws/s3";
import * as pulumi from "@pulumi/pulumi";
import { existsSync, readFileSync } from "node:fs";
import { basename } from "node:path";

import { type Dataset, datasetQuery, tableFormat } from "../pipeline/dataset";
import { contentHash } from "../pipeline/render";
import { prefixes } from "../pipeline/storage";
import type { Account } from "./account";
import { keptFromDeletion } from "./protection";

/** The arguments of {@link DataLake}. */
export interface DataLakeArgs {
  readonly account: Account;
  /** Physical names. */
  readonly bucketName: pulumi.Output<string>;
  readonly databaseName: string;
  readonly workGroupName: string;
  readonly keyAlias: string;
  /** The table, and the query that is saved for it. */
  readonly dataset: Dataset;
  /** File to upload as the table's data, relative to the project. Default: none, the data is there. */
  readonly dataFile?: string | undefined;
  /** Whether `destroy` deletes the bucket and the workgroup with what is in them. Default false. */
  readonly forceDestroy?: boolean;
  /** Whether key and bucket are kept from deletion. Default true. */
  readonly protect?: boolean;
  /** Bucket that takes the log of who reads and writes what. Default: none, nothing is logged. */
  readonly accessLogBucket?: string | undefined;
  /** Other accounts that may read the models. Default: none. */
  readonly modelConsumers?: readonly string[];
}

/** Most bytes that a query may scan: 100 GiB. */
const queryScanLimit = 100 * 1024 ** 3;

/**
 * The data: a private, encrypted bucket, a Glue table over the files in it, and an Athena workgroup
 * with the query that selects the rows to learn from.
 */
export class DataLake extends pulumi.ComponentResource {
  public readonly bucketName: pulumi.Output<string>;
  /** ARN of the key that encrypts the bucket and everything that jobs write. */
  public readonly kmsKeyArn: pulumi.Output<string>;
  public readonly databaseName: pulumi.Output<string>;
  public readonly tableName: pulumi.Output<string>;
  public readonly workGroupName: pulumi.Output<string>;
  public readonly namedQueryId: pulumi.Output<string>;
  /** Hash of the data file's content; undefined where the data is not uploaded from here. */
  public readonly dataHash: string | undefined;

  /**
   * @throws pulumi.InputPropertyError where `dataFile` does not exist
   */
  constructor(name: string, args: DataLakeArgs, opts?: pulumi.ComponentResourceOptions) {
    super("restate:index:DataLake", name, {}, opts);
    const { dataFile, dataset } = args;
    if (dataFile !== undefined && !existsSync(dataFile)) {
      throw new pulumi.InputPropertyError({
        propertyPath: "dataFile",
        reason: `there is no file ${dataFile}`,
      });
    }
    const child: pulumi.CustomResourceOptions = { parent: this };
    const forceDestroy = args.forceDestroy ?? false;
    const kept = keptFromDeletion(this, args.protect ?? true);

    const key = new kms.Key(
      `${name}-key`,
      {
        description: `Encrypts the data, images and models of ${args.workGroupName}`,
        enableKeyRotation: true,
        deletionWindowInDays: 30,
      },
      kept,
    );
    // By itself, so that a change of it leaves the key's ARN known, and the definition that names it.
    new kms.KeyPolicy(
      `${name}-key-policy`,
      { keyId: key.keyId, policy: this.keyPolicy(args) },
      child,
    );
    new kms.Alias(`${name}-key-alias`, { name: args.keyAlias, targetKeyId: key.keyId }, child);

    const bucket = new s3.Bucket(`${name}-bucket`, { bucket: args.bucketName, forceDestroy }, kept);
    this.protectBucket(name, args, bucket, key);

    const database = new glue.CatalogDatabase(
      `${name}-database`,
      { name: args.databaseName, description: "Tables that restate learns from" },
      child,
    );
    const format = tableFormat(dataset);
    const ownLocation = pulumi.interpolate`s3://${args.bucketName}/${prefixes.data}/${dataset.table}/`;
    const table = new glue.CatalogTable(
      `${name}-table`,
      {
        name: dataset.table,
        databaseName: database.name,
        tableType: "EXTERNAL_TABLE",
        parameters: format.tableParameters,
        storageDescriptor: {
          location: dataset.location ?? ownLocation,
          inputFormat: format.inputFormat,
          outputFormat: format.outputFormat,
          columns: dataset.columns.map((column) => ({ name: column.name, type: column.type })),
          serDeInfo: {
            serializationLibrary: format.serializationLibrary,
            parameters: format.serializationParameters,
          },
        },
      },
      child,
    );

    const workGroup = new athena.Workgroup(
      `${name}-workgroup`,
      {
        name: args.workGroupName,
        description: "Queries of restate",
        forceDestroy,
        configuration: {
          enforceWorkgroupConfiguration: true,
          publishCloudwatchMetricsEnabled: true,
          bytesScannedCutoffPerQuery: queryScanLimit,
          engineVersion: { selectedEngineVersion: "Athena engine version 3" },
          resultConfiguration: {
            outputLocation: pulumi.interpolate`s3://${args.bucketName}/${prefixes.queryResults}/`,
            expectedBucketOwner: args.account.accountId,
            encryptionConfiguration: { encryptionOption: "SSE_KMS", kmsKeyArn: key.arn },
          },
        },
      },
      child,
    );
    const query = new athena.NamedQuery(
      `${name}-query`,
      {
        name: `${args.workGroupName}-${dataset.table}`,
        description: `The rows of ${dataset.table} to learn from`,
        database: database.name,
        workgroup: workGroup.name,
        query: datasetQuery(dataset, args.databaseName),
      },
      child,
    );

    new athena.NamedQuery(
      `${name}-table-query`,
      {
        name: `${args.workGroupName}-${dataset.table}-table`,
        description: `Makes a table of the rows of ${dataset.table} to learn from`,
        database: database.name,
        workgroup: workGroup.name,
        query:
          `CREATE TABLE "${args.databaseName}"."${dataset.table}_selected" ` +
          `WITH (format = 'PARQUET') AS ${datasetQuery(dataset, args.databaseName)}`,
      },
      child,
    );

    this.dataHash = dataFile === undefined ? undefined : contentHash(readFileSync(dataFile));
    if (dataFile !== undefined) {
      new s3.BucketObjectv2(
        `${name}-data`,
        {
          bucket: bucket.bucket,
          key: `${prefixes.data}/${dataset.table}/${basename(dataFile)}`,
          source: new pulumi.asset.FileAsset(dataFile),
          sourceHash: this.dataHash,
        },
        child,
      );
    }

    this.bucketName = bucket.bucket;
    this.kmsKeyArn = key.arn;
    this.databaseName = database.name;
    this.tableName = table.name;
    this.workGroupName = workGroup.name;
    this.namedQueryId = query.id;
    this.registerOutputs({
      bucketName: this.bucketName,
      kmsKeyArn: this.kmsKeyArn,
      databaseName: this.databaseName,
      tableName: this.tableName,
      workGroupName: this.workGroupName,
      namedQueryId: this.namedQueryId,
    });
  }

  /** The principals of the accounts that may read the models. */
  private consumers({ account, modelConsumers = [] }: DataLakeArgs): pulumi.Output<string>[] {
    return modelConsumers.map((id) => pulumi.interpolate`arn:${account.partition}:iam::${id}:root`);
  }

  /** Leaves it to the account's own policies who may use the key, and lets notifications be encrypted. */
  private keyPolicy(args: DataLakeArgs): pulumi.Output<string> {
    const { accountId, dnsSuffix, partition, region } = args.account;
    const consumers = this.consumers(args);
    return pulumi.jsonStringify({
      Version: "2012-10-17",
      Statement: [
        {
          Sid: "OwnAccount",
          Effect: "Allow",
          Principal: { AWS: pulumi.interpolate`arn:${partition}:iam::${accountId}:root` },
          Action: "kms:*",
          Resource: "*",
        },
        {
          Sid: "EncryptNotifications",
          Effect: "Allow",
          Principal: {
            Service: ["budgets.amazonaws.com", "cloudwatch.amazonaws.com", "events.amazonaws.com"],
          },
          Action: ["kms:Decrypt", "kms:GenerateDataKey*"],
          Resource: "*",
          Condition: { StringEquals: { "aws:SourceAccount": accountId } },
        },
        ...(consumers.length === 0
          ? []
          : [
              {
                Sid: "DecryptModels",
                Effect: "Allow",
                Principal: { AWS: consumers },
                Action: ["kms:Decrypt", "kms:DescribeKey"],
                Resource: "*",
                Condition: {
                  StringEquals: { "kms:ViaService": pulumi.interpolate`s3.${region}.${dnsSuffix}` },
                },
              },
            ]),
      ],
    });
  }

  /** Keeps the bucket private, encrypted and versioned, and clears away what can be made again. */
  private protectBucket(name: string, args: DataLakeArgs, bucket: s3.Bucket, key: kms.Key): void {
    const child: pulumi.CustomResourceOptions = { parent: this };
    const publicAccessBlock = new s3.BucketPublicAccessBlock(
      `${name}-bucket-public-access-block`,
      {
        bucket: bucket.bucket,
        blockPublicAcls: true,
        blockPublicPolicy: true,
        ignorePublicAcls: true,
        restrictPublicBuckets: true,
      },
      child,
    );
    new s3.BucketOwnershipControls(
      `${name}-bucket-ownership`,
      { bucket: bucket.bucket, rule: { objectOwnership: "BucketOwnerEnforced" } },
      child,
    );
    new s3.BucketServerSideEncryptionConfiguration(
      `${name}-bucket-encryption`,
      {
        bucket: bucket.bucket,
        rules: [
          {
            bucketKeyEnabled: true,
            applyServerSideEncryptionByDefault: {
              sseAlgorithm: "aws:kms",
              kmsMasterKeyId: key.arn,
            },
          },
        ],
      },
      child,
    );
    const versioning = new s3.BucketVersioning(
      `${name}-bucket-versioning`,
      { bucket: bucket.bucket, versioningConfiguration: { status: "Enabled" } },
      child,
    );
    new s3.BucketLifecycleConfiguration(
      `${name}-bucket-lifecycle`,
      {
        bucket: bucket.bucket,
        rules: [
          {
            id: "query-results",
            status: "Enabled",
            filter: { prefix: `${prefixes.queryResults}/` },
            expiration: { days: 7 },
          },
          {
            id: "checkpoints",
            status: "Enabled",
            filter: { prefix: `${prefixes.checkpoints}/` },
            expiration: { days: 30 },
          },
          {
            id: "old-versions",
            status: "Enabled",
            filter: {},
            noncurrentVersionExpiration: { noncurrentDays: 90 },
            abortIncompleteMultipartUpload: { daysAfterInitiation: 7 },
          },
        ],
      },
      { parent: this, dependsOn: [versioning] },
    );
    if (args.accessLogBucket !== undefined) {
      new s3.BucketLogging(
        `${name}-bucket-logging`,
        {
          bucket: bucket.bucket,
          targetBucket: args.accessLogBucket,
          targetPrefix: pulumi.interpolate`${args.bucketName}/`,
        },
        child,
      );
    }
    const bucketArn = pulumi.interpolate`arn:${args.account.partition}:s3:::${args.bucketName}`;
    const consumers = this.consumers(args);
    new s3.BucketPolicy(
      `${name}-bucket-policy`,
      {
        bucket: bucket.bucket,
        policy: pulumi.jsonStringify({
          Version: "2012-10-17",
          Statement: [
            {
              Sid: "DenyInsecureTransport",
              Effect: "Deny",
              Principal: "*",
              Action: "s3:*",
              Resource: [bucketArn, pulumi.interpolate`${bucketArn}/*`],
              Condition: { Bool: { "aws:SecureTransport": "false" } },
            },
            {
              // Uploads without a header take the bucket's own key; those that name another are refused.
              Sid: "DenyOtherEncryption",
              Effect: "Deny",
              Principal: "*",
              Action: "s3:PutObject",
              Resource: pulumi.interpolate`${bucketArn}/*`,
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
              Resource: pulumi.interpolate`${bucketArn}/*`,
              Condition: {
                StringNotEquals: {
                  "s3:x-amz-server-side-encryption-aws-kms-key-id": key.arn,
                },
                Null: { "s3:x-amz-server-side-encryption-aws-kms-key-id": "false" },
              },
            },
            ...(consumers.length === 0
              ? []
              : [
                  {
                    Sid: "ReadModels",
                    Effect: "Allow",
                    Principal: { AWS: consumers },
                    Action: "s3:GetObject",
                    Resource: pulumi.interpolate`${bucketArn}/${prefixes.models}/*`,
                  },
                ]),
          ],
        }),
      },
      { parent: this, dependsOn: [publicAccessBlock] },
    );
  }
}
