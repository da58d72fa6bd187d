import { CreateDatabaseCommand, CreateTableCommand, GlueClient } from "@aws-sdk/client-glue";
import { deepEqual, equal, match } from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { parse } from "yaml";

import type { JsonObject } from "../../pipeline/language/json";
import { commandLine } from "../support/commandLine";
import { type Ended, temporaryFolder } from "../support/localRun";
import { DeployedStack } from "./stack";

const storage = {
  parquet: "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
  lazy: "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
  openCsv: "org.apache.hadoop.hive.serde2.OpenCSVSerde",
} as const;

describe("npm run restate -- init --table", function () {
  this.timeout(120_000);
  const stack = new DeployedStack();
  const folder = temporaryFolder();
  const output = join(folder, "Pulumi.own.yaml");

  async function create(
    table: string,
    columns: Readonly<Record<string, string>>,
    serde: string,
    more: {
      readonly settings?: Readonly<Record<string, string>>;
      readonly parameters?: Readonly<Record<string, string>>;
      readonly keys?: Readonly<Record<string, string>>;
      readonly view?: string;
    } = {},
  ): Promise<void> {
    const named = (types: Readonly<Record<string, string>>) =>
      Object.entries(types).map(([Name, Type]) => ({ Name, Type }));
    await new GlueClient(stack.client()).send(
      new CreateTableCommand({
        DatabaseName: "sales",
        TableInput: {
          Name: table,
          TableType: more.view === undefined ? "EXTERNAL_TABLE" : "VIRTUAL_VIEW",
          ViewOriginalText: more.view,
          Parameters: { ...more.parameters },
          PartitionKeys: named(more.keys ?? {}),
          StorageDescriptor: {
            Columns: named(columns),
            Location: more.view === undefined ? `s3://lake/${table}` : "",
            SerdeInfo: {
              SerializationLibrary: serde || undefined,
              Parameters: { ...more.settings },
            },
          },
        },
      }),
    );
  }

  before(async () => {
    await stack.start();
    await new GlueClient(stack.client()).send(
      new CreateDatabaseCommand({ DatabaseInput: { Name: "sales" } }),
    );
    const flats = {
      Price: "double",
      rooms: "int",
      town: "string",
      sold: "date",
      tags: "array<string>",
      "floor area": "double",
    };
    await create("flats", flats, storage.parquet, { keys: { year: "int", hour: "timestamp" } });
    const view = {
      originalSql: 'WITH t AS (SELECT * FROM "sales"."flats") SELECT * FROM t',
      schema: "sales",
    };
    const text = Buffer.from(JSON.stringify(view)).toString("base64");
    await create("recent", { price: "double", rooms: "int" }, "", {
      view: `/* Presto View: ${text} */`,
    });
    await create("lazy", { price: "double", rooms: "int", town: "string" }, storage.lazy, {
      settings: { "field.delim": ";", "serialization.null.format": "NA" },
      parameters: { "skip.header.line.count": "1" },
    });
    await create(
      "quoted",
      { price: "string", town: "string", sold: "string", net: "string" },
      storage.openCsv,
      {
        parameters: { "skip.header.line.count": "1" },
        settings: { separatorChar: ",", quoteChar: '"', escapeChar: "\\" },
      },
    );
  });
  after(() => {
    stack.stop();
  });

  const init = (...options: readonly string[]): Promise<Ended> =>
    commandLine(
      ["init", "--output", output, "--force", "--table", ...options],
      stack.environment({ AWS_REGION: "us-east-1", INIT_CWD: folder }),
    );

  async function dataset(...options: readonly string[]): Promise<JsonObject> {
    const { code, stderr } = await init(...options);
    equal(code, 0, stderr);
    const { config } = parse(readFileSync(output, "utf8")) as { config: JsonObject };
    return config["restate:dataset"] as JsonObject;
  }

  it("reads a table of Parquet files unchanged", async () => {
    deepEqual(await dataset("Sales.Flats", "--target", "price"), {
      table: "flats",
      source: { database: "sales", table: "flats" },
      location: "s3://lake/flats/",
      format: "parquet",
      columns: [
        { name: "price", type: "double" },
        { name: "rooms", type: "int" },
        { name: "town", type: "string" },
        { name: "sold", type: "date" },
      ],
      partitions: [{ name: "year", type: "int" }],
      target: "price",
      dateParts: { sold: ["year", "month", "dayOfWeek", "daysSinceEpoch"] },
      missingValues: "keep",
      split: { train: 0.7, validation: 0.2, test: 0.1 },
    });
  });

  it("reads a table in S3 Tables, without the columns that it no longer has", async () => {
    const column = (Name: string, Type: string, current = "true"): JsonObject => {
      return { Name, Type, Parameters: { "iceberg.field.current": current } };
    };
    const houses = {
      Name: "houses",
      StorageDescriptor: {
        Columns: [
          column("price", "double"),
          column("rooms", "bigint"),
          column("seen", "timestamp"),
          column("tags", "array<string>"),
          column("old", "double", "false"),
        ],
        Location: "s3://63a8e430-6e0b-46f5--table-s3/",
      },
      Parameters: { table_type: "ICEBERG" },
    };
    const bucket = "s3tablescatalog/team-tables";
    const name = `${bucket}.census.houses`;
    const missing = await init(name, "--target", "price");
    equal(
      missing.stderr,
      "error: --table: S3 Tables is not integrated with the Glue Data Catalog in us-east-1: " +
        "there is no catalogue s3tablescatalog\n",
    );
    await stack.say({ tables: { [`123456789012:${bucket}`]: { "census.houses": houses } } });
    deepEqual(await dataset(name, "--target", "price"), {
      table: "houses",
      source: { catalog: bucket, database: "census", table: "houses" },
      format: "parquet",
      columns: [
        { name: "price", type: "double" },
        { name: "rooms", type: "bigint" },
        { name: "seen", type: "timestamp" },
      ],
      target: "price",
      dateParts: { seen: ["year", "month", "dayOfWeek", "daysSinceEpoch", "hour"] },
      missingValues: "keep",
      split: { train: 0.7, validation: 0.2, test: 0.1 },
    });
    equal(
      (await init(`${bucket}.census.flats`)).stderr,
      `error: --table: there is no table flats in the database census of ${bucket} in us-east-1\n`,
    );
    await stack.say({});
  });

  it("reads a view, with its base tables", async () => {
    const { location, source } = await dataset("sales.recent", "--target", "price");
    deepEqual(source, { database: "sales", table: "recent", baseTables: ["sales.flats"] });
    equal(location, "s3://lake/flats/");
  });

  it("reads text like its SerDe", async () => {
    const { columns, delimiter, headerLines, nullTexts, quoted } = await dataset(
      ...["awsdatacatalog.sales.lazy", "--target", "price"],
    );
    deepEqual([delimiter, headerLines, nullTexts, quoted], [";", 1, ["NA"], undefined]);
    deepEqual((columns as JsonObject[])[0], { name: "price", type: "double" });
  });

  it("infers the types of OpenCSVSerde's strings from sample rows", async () => {
    const alone = await init("sales.quoted", "--target", "price");
    equal(
      alone.stderr,
      "error: --target: price is text, but the target of a regression is numeric\n",
    );
    const rows = Array.from({ length: 60 }, (_, n) => {
      const town = n % 3 > 0 ? "Ulm" : "Bern";
      return `"${n * 1.5}","${town}","2024-0${(n % 9) + 1}-10",${n * 3}`;
    });
    const path = join(folder, "rows.csv");
    writeFileSync(path, ["Preis,Ort,Verkauft,Netto", ...rows].join("\n"));
    const { columns, dateParts, dropped } = await dataset(
      "sales.quoted",
      path,
      "--target",
      "price",
    );
    deepEqual(columns, [
      { name: "price", type: "double", header: "Preis" },
      { name: "town", type: "string", header: "Ort" },
      { name: "sold", type: "date", header: "Verkauft" },
      { name: "net", type: "int", header: "Netto" },
    ]);
    deepEqual(dropped, ["net"]);
    deepEqual(dateParts, { sold: ["month", "dayOfWeek", "daysSinceEpoch"] });
    writeFileSync(path, rows.join("\n"));
    const wrong = await init("sales.quoted", path, "--target", "price");
    equal(wrong.code, 1);
    equal(
      wrong.stderr,
      "error: sales.quoted cannot be read as a table:\n" +
        "  rows.csv: line 1: contains values, not column names: set headerLines: 0\n",
    );
  });

  it("says how to set the region if there is none", async () => {
    const none = { AWS_REGION: "", AWS_DEFAULT_REGION: "", AWS_CONFIG_FILE: join(folder, "none") };
    const { code, stderr } = await commandLine(["init", "--table", "a.b"], stack.environment(none));
    equal(code, 1);
    match(
      stderr,
      /^error: --table: no AWS region found; set AWS_REGION, or the region of the profile/,
    );
  });

  it("names what is missing or not given", async () => {
    const said = async (...options: readonly string[]): Promise<string> =>
      (await init(...options)).stderr;
    equal(
      await said("sales.houses"),
      "error: --table: there is no table houses in the database sales of us-east-1\n",
    );
    equal(await said("houses"), "error: --table: houses must be <database>.<table>\n");
    equal(
      await said("other.sales.flats"),
      "error: --table: the catalogue other is neither the account's own, AwsDataCatalog, nor " +
        "s3tablescatalog/<table bucket>; create a view of the table in AwsDataCatalog\n",
    );
    equal(
      await said("sales.flats"),
      "error: --target is missing: name the column to predict, perhaps --target rooms; the numeric columns are rooms, price\n",
    );
    const nothing = await commandLine(["init", "--output", output, "--force"]);
    equal(
      nothing.stderr,
      "error: give a file or folder with the table's data, or an existing table with --table\n",
    );
  });
});
