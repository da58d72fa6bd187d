import { deepEqual, equal, ok } from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Program } from "../../offline/program";
import { californiaHousing } from "../../pipeline/californiaHousing";
import type { JsonObject } from "../../pipeline/language/json";
import { text } from "../support/json";
import { type Config, program } from "../support/definitions";

const bucket = "sagemaker-restate-test-111122223333";
const key = "arn:aws:kms:us-east-1:111122223333:key/data-key";
const network = { mode: "none" };
const year = { name: "Year", type: "int" };
const withPartitions = (...partitions: readonly JsonObject[]): Config => ({
  dataset: { ...californiaHousing, partitions },
  network,
});

describe("the Glue Data Catalog", () => {
  let evaluated: Program;
  const find = (name: string): JsonObject | undefined =>
    evaluated.resources.find((one) => one.name === name)?.inputs;
  const inputs = (name: string): JsonObject => {
    const found = find(name);
    ok(found, `no resource ${name}`);
    return found;
  };

  describe("for a table with partitions", () => {
    it("lists partition keys separately from the files' columns", async () => {
      evaluated = await program(withPartitions(year));
      const table = inputs("data-table");
      deepEqual(table["partitionKeys"], [{ name: "year", type: "int" }]);
      deepEqual(table["parameters"], { classification: "csv" });
    });

    it("lets Athena compute the partitions if projection is configured", async () => {
      evaluated = await program(
        withPartitions(
          { ...year, projection: { type: "integer", range: [1990, 2030], digits: 4 } },
          { name: "state", type: "string", projection: { type: "enum", values: ["CA", "NY"] } },
          {
            name: "day",
            type: "string",
            projection: { type: "date", range: ["2020-01-01", "NOW"], format: "yyyy-MM-dd" },
          },
        ),
      );
      deepEqual(inputs("data-table")["parameters"], {
        classification: "csv",
        "projection.enabled": "true",
        "projection.year.type": "integer",
        "projection.year.range": "1990,2030",
        "projection.year.digits": "4",
        "projection.state.type": "enum",
        "projection.state.values": "CA,NY",
        "projection.day.type": "date",
        "projection.day.range": "2020-01-01,NOW",
        "projection.day.format": "yyyy-MM-dd",
        "projection.day.interval": "1",
        "projection.day.interval.unit": "DAYS",
      });
    });

    it("can filter by partition keys", async () => {
      evaluated = await program({
        dataset: {
          ...californiaHousing,
          partitions: [year],
          filter: [{ column: "year", operator: "=", value: 1990 }],
        },
        network,
      });
      ok(text(inputs("data-query")["query"]).endsWith('WHERE "year" = 1990'));
    });
  });

  describe("crawler", () => {
    it("does not exist by default, nor does its role", async () => {
      evaluated = await program({ network });
      equal(find("table-crawler"), undefined);
      equal(find("permissions-crawler"), undefined);
    });

    for (const [crawler, schedule] of [
      ["on-demand", undefined],
      ["cron(0 6 * * ? *)", "cron(0 6 * * ? *)"],
    ] as const) {
      it(`adds partitions (${crawler}) and changes nothing else`, async () => {
        evaluated = await program({ ...withPartitions(year), crawler });
        const { configuration, ...rest } = inputs("table-crawler");
        deepEqual(rest, {
          name: "restate-test",
          description: "Adds new partitions to the table",
          role: "arn:aws:iam::111122223333:role/restate-test-crawler",
          databaseName: "restate_test",
          catalogTargets: [{ databaseName: "restate_test", tables: ["california_housing"] }],
          schemaChangePolicy: { updateBehavior: "LOG", deleteBehavior: "LOG" },
          ...(schedule === undefined ? {} : { schedule }),
        });
        deepEqual(JSON.parse(text(configuration)), {
          Version: 1,
          CrawlerOutput: { Partitions: { AddOrUpdateBehavior: "InheritFromTable" } },
          Grouping: { TableGroupingPolicy: "CombineCompatibleSchemas" },
        });
        const trust = JSON.parse(text(inputs("permissions-crawler")["assumeRolePolicy"])) as {
          Statement: [JsonObject];
        };
        deepEqual(trust.Statement[0]["Principal"], { Service: "glue.amazonaws.com" });
      });
    }
  });

  it("is encrypted with the stack's key if configured, and not by default", async () => {
    evaluated = await program({ network });
    equal(find("data-catalog-encryption"), undefined);
    evaluated = await program({ network, encryptCatalog: true });
    deepEqual(inputs("data-catalog-encryption"), {
      dataCatalogEncryptionSettings: {
        encryptionAtRest: { catalogEncryptionMode: "SSE-KMS", sseAwsKmsKeyId: key },
        connectionPasswordEncryption: { awsKmsKeyId: key, returnConnectionPasswordEncrypted: true },
      },
    });
  });

  describe("data", () => {
    let folder: string;
    const uploads = (): readonly (readonly [unknown, unknown])[] =>
      evaluated.resources
        .filter(({ name, type }) => type.includes("BucketObject") && name.startsWith("data-data"))
        .map(({ inputs: object }) => [object["bucket"], object["key"]] as const);
    const dataHash = (): string =>
      /"DATA_HASH":"(\w+)"/.exec(JSON.stringify(evaluated.definition))?.[1] ?? "";

    before(() => {
      folder = mkdtempSync(join(tmpdir(), "restate-data-"));
      mkdirSync(join(folder, "year=1990"));
      writeFileSync(join(folder, "year=1990", "b.csv"), "1,2,3,4,5,6,7,8,9\n");
      writeFileSync(join(folder, "year=1990", "a.csv"), "3,4,5,6,7,8,9,10,11\n");
      writeFileSync(join(folder, "_SUCCESS"), "");
      writeFileSync(join(folder, ".hidden"), "");
    });
    after(() => {
      rmSync(folder, { recursive: true });
    });

    it("of a folder is uploaded file by file under the same paths, without hidden files", async () => {
      evaluated = await program({ ...withPartitions(year), dataFile: folder });
      const place = "data/california_housing/year=1990";
      deepEqual(uploads(), [
        [bucket, `${place}/a.csv`],
        [bucket, `${place}/b.csv`],
      ]);
    });

    it("has a hash of its content in the definition", async () => {
      const first = dataHash();
      ok(/^[0-9a-f]{16,}$/.test(first), first);
      writeFileSync(join(folder, "year=1990", "b.csv"), "1,2,3,4,5,6,7,8,10\n");
      evaluated = await program({ ...withPartitions(year), dataFile: folder });
      ok(dataHash() !== first);
    });
  });
});
