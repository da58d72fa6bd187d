import { deepEqual, equal, match, throws } from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import * as pulumi from "@pulumi/pulumi";

import { DataLake, type DataLakeArgs } from "../../components/dataLake";
import { datasetSchema } from "../../pipeline/datasetSchema";
import { account, construct, valueOf } from "../support/construct";

const dataset = datasetSchema.parse({
  table: "houses",
  columns: [
    { name: "rooms", type: "int" },
    { name: "price", type: "double" },
  ],
  target: "price",
});
const args: DataLakeArgs = {
  account,
  names: {
    bucketName: pulumi.output("the-bucket"),
    databaseName: "census",
    keyAlias: "alias/the-key",
    workGroupName: "the-group",
  },
  dataset,
  dataFile: undefined,
  protection: { protect: true, forceDestroy: false },
  access: { modelConsumers: [], accessLogBucket: undefined, throughEndpoint: undefined },
  encryptCatalog: false,
};
const make = (change: Partial<DataLakeArgs> = {}) =>
  construct((options) => new DataLake("data", { ...args, ...change }, options));
/** What is not the bucket's. */
const lake = (registered: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(
    Object.entries(registered).filter(([name]) => !/^(s3|kms|restate:.*:DataBucket)/.test(name)),
  );

describe("DataLake", () => {
  it("creates a table for the bucket's files, and a workgroup with the query", async () => {
    const { component, kept, registered } = await make();
    deepEqual(lake(registered), {
      "athena/namedQuery data-query": {
        database: "census",
        description: "The rows of houses to learn from",
        name: "the-group-houses",
        query: 'SELECT "rooms", "price" FROM "census"."houses"',
        workgroup: "the-group",
      },
      "athena/namedQuery data-table-query": {
        database: "census",
        description: "Makes a table of the rows of houses to learn from",
        name: "the-group-houses-table",
        query:
          'CREATE TABLE "census"."houses_selected" WITH (format = \'PARQUET\') AS SELECT "rooms", "price" FROM "census"."houses"',
        workgroup: "the-group",
      },
      "athena/workgroup data-workgroup": {
        configuration: {
          bytesScannedCutoffPerQuery: 107374182400,
          enableMinimumEncryptionConfiguration: true,
          enforceWorkgroupConfiguration: false,
          engineVersion: { selectedEngineVersion: "Athena engine version 3" },
          publishCloudwatchMetricsEnabled: true,
          resultConfiguration: {
            encryptionConfiguration: {
              encryptionOption: "SSE_KMS",
              kmsKeyArn: "arn:aws:kms:us-east-1:111122223333:key/data-key",
            },
            expectedBucketOwner: "111122223333",
            outputLocation: "s3://the-bucket/athena/",
          },
        },
        description: "Queries of restate",
        forceDestroy: false,
        name: "the-group",
      },
      "glue/catalogDatabase data-database": {
        description: "Tables that restate learns from",
        name: "census",
      },
      "glue/catalogTable data-table": {
        databaseName: "census",
        name: "houses",
        parameters: { classification: "csv" },
        partitionKeys: [],
        storageDescriptor: {
          columns: [
            { name: "rooms", type: "int" },
            { name: "price", type: "double" },
          ],
          inputFormat: "org.apache.hadoop.mapred.TextInputFormat",
          location: "s3://the-bucket/data/houses/",
          outputFormat: "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
          serDeInfo: {
            parameters: { "field.delim": ",", "serialization.format": "," },
            serializationLibrary: "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
          },
        },
        tableType: "EXTERNAL_TABLE",
      },
    });
    deepEqual(kept, ["kms/key data-key", "s3/bucket data-bucket"]);
    equal(component.dataHash, undefined);
  });

  it("creates no database and no table if the dataset names an existing one", async () => {
    const adopting = datasetSchema.parse({
      table: "houses",
      columns: dataset.columns,
      target: "price",
      source: { database: "Census", table: "recent" },
      location: "s3://theirs/houses/",
    });
    const { component, registered } = await make({
      dataset: adopting,
      names: { ...args.names, databaseName: "census" },
    });
    deepEqual(Object.keys(lake(registered)), [
      "athena/namedQuery data-query",
      "athena/workgroup data-workgroup",
    ]);
    deepEqual(registered["athena/namedQuery data-query"], {
      database: "census",
      description: "The rows of houses to learn from",
      name: "the-group-houses",
      query: 'SELECT "rooms", "price" FROM "census"."recent"',
      workgroup: "the-group",
    });
    equal(await valueOf(component.databaseName), "census");
    equal(await valueOf(component.tableName), "recent");
    const inTableBucket = await make({
      dataset: datasetSchema.parse({
        ...{ table: "houses", columns: dataset.columns, target: "price", format: "parquet" },
        source: { catalog: "s3tablescatalog/theirs", database: "census", table: "recent" },
      }),
      names: { ...args.names, databaseName: "census" },
    });
    const { database, query } = inTableBucket.registered["athena/namedQuery data-query"] ?? {};
    deepEqual(
      [database, query],
      ["default", 'SELECT "rooms", "price" FROM "s3tablescatalog/theirs"."census"."recent"'],
    );
  });

  it("deletes workgroup and bucket with their content if configured", async () => {
    const { kept, registered } = await make({
      protection: { protect: false, forceDestroy: true },
    });
    deepEqual(kept, []);
    equal(registered["athena/workgroup data-workgroup"]?.["forceDestroy"], true);
    equal(registered["s3/bucket data-bucket"]?.["forceDestroy"], true);
  });

  it("encrypts the account's catalogue if configured", async () => {
    const { registered } = await make({ encryptCatalog: true });
    deepEqual(registered["glue/dataCatalogEncryptionSettings data-catalog-encryption"], {
      dataCatalogEncryptionSettings: {
        connectionPasswordEncryption: {
          awsKmsKeyId: "arn:aws:kms:us-east-1:111122223333:key/data-key",
          returnConnectionPasswordEncrypted: true,
        },
        encryptionAtRest: {
          catalogEncryptionMode: "SSE-KMS",
          sseAwsKmsKeyId: "arn:aws:kms:us-east-1:111122223333:key/data-key",
        },
      },
    });
  });

  it("uploads a file, or each file of a folder, with a hash of the content", async () => {
    const folder = mkdtempSync(join(tmpdir(), "restate-lake-"));
    const file = join(folder, "a.csv");
    writeFileSync(file, "1,2\n");
    writeFileSync(join(folder, "b.csv"), "3,4\n");
    try {
      const one = await make({ dataFile: file });
      equal(one.registered["s3/bucketObjectv2 data-data"]?.["key"], "data/houses/a.csv");
      match(one.component.dataHash ?? "", /^[0-9a-f]{16}$/);
      const both = await make({ dataFile: folder });
      deepEqual(
        Object.keys(both.registered).filter((name) => name.startsWith("s3/bucketObjectv2")),
        ["s3/bucketObjectv2 data-data-a.csv", "s3/bucketObjectv2 data-data-b.csv"],
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
    throws(() => new DataLake("data", { ...args, dataFile: "nowhere.csv" }), {
      message: /file or folder does not exist: nowhere\.csv/,
    });
  });
});
