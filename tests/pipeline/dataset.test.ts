import { deepEqual, equal, match } from "node:assert/strict";

import { flowType } from "../../pipeline/columnTypes";
import { categoricalColumns, featureColumns } from "../../pipeline/dataset";
import { datasetSchema } from "../../pipeline/datasetSchema";
import { datasetQuery, queryDatabase, selectedTableQuery } from "../../pipeline/query";
import { tableFormat } from "../../pipeline/tableFormat";
import type { ConfigValue } from "../../pipeline/literals";
import { dataWranglerFlow } from "../../pipeline/flow";
import type { JsonObject } from "../../pipeline/language/json";
import { at } from "../support/definitions";

const flats = datasetSchema.parse({
  table: "Flats",
  columns: [
    { name: "Price", type: "double" },
    { name: "rooms", type: "int" },
    { name: "District", type: "string" },
    { name: "floor", type: "tinyint" },
    { name: "lift", type: "boolean" },
    { name: "sold", type: "date" },
  ],
  target: "PRICE",
  dropped: ["sold"],
  categorical: ["floor"],
});

describe("dataset", () => {
  it("folds every name to lower case, as Athena does", () => {
    equal(flats.table, "flats");
    equal(flats.target, "price");
    deepEqual(
      flats.columns.map(({ name }) => name),
      ["price", "rooms", "district", "floor", "lift", "sold"],
    );
  });

  it("takes every column as a feature that is neither the target nor dropped", () => {
    deepEqual(
      featureColumns(flats).map(({ name }) => name),
      ["rooms", "district", "floor", "lift"],
    );
  });

  it("encodes strings, and what is listed as categorical", () => {
    deepEqual(categoricalColumns(flats), ["district", "floor"]);
  });

  describe("query", () => {
    const typed = {
      table: "typed",
      columns: [
        { name: "y", type: "double" },
        { name: "x", type: "float" },
        { name: "tiny", type: "tinyint" },
        { name: "i", type: "int" },
        { name: "big", type: "bigint" },
        { name: "money", type: "decimal(10, 2)" },
        { name: "exact", type: "decimal(38,0)" },
        { name: "yes", type: "boolean" },
        { name: "town", type: "string" },
        { name: "code", type: "varchar(3)" },
        { name: "flag", type: "char(2)" },
        { name: "Day", type: "date" },
        { name: "moment", type: "timestamp" },
      ],
      partitions: [
        { name: "year", type: "smallint" },
        { name: "month", type: "date" },
      ],
      target: "y",
      dropped: ["day", "moment"],
    };
    const query = (change: JsonObject): string =>
      datasetQuery(datasetSchema.parse({ ...typed, ...change }), "db");
    const where = (filter: readonly JsonObject[]): string =>
      query({ filter }).split(" WHERE ")[1] ?? "";
    const filters: readonly (readonly [JsonObject, string])[] = [
      [{ column: "Y", operator: ">", value: 10 }, '"y" > 10'],
      [{ column: "y", operator: "<>", value: -1.5e3 }, '"y" <> -1500'],
      [{ column: "y", operator: "=", value: 0.1 }, '"y" = 1E-1'],
      [{ column: "y", operator: "=", value: 1e300 }, '"y" = 1E+300'],
      [{ column: "x", operator: "in", values: [0.1, 2] }, "\"x\" IN (REAL '0.1', REAL '2')"],
      [{ column: "tiny", operator: ">=", value: -128 }, '"tiny" >= -128'],
      [{ column: "i", operator: "not in", values: [1, -2e9] }, '"i" NOT IN (1, -2000000000)'],
      [
        { column: "big", operator: "<", value: "9223372036854775807" },
        '"big" < 9223372036854775807',
      ],
      [{ column: "money", operator: "=", value: -12345678.9 }, '"money" = -12345678.9'],
      [{ column: "money", operator: "=", value: 1.5e2 }, '"money" = 150'],
      [{ column: "exact", operator: "=", value: "1".repeat(38) }, `"exact" = ${"1".repeat(38)}`],
      [{ column: "yes", operator: "=", value: false }, '"yes" = false'],
      [{ column: "yes", operator: "<", value: true }, '"yes" < true'],
      [{ column: "town", operator: "=", value: "it's; --" }, "\"town\" = 'it''s; --'"],
      [{ column: "town", operator: "not in", values: ["'", "1"] }, "\"town\" NOT IN ('''', '1')"],
      [{ column: "code", operator: "=", value: "abc" }, "\"code\" = 'abc'"],
      [{ column: "flag", operator: "=", value: "a" }, "\"flag\" = CAST('a' AS char(2))"],
      [{ column: "day", operator: ">=", value: "2020-02-29" }, "\"day\" >= DATE '2020-02-29'"],
      [
        { column: "moment", operator: "<", value: "2020-01-10" },
        "\"moment\" < TIMESTAMP '2020-01-10'",
      ],
      [
        { column: "moment", operator: "=", value: "2020-01-10 23:59:59.123" },
        "\"moment\" = TIMESTAMP '2020-01-10 23:59:59.123'",
      ],
      [{ column: "year", operator: "=", value: 2024 }, '"year" = 2024'],
      [{ column: "month", operator: "=", value: "2024-01-01" }, "\"month\" = DATE '2024-01-01'"],
      [{ column: "day", operator: "is not null" }, '"day" IS NOT NULL'],
    ];
    for (const [filter, sql] of filters) {
      it(`writes ${sql}`, () => {
        equal(where([filter]), sql);
      });
    }

    const aDate = 'is not a date (write it as "2020-01-10", in quotes)';
    const aTimestamp = 'is not a timestamp (write it as "2020-01-10 12:30:00", in quotes)';
    const refused: readonly (readonly [string, ConfigValue, string])[] = [
      ["y", "10", '"10" is not a double (write a number, without quotes)'],
      ["y", true, "true is not a double (write a number, without quotes)"],
      ["x", 1e39, "1e+39 is out of range for a float (-3.4028235e38 to 3.4028235e38)"],
      ["tiny", 128, "128 is out of range for a tinyint (-128 to 127)"],
      ["i", 1.5, "1.5 is not an int (write an integer, without quotes)"],
      ["i", "1", '"1" is not an int (write an integer, without quotes)'],
      ["i", 2147483648, "2147483648 is out of range for an int (-2147483648 to 2147483647)"],
      [
        "big",
        2 ** 53,
        "9007199254740992 is too large for an exact number in YAML: write it in quotes",
      ],
      ["money", 1.255, "1.255 has 3 decimal places, but a decimal(10,2) has 2"],
      ["money", 123456789, "123456789 has 9 digits before the point, but decimal(10,2) has 8"],
      ["money", "1.5", '"1.5" is not a decimal(10,2) (write a number, without quotes)'],
      ["yes", "true", '"true" is not a boolean (write true or false, without quotes)'],
      ["yes", 1, "1 is not a boolean (write true or false, without quotes)"],
      ["town", 1, "1 is not a string (write it in quotes)"],
      ["code", "abcd", '"abcd" has 4 characters, but a varchar(3) has at most 3'],
      ["flag", "abc", '"abc" has 3 characters, but a char(2) has at most 2'],
      ["day", 20200110, `20200110 ${aDate}`],
      ["day", "2020-02-30", `"2020-02-30" ${aDate}`],
      ["day", "2020-01-10 10:00:00", `"2020-01-10 10:00:00" ${aDate}`],
      ["day", "2020-1-1", `"2020-1-1" ${aDate}`],
      ["moment", "2020-01-10 24:00:00", `"2020-01-10 24:00:00" ${aTimestamp}`],
      ["moment", "2020-01-10 10:00:00.1234", `"2020-01-10 10:00:00.1234" ${aTimestamp}`],
      ["year", 40000, "40000 is out of range for a smallint (-32768 to 32767)"],
      ["month", "January", `"January" ${aDate}`],
    ];
    it("refuses what a projected key never has, by its place", () => {
      const projection = { type: "enum", values: ["eu", "us"] };
      const partitions = [{ name: "region", type: "string", projection }];
      const filter = [
        { column: "region", operator: "in", values: ["eu", "uk"] },
        { column: "region", operator: "<>", value: "uk" },
        { column: "region", operator: "=", value: "us" },
      ];
      const { error } = datasetSchema.safeParse({ ...typed, partitions, filter });
      deepEqual(
        error?.issues.map(({ message: text, path }) => [path, text]),
        [[["filter", 0, "values", 1], 'region: "uk" is not one of the projected values, eu, us']],
      );
    });

    for (const [column, value, message] of refused) {
      it(`refuses ${JSON.stringify(value)} for ${column}, by its place`, () => {
        const filter = [
          { column: "y", operator: ">", value: 0 },
          { column, operator: "in", values: [value] },
        ];
        const { error } = datasetSchema.safeParse({ ...typed, filter });
        deepEqual(
          error?.issues.map(({ message: text, path }) => [path, text]),
          [[["filter", 1, "values", 0], `${column}: ${message}`]],
        );
      });
    }

    it("casts what OpenCSVSerde reads as text, in rows and in filters", () => {
      const number = (name: string, type: string): string =>
        `CAST(NULLIF("${name}", '') AS ${type}) AS "${name}"`;
      const filter = [
        { column: "i", operator: ">", value: 1 },
        { column: "town", operator: "=", value: "Ulm" },
        { column: "year", operator: "=", value: 2024 },
      ];
      equal(
        query({ filter, quoted: true }),
        `SELECT ${number("y", "double")}, ${number("x", "real")}, ${number("tiny", "tinyint")}, ` +
          `${number("i", "integer")}, ${number("big", "bigint")}, ${number("money", "decimal(10,2)")}, ` +
          `${number("exact", "decimal(38,0)")}, ${number("yes", "boolean")}, "town", ` +
          'CAST("code" AS varchar(3)) AS "code", CAST("flag" AS char(2)) AS "flag", ' +
          `${number("day", "date")}, ${number("moment", "timestamp")} FROM "db"."typed" ` +
          'WHERE CAST(NULLIF("i", \'\') AS integer) > 1 AND "town" = \'Ulm\' AND "year" = 2024',
      );
    });

    it("undoes a file's own null texts and signs in numbers", () => {
      const dataset = datasetSchema.parse({
        table: "t",
        columns: [
          { name: "y", type: "double" },
          { name: "town", type: "string" },
          { name: "yes", type: "boolean" },
        ],
        partitions: [{ name: "year", type: "string" }],
        target: "y",
        delimiter: ";",
        nullTexts: ["", "k'A"],
        thousands: "'",
        decimal: ",",
        filter: [{ column: "year", operator: "=", value: "2024" }],
      });
      const known = (name: string): string => `NULLIF(NULLIF("${name}", ''), 'k''A')`;
      equal(
        datasetQuery(dataset, "db"),
        `SELECT CAST(REPLACE(REPLACE(${known("y")}, '''', ''), ',', '.') AS double) AS "y", ` +
          `${known("town")} AS "town", CAST(${known("yes")} AS boolean) AS "yes" ` +
          `FROM "db"."t" WHERE "year" = '2024'`,
      );
    });

    it("reads an existing table by its own name, and refuses what is about the stack's own", () => {
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

    it("reads a table in S3 Tables by its catalogue, in whatever database", () => {
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

    it("refuses signs in numbers that also separate", () => {
      const columns = ["a", "b"].map((name) => ({ name, type: "int" }));
      const said = (change: JsonObject): unknown =>
        datasetSchema
          .safeParse({ table: "t", columns, target: "a", ...change })
          .error?.issues.map(({ message, path }) => [path[0], message]);
      deepEqual(said({ decimal: "," }), [
        ["decimal", "is also the delimiter, so values must be quoted: set quoted: true"],
      ]);
      deepEqual(said({ thousands: ".", delimiter: ";" }), [
        ["thousands", '"." is already the decimal separator'],
      ]);
      deepEqual(said({ format: "parquet", nullTexts: ["NA"], quoted: true }), [
        ["quoted", "only applies to CSV files, but format is parquet"],
        ["nullTexts", "only applies to CSV files, but format is parquet"],
      ]);
      equal(said({ decimal: ",", quoted: true }), undefined);
    });

    it("joins conditions by AND, and has no WHERE without any", () => {
      const two = filters.slice(0, 2).map(([filter]) => filter);
      equal(where(two), '"y" > 10 AND "y" <> -1500');
      equal(where([]), "");
    });

    it("reads every column in the order of the table, by quoted names", () => {
      equal(
        datasetQuery(flats, "db"),
        'SELECT "price", "rooms", "district", "floor", "lift", "sold" FROM "db"."flats"',
      );
    });
  });

  describe("split", () => {
    const sales = {
      table: "sales",
      columns: [
        { name: "price", type: "double" },
        { name: "rooms", type: "int" },
        { name: "Sold", type: "date" },
        { name: "town", type: "string" },
        { name: "lift", type: "boolean" },
      ],
      partitions: [{ name: "year", type: "int" }],
      target: "price",
    };
    const byTime = datasetSchema.parse({ ...sales, split: { by: "time", column: "sold" } });

    it("is at random by default, and takes the fractions alone", () => {
      const { split } = datasetSchema.parse({ ...sales, dropped: ["sold"] });
      deepEqual(split, { by: "random", keep: false, train: 0.7, validation: 0.2, test: 0.1 });
    });

    it("has the query add what to split by as text, and the flow put it second", () => {
      const source = { database: "db", query: "SELECT 1", queryOutput: "s3://bucket/athena/" };
      equal(
        datasetQuery(byTime, "db"),
        'SELECT "price", "rooms", "sold", "town", "lift", CAST("sold" AS varchar) AS "restate_split" FROM "db"."sales"',
      );
      equal(
        selectedTableQuery(byTime, "db"),
        `CREATE TABLE "db"."sales_selected" WITH (format = 'PARQUET') AS ` +
          'SELECT "price", "rooms", "sold", "town", "lift" FROM "db"."sales"',
      );
      const { nodes } = JSON.parse(dataWranglerFlow(byTime, source).content) as {
        nodes: JsonObject[];
      };
      deepEqual(Object.entries(at(nodes[1], "trained_parameters", "schema") as JsonObject).at(-1), [
        "restate_split",
        "string",
      ]);
      const moved = /"(?:column_to_drop|column_to_move)":"(\w+)"/;
      const column = (node: JsonObject): unknown => moved.exec(JSON.stringify(node))?.[1];
      deepEqual(nodes.map(column).filter(Boolean), ["sold", "restate_split", "price"]);
    });

    it("takes its column for a feature only where it is kept", () => {
      const features = (split: JsonObject, dropped: readonly string[] = ["sold"]): unknown =>
        featureColumns(datasetSchema.parse({ ...sales, dropped, split })).map(({ name }) => name);
      deepEqual(features({ by: "time", column: "sold" }), ["rooms", "town", "lift"]);
      deepEqual(features({ by: "time", column: "sold" }, []), ["rooms", "town", "lift"]);
      deepEqual(features({ by: "group", column: "Town" }), ["rooms", "lift"]);
      deepEqual(features({ by: "group", column: "town", keep: true }), ["rooms", "town", "lift"]);
      deepEqual(features({ by: "time", column: "year" }), ["rooms", "town", "lift"]);
    });

    const refused: readonly (readonly [JsonObject, string, string])[] = [
      [{ by: "time" }, "split.column", "is missing: by: time needs a column"],
      [
        { column: "town" },
        "split.by",
        "is random, which uses no column: use time, group or column",
      ],
      [
        { by: "time", column: "day" },
        "split.column",
        '"day" is not one of the columns: price, rooms, sold, town, lift, year',
      ],
      [{ by: "group", column: "price" }, "split.column", '"price" is the target'],
      [
        { by: "time", column: "lift" },
        "split.column",
        '"lift" is of type boolean, but time needs one of char, date, decimal, double, float, integer, string, timestamp, varchar',
      ],
      [
        { by: "column", column: "rooms" },
        "split.column",
        '"rooms" is of type int, but column needs one of char, string, varchar',
      ],
      [{ by: "time", column: "sold", keep: true }, "split.keep", '"sold" is listed under dropped'],
      [
        { by: "column", column: "town", train: 0.5 },
        "split",
        "by: column does not allow fractions, because the column decides the parts",
      ],
      [
        { train: 0.5, test: 0.5 },
        "split.validation",
        "is missing: set all of train, validation and test, or none",
      ],
      [
        { by: "group", column: "town", train: 0.5, validation: 0.2, test: 0.2 },
        "split",
        "train, validation and test must add up to 1",
      ],
    ];
    for (const [split, path, message] of refused) {
      it(`refuses ${JSON.stringify(split)}`, () => {
        const { error } = datasetSchema.safeParse({ ...sales, dropped: ["sold"], split });
        deepEqual(
          error?.issues.map((issue) => [issue.path.join("."), issue.message]),
          [[path, message]],
        );
      });
    }

    it("refuses a table that has the column which the query adds", () => {
      const columns = [...sales.columns, { name: "Restate_Split", type: "int" }];
      const { error } = datasetSchema.safeParse({ ...sales, columns, dropped: ["sold"] });
      deepEqual(
        error?.issues.map(({ message }) => message),
        [
          '"restate_split" is reserved for the column that the query adds for the split; choose another name',
        ],
      );
    });
  });

  describe("table", () => {
    const delimited = {
      table: "flats",
      columns: [
        { name: "a", type: "int" },
        { name: "b", type: "int" },
      ],
      target: "a",
    };
    const format = (change: JsonObject): JsonObject =>
      tableFormat(datasetSchema.parse({ ...delimited, ...change }));

    it("is read by LazySimpleSerDe, with its delimiter and header", () => {
      const semicolons = format({ delimiter: ";", headerLines: 3 });
      deepEqual(semicolons["serializationParameters"], {
        "field.delim": ";",
        "serialization.format": ";",
      });
      deepEqual(semicolons["tableParameters"], {
        classification: "csv",
        "skip.header.line.count": "3",
      });
      deepEqual(semicolons["columns"], delimited.columns);
    });

    it("is read by LazySimpleSerDe with its null text, where there is one", () => {
      const { columns, serializationParameters } = format({ nullTexts: ["NA"] });
      deepEqual(serializationParameters, {
        "field.delim": ",",
        "serialization.format": ",",
        "serialization.null.format": "NA",
      });
      deepEqual(columns, delimited.columns);
    });

    const texts: readonly JsonObject[] = [
      { nullTexts: ["NA", "?"] },
      { thousands: " " },
      { decimal: ",", delimiter: ";" },
    ];
    for (const change of texts) {
      it(`is text where values have ${Object.keys(change).join(", ")}, which the query casts`, () => {
        const { columns, serializationLibrary, serializationParameters } = format(change);
        equal(serializationLibrary, "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe");
        const delimiter = "delimiter" in change ? ";" : ",";
        deepEqual(serializationParameters, {
          "field.delim": delimiter,
          "serialization.format": delimiter,
        });
        deepEqual(columns, [
          { name: "a", type: "string" },
          { name: "b", type: "string" },
        ]);
      });
    }

    it("is read by OpenCSVSerde where values may be in quotes, all as text", () => {
      const quoted = format({ delimiter: "\t", quoted: true });
      equal(quoted["serializationLibrary"], "org.apache.hadoop.hive.serde2.OpenCSVSerde");
      deepEqual(quoted["serializationParameters"], {
        separatorChar: "\t",
        quoteChar: '"',
        escapeChar: "\\",
      });
      deepEqual(quoted["columns"], [
        { name: "a", type: "string" },
        { name: "b", type: "string" },
      ]);
    });
  });

  describe("flow", () => {
    const source = { database: "db", query: "SELECT 1", queryOutput: "s3://bucket/athena/" };
    const nodes = (change: JsonObject = {}): readonly JsonObject[] => {
      const { content } = dataWranglerFlow({ ...flats, ...change }, source);
      return (JSON.parse(content) as { nodes: JsonObject[] }).nodes;
    };
    const operators = (all: readonly JsonObject[]): readonly unknown[] =>
      all.map((node) => at(node, "parameters", "operator") ?? node["operator"]);

    it("casts, drops, cleans, encodes, and moves the target first", () => {
      deepEqual(operators(nodes()), [
        "sagemaker.athena_source_0.1",
        "sagemaker.spark.infer_and_cast_type_0.1",
        "Drop column",
        "One-hot encode",
        "One-hot encode",
        "Move column",
      ]);
    });

    it("casts each column by its Glue type, in the order of the table", () => {
      deepEqual(Object.entries(at(nodes()[1], "trained_parameters", "schema") as JsonObject), [
        ["price", "float"],
        ["rooms", "long"],
        ["district", "string"],
        ["floor", "long"],
        ["lift", "long"],
        ["sold", "string"],
      ]);
    });

    it("casts types with lengths and scales too", () => {
      const columns = [
        { name: "price", type: "decimal(10,2)" },
        { name: "district", type: "varchar(20)" },
        { name: "code", type: "char(2)" },
      ];
      const parsed = datasetSchema.parse({ table: "flats", columns, target: "price" });
      deepEqual(categoricalColumns(parsed), ["district", "code"]);
      deepEqual(
        parsed.columns.map(({ type }) => flowType(type)),
        ["float", "string", "string"],
      );
    });

    it("drops incomplete rows only as config says, and leaves those without a target to Preprocess", () => {
      const dropped = (missingValues: string): unknown =>
        nodes({ missingValues })
          .filter((node) => at(node, "parameters", "operator") === "Drop missing")
          .map((node) => at(node, "parameters", "drop_missing_parameters", "drop_rows_parameters"));
      deepEqual(dropped("keep"), []);
      deepEqual(
        dropped("drop"),
        ["rooms", "district", "floor", "lift"].map((name) => ({ input_column: name })),
      );
    });

    it("imputes numbers, not categories", () => {
      const imputed = nodes({ missingValues: "impute" }).filter(
        (node) => at(node, "parameters", "operator") === "Impute",
      );
      deepEqual(
        imputed.map((node) => at(node, "parameters", "impute_parameters")),
        ["rooms", "lift"].map((name) => ({
          column_type: "Numeric",
          numeric_parameters: { strategy: "Approximate Median", input_column: name },
        })),
      );
    });

    it("keeps the last label, which Data Wrangler's default would leave empty", () => {
      const encode = nodes().find(
        (node) => at(node, "parameters", "operator") === "One-hot encode",
      );
      equal(at(encode, "parameters", "one_hot_encode_parameters", "drop_last"), false);
    });

    it("chains its nodes, with ids that follow from their content", () => {
      const first = nodes();
      first.slice(1).forEach((node, index) => {
        deepEqual(node["inputs"], [
          {
            name: index === 0 ? "default" : "df",
            node_id: first[index]?.["node_id"],
            output_name: "default",
          },
        ]);
      });
      deepEqual(nodes(), first);
      const other = nodes({ dropped: ["lift", "sold"] });
      deepEqual(other.slice(0, 2), first.slice(0, 2));
      equal(
        other.slice(2).some((node, index) => node["node_id"] === first[index + 2]?.["node_id"]),
        false,
      );
    });
  });
});
