import { deepEqual, equal, match } from "node:assert/strict";

import { datasetSchema } from "../../pipeline/datasetSchema";
import { datasetQuery, queryDatabase } from "../../pipeline/query";

describe("the source of the rows", () => {
  it("reads an existing table by its own name, and refuses keys for the stack's own table", () => {
    const source = { database: "Sales", table: "Flats_2024", baseTables: ["sales.Raw"] };
    const columns = ["a", "b"].map((name) => ({ name, type: "int" }));
    const given = { table: "flats", columns, target: "a", source };
    const dataset = datasetSchema.parse({ ...given, location: "s3://theirs/flats/" });
    equal(datasetQuery(dataset, "restate_dev"), 'SELECT "a", "b" FROM "sales"."flats_2024"');
    deepEqual(dataset.source, {
      catalog: "AwsDataCatalog",
      database: "sales",
      table: "flats_2024",
      baseTables: ["sales.raw"],
    });
    const { error } = datasetSchema.safeParse({
      ...given,
      source: { ...source, catalog: "other", baseTables: ["raw"] },
      database: "own",
      selectedTable: "some",
    });
    deepEqual(
      error?.issues.map(({ message, path }) => [path.join("."), message]),
      [
        [
          "source.catalog",
          "must be AwsDataCatalog, the account's own Glue Data Catalog, or s3tablescatalog/<table bucket>, that of S3 Tables",
        ],
        ["source.baseTables.0", "must be <database>.<table>"],
      ],
    );
    const own = "only applies to the stack's own table, but source names an existing one";
    deepEqual(
      datasetSchema
        .safeParse({ ...given, database: "own", selectedTable: "some" })
        .error?.issues.map(({ message, path }) => [path.join("."), message]),
      [
        [
          "location",
          "is missing: set the location of the existing table's files, so that the roles can read them",
        ],
        ["database", own],
        ["selectedTable", own],
      ],
    );
  });

  it("reads a table in S3 Tables through its catalogue, from any database", () => {
    const columns = ["a", "b"].map((name) => ({ name, type: "int" }));
    const asOf = "949530903748831860";
    const source = { catalog: "s3tablescatalog/team-tables", database: "sales", table: "flats" };
    const given = { table: "flats", columns, target: "a", format: "parquet" };
    const dataset = datasetSchema.parse({ ...given, source: { ...source, asOf } });
    equal(
      datasetQuery(dataset, "sales"),
      `SELECT "a", "b" FROM "s3tablescatalog/team-tables"."sales"."flats" FOR VERSION AS OF ${asOf}`,
    );
    equal(queryDatabase(dataset, "sales"), "default");
    const wrong = {
      ...{ ...given, format: "csv", location: "s3://theirs/flats/" },
      source: { ...source, baseTables: ["sales.raw"] },
      partitions: [{ name: "year", type: "int" }],
    };
    const reason = "does not apply to a table in S3 Tables";
    deepEqual(
      datasetSchema
        .safeParse(wrong)
        .error?.issues.map(({ message, path }) => [path.join("."), message]),
      [
        ["location", `${reason}, whose files only S3 Tables knows`],
        ["format", "must be parquet for a table in S3 Tables, which are Iceberg tables"],
        ["partitions", `${reason}: list them as columns`],
        ["source.baseTables", `${reason}: there are no views`],
      ],
    );
  });

  it("reads a version of an Iceberg table", () => {
    const columns = ["a", "b"].map((name) => ({ name, type: "int" }));
    const parse = (asOf: string | number) =>
      datasetSchema.safeParse({
        ...{ table: "flats", columns, target: "a", location: "s3://theirs/flats/" },
        source: { database: "sales", table: "flats", asOf },
        filter: [{ column: "b", operator: ">", value: 1 }],
      });
    const query = (asOf: string): string | undefined => {
      const { data } = parse(asOf);
      return data && datasetQuery(data, "restate_dev").split('"flats" ')[1];
    };
    equal(query("949530903748831860"), 'FOR VERSION AS OF 949530903748831860 WHERE "b" > 1');
    const time = "FOR TIMESTAMP AS OF TIMESTAMP '2024-05-01 10:00:00 UTC' WHERE \"b\" > 1";
    deepEqual([query("2024-05-01T10:00:00Z"), query("2024-05-01 10:00:00 UTC")], [time, time]);
    for (const wrong of ["2024-05-01", "2024-13-01T00:00:00Z", "1 OR 1", "0", ""]) {
      deepEqual(
        parse(wrong).error?.issues.map(({ message }) => message),
        [
          'must be the id of a snapshot, such as "949530903748831860", or a time in UTC, such as "2024-05-01T00:00:00Z"',
        ],
      );
    }
    const view = { database: "sales", table: "v", asOf: "1", baseTables: ["sales.flats"] };
    const given = { table: "flats", columns, target: "a", location: "s3://theirs/flats/" };
    deepEqual(
      datasetSchema
        .safeParse({ ...given, source: view })
        .error?.issues.map(({ message, path }) => `${path.join(".")}: ${message}`),
      ["source.asOf: only applies to an Iceberg table, but with baseTables it is a view"],
    );
    match(
      parse(7).error?.issues[0]?.message ?? "",
      /^must be in quotes, because a snapshot's id has/,
    );
  });
});
