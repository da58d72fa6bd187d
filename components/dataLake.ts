import * as athena from "@pulumi/aws/athena";
import * as glue from "@pulumi/aws/glue";
import * as s3 from "@pulumi/aws/s3";
import * as pulumi from "@pulumi/pulumi";
import { existsSync, statSync } from "node:fs";

import type { Dataset } from "../pipeline/datasetFields";
import { datasetQuery, queryDatabase, queryScanLimit, selectedTableQuery } from "../pipeline/query";
import { tableFormat } from "../pipeline/tableFormat";
import { contentHash } from "../pipeline/language/canonicalJson";
import { prefixes } from "../pipeline/storage";
import type { Account } from "./account";
import { type DataAccess, DataBucket } from "./dataBucket";
import { dataFiles } from "./dataFiles";
import type { Protection } from "./protection";
import type { StackNames } from "./stackNames";

export interface DataLakeArgs {
  readonly account: Account;
  readonly names: Pick<StackNames, "bucketName" | "databaseName" | "keyAlias" | "workGroupName">;
  /** The table and its saved query. */
  readonly dataset: Dataset;
  /** File or folder to upload as the table's data, relative to the project; undefined: no upload. */
  readonly dataFile: string | undefined;
  /** Of the bucket and the workgroup with their content, and of the key. */
  readonly protection: Protection;
  readonly access: DataAccess;
  /** Whether the account's Glue catalogue in the region is encrypted with the stack's key. */
  readonly encryptCatalog: boolean;
}

/** A private, encrypted bucket, a Glue table, and an Athena workgroup with the query of the training rows. */
export class DataLake extends pulumi.ComponentResource {
  public readonly bucketName: pulumi.Output<string>;
  /** ARN of the key that encrypts the bucket and everything that jobs write. */
  public readonly kmsKeyArn: pulumi.Output<string>;
  public readonly databaseName: pulumi.Output<string>;
  public readonly tableName: pulumi.Output<string>;
  public readonly workGroupName: pulumi.Output<string>;
  public readonly namedQueryId: pulumi.Output<string>;
  /** Hash of the uploaded data; undefined without an upload. */
  public readonly dataHash: string | undefined;

