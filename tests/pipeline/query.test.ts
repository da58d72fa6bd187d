import { deepEqual, equal } from "node:assert/strict";

import { datasetSchema } from "../../pipeline/datasetSchema";
import { datasetQuery, flowSource } from "../../pipeline/query";
import type { ConfigValue } from "../../pipeline/literals";
import type { JsonObject } from "../../pipeline/language/json";
import { flats } from "./flats";

describe("the dataset's query", () => {
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
    [{ column: "big", operator: "<", value: "9223372036854775807" }, '"big" < 9223372036854775807'],
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
  it("refuses a value that a projected partition key never has, by its place", () => {
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

  it("converts a file's own null texts and number separators", () => {
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

  it("refuses number separators that are also the delimiter or the decimal separator", () => {
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

  it("joins conditions with AND, and has no WHERE without conditions", () => {
    const two = filters.slice(0, 2).map(([filter]) => filter);
    equal(where(two), '"y" > 10 AND "y" <> -1500');
    equal(where([]), "");
  });

  it("counts the rows of the table and the filtered ones on demand", () => {
    const counts = (change: JsonObject): string | undefined => {
      const dataset = datasetSchema.parse({ ...typed, countExcluded: true, ...change });
      return flowSource(dataset, "db", "s3://bucket/athena/").countQuery;
    };
    equal(
      counts({ filter: filters.slice(0, 2).map(([filter]) => filter) }),
      'SELECT count(*) AS table_rows, count_if("y" > 10 AND "y" <> -1500) AS selected_rows FROM "db"."typed"',
    );
    const keys = { column: "year", operator: "=", value: 2024 };
    equal(
      counts({ filter: [keys, ...filters.slice(0, 1).map(([filter]) => filter)] }),
      'SELECT count(*) AS table_rows, count_if("y" > 10) AS selected_rows FROM "db"."typed" WHERE "year" = 2024',
    );
    const source = { database: "census", table: "houses", asOf: "949530903748831860" };
    equal(
      counts({ format: "parquet", location: "s3://bucket/houses/", source }),
      "SELECT count(*) AS table_rows, count(*) AS selected_rows " +
        `FROM "census"."houses" FOR VERSION AS OF 949530903748831860`,
    );
    equal(counts({ countExcluded: false }), undefined);
  });

  it("selects every column in the order of the table, with quoted names", () => {
    equal(
      datasetQuery(flats, "db"),
      'SELECT "price", "rooms", "district", "floor", "lift", "sold" FROM "db"."flats"',
    );
  });

  describe("of a table of many columns", () => {
    const wide = {
      table: "wide",
      target: "c0",
      columns: [
        ...Array.from({ length: 600 }, (_, at) => ({ name: `c${at}`, type: "double" })),
        { name: "sold", type: "timestamp" },
        { name: "town", type: "string" },
      ],
      dropped: ["sold", "town"],
    };
    const ofWide = (change: JsonObject = {}): string =>
      datasetQuery(datasetSchema.parse({ ...wide, ...change }), "db");

    it("selects all of them by *, followed by what it adds", () => {
      equal(ofWide(), 'SELECT * FROM "db"."wide"');
      equal(
        ofWide({
          dateParts: { sold: ["year"] },
          dropped: ["town"],
          split: { by: "time", column: "sold" },
          segments: ["town"],
          filter: [{ column: "c1", operator: ">", value: 0 }],
        }),
        'SELECT *, year("sold") AS "sold_year", CAST("sold" AS varchar) AS "restate_split", ' +
          `COALESCE(url_encode(CAST("town" AS varchar)), '') AS "restate_segment_1" ` +
          'FROM "db"."wide" WHERE "c1" > 0',
      );
    });

    it("lists as many as a processing job's query can have", () => {
      const ofLength = (length: number): string => {
        const start = ofWide({ columns: wide.columns.slice(0, 515), dropped: [] }).length;
        const name = "x".repeat(length - start - ', ""'.length);
        const columns = [...wide.columns.slice(0, 515), { name, type: "double" }];
        return ofWide({ columns, dropped: [] });
      };
      equal(ofLength(4096).length, 4096);
      equal(ofLength(4097), 'SELECT * FROM "db"."wide"');
    });

    it("lists them if * would read others, or a value in another form", () => {
      const source = { database: "sales", table: "wide" };
      const changes: readonly JsonObject[] = [
        { partitions: [{ name: "day", type: "date" }] },
        { source, location: "s3://bucket/wide/" },
        { quoted: true },
        { nullTexts: ["NA", ""] },
        { decimal: ",", delimiter: ";" },
        { dateFormats: { town: "%d.%m.%Y" } },
        { dropped: ["sold"], servedRows: "raw" },
      ];
      for (const change of changes) {
        const query = ofWide(change);
        equal(query.length > 4096 && !query.includes("*"), true, JSON.stringify(change));
      }
      equal(ofWide({ nullTexts: ["NA"] }), 'SELECT * FROM "db"."wide"');
    });
  });
});