  /**
   * @throws pulumi.InputPropertyError if `dataFile` does not exist
   */
  constructor(name: string, args: DataLakeArgs, opts?: pulumi.ComponentResourceOptions) {
    super("restate:index:DataLake", name, {}, opts);
    const { access, account, dataFile, dataset, names, protection } = args;
    if (dataFile !== undefined && !existsSync(dataFile)) {
      throw new pulumi.InputPropertyError({
        propertyPath: "dataFile",
        reason: `file or folder does not exist: ${dataFile}`,
      });
    }
    const child: pulumi.CustomResourceOptions = { parent: this };
    const bucket = new DataBucket(
      name,
      {
        account,
        names,
        protection,
        access,
        description: `Encrypts the data, images and models of ${names.workGroupName}`,
      },
      child,
    );
    const { bucketName, kmsKeyArn } = bucket;
    this.bucketName = bucketName;
    this.kmsKeyArn = kmsKeyArn;

    if (args.encryptCatalog) {
      new glue.DataCatalogEncryptionSettings(
        `${name}-catalog-encryption`,
        {
          dataCatalogEncryptionSettings: {
            encryptionAtRest: { catalogEncryptionMode: "SSE-KMS", sseAwsKmsKeyId: kmsKeyArn },
            connectionPasswordEncryption: {
              awsKmsKeyId: kmsKeyArn,
              returnConnectionPasswordEncrypted: true,
            },
          },
        },
        child,
      );
    }
    const { databaseName, tableName } = this.catalogue(name, args);

    const workGroup = new athena.Workgroup(
      `${name}-workgroup`,
      {
        name: names.workGroupName,
        description: "Queries of restate",
        forceDestroy: protection.forceDestroy,
        configuration: {
          // A workgroup that enforces its own location refuses SageMaker's queries, which have one. Source: Athena's
          // guide, "Considerations and limitations for CTAS queries".
          enforceWorkgroupConfiguration: false,
          // Therefore this setting keeps queries from writing results with weaker encryption.
          enableMinimumEncryptionConfiguration: true,
          publishCloudwatchMetricsEnabled: true,
          bytesScannedCutoffPerQuery: queryScanLimit,
          engineVersion: { selectedEngineVersion: "Athena engine version 3" },
          resultConfiguration: {
            outputLocation: pulumi.interpolate`s3://${names.bucketName}/${prefixes.queryResults}/`,
            expectedBucketOwner: account.accountId,
            encryptionConfiguration: { encryptionOption: "SSE_KMS", kmsKeyArn },
          },
        },
      },
      child,
    );
    const query = new athena.NamedQuery(
      `${name}-query`,
      {
        name: `${names.workGroupName}-${dataset.table}`,
        description: `The rows of ${dataset.table} to learn from`,
        database: databaseName.apply((database) => queryDatabase(dataset, database)),
        workgroup: workGroup.name,
        query: datasetQuery(dataset, names.databaseName),
      },
      child,
    );

    // It would create a table in somebody else's database.
    if (dataset.source === undefined) {
      new athena.NamedQuery(
        `${name}-table-query`,
        {
          name: `${names.workGroupName}-${dataset.table}-table`,
          description: `Makes a table of the rows of ${dataset.table} to learn from`,
          database: databaseName,
          workgroup: workGroup.name,
          query: selectedTableQuery(dataset, names.databaseName),
        },
        child,
      );
    }
    this.dataHash =
      dataFile === undefined ? undefined : this.upload(name, bucket, dataset.table, dataFile);

    this.databaseName = databaseName;
    this.tableName = tableName;
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

  /** The database and the table, created or, if the dataset names them, existing. */
  private catalogue(
    name: string,
    { dataset, names }: DataLakeArgs,
  ): { readonly databaseName: pulumi.Output<string>; readonly tableName: pulumi.Output<string> } {
    if (dataset.source !== undefined) {
      return {
        databaseName: pulumi.output(dataset.source.database),
        tableName: pulumi.output(dataset.source.table),
      };
    }
    const database = new glue.CatalogDatabase(
      `${name}-database`,
      { name: names.databaseName, description: "Tables that restate learns from" },
      { parent: this },
    );
    const format = tableFormat(dataset);
    const ownLocation = pulumi.interpolate`s3://${names.bucketName}/${prefixes.data}/${dataset.table}/`;
    const table = new glue.CatalogTable(
      `${name}-table`,
      {
        name: dataset.table,
        databaseName: database.name,
        tableType: "EXTERNAL_TABLE",
        parameters: format.tableParameters,
        partitionKeys: dataset.partitions.map(({ name: key, type }) => ({ name: key, type })),
        storageDescriptor: {
          location: dataset.location ?? ownLocation,
          inputFormat: format.inputFormat,
          outputFormat: format.outputFormat,
          columns: format.columns,
          serDeInfo: {
            serializationLibrary: format.serializationLibrary,
            parameters: format.serializationParameters,
          },
        },
      },
      { parent: this },
    );
    return { databaseName: database.name, tableName: table.name };
  }

  /** Uploads the table's data, after the bucket's encryption rule, and returns a hash of it. */
  private upload(name: string, bucket: DataBucket, table: string, path: string): string {
    const files = dataFiles(path);
    for (const file of files) {
      new s3.BucketObjectv2(
        statSync(path).isFile() ? `${name}-data` : `${name}-data-${file.key}`,
        {
          bucket: this.bucketName,
          key: `${prefixes.data}/${table}/${file.key}`,
          source: new pulumi.asset.FileAsset(file.path),
          sourceHash: file.hash,
        },
        { parent: this, dependsOn: [bucket] },
      );
    }
    return contentHash(files.map(({ hash, key }) => `${key} ${hash}`).join("\n"));
  }
}
