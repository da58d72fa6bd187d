import { deepEqual, equal } from "node:assert/strict";

import { categoricalColumns, droppedColumns, featureColumns } from "../../pipeline/dataset";
import { datasetSchema } from "../../pipeline/datasetSchema";
import { dataWranglerFlow } from "../../pipeline/flow";
import type { JsonObject } from "../../pipeline/language/json";
import { datasetQuery } from "../../pipeline/query";
import { tableFormat } from "../../pipeline/tableFormat";
import { at } from "../support/definitions";

const flats = {
  table: "flats",
  columns: [
    { name: "price", type: "double" },
    { name: "Sold", type: "date" },
    { name: "seen", type: "timestamp" },
    { name: "built", type: "string" },
    { name: "rooms", type: "int" },
  ],
  target: "price",
  dropped: ["seen", "built"],
  dateParts: { SOLD: ["year", "dayOfWeek"] },
};
const days = "CAST(date_parse(NULLIF(\"built\", ''), '%d.%m.%Y') AS date)";

describe("parts of dates", () => {
  const parse = (change: JsonObject = {}) => datasetSchema.parse({ ...flats, ...change });
  const names = (change: JsonObject): readonly string[] =>
    featureColumns(parse(change)).map(({ name }) => name);

  it("are features that replace the date, after the columns of the table", () => {
    deepEqual(names({}), ["rooms", "sold_year", "sold_day_of_week"]);
    deepEqual(names({ dropped: ["built"], dateParts: { seen: "auto", sold: "auto" } }).slice(1), [
      ...["sold_year", "sold_month", "sold_day_of_week", "sold_days_since_epoch"],
      ...["seen_year", "seen_month", "seen_day_of_week", "seen_days_since_epoch", "seen_hour"],
    ]);
    deepEqual(categoricalColumns(parse({ categorical: ["Sold_Day_of_Week"] })), [
      "sold_day_of_week",
    ]);
  });

  it("are calculated by the query, which keeps the date", () => {
    const all = [
      ...["year", "quarter", "month", "week", "dayOfMonth", "dayOfWeek", "dayOfYear", "hour"],
      ...["minute", "daysSinceEpoch"],
    ];
    const dataset = parse({ dropped: ["sold", "built"], dateParts: { seen: all } });
    equal(
      datasetQuery(dataset, "db"),
      'SELECT "price", "sold", "seen", "built", "rooms", year("seen") AS "seen_year", ' +
        'quarter("seen") AS "seen_quarter", month("seen") AS "seen_month", week("seen") AS "seen_week", ' +
        'day_of_month("seen") AS "seen_day_of_month", day_of_week("seen") AS "seen_day_of_week", ' +
        'day_of_year("seen") AS "seen_day_of_year", hour("seen") AS "seen_hour", minute("seen") AS "seen_minute", ' +
        `date_diff('day', DATE '1970-01-01', CAST("seen" AS date)) AS "seen_days_since_epoch" FROM "db"."flats"`,
    );
  });

  it("are parsed from text by its format, as are filters", () => {
    const change = {
      dropped: ["seen", "sold"],
      dateFormats: { built: "%d.%m.%Y" },
      dateParts: { built: ["month"] },
    };
    const filter = [{ column: "built", operator: ">=", value: "2020-01-10" }];
    equal(
      datasetQuery(parse({ ...change, filter }), "db"),
      `SELECT "price", "sold", "seen", ${days} AS "built", "rooms", month(${days}) AS "built_month" ` +
        `FROM "db"."flats" WHERE ${days} >= DATE '2020-01-10'`,
    );
    // What the query casts is text with null texts, whatever its length.
    const texts = parse({
      ...change,
      columns: flats.columns.map((one) =>
        one.name === "built" ? { ...one, type: "varchar(20)" } : one,
      ),
      dateFormats: { built: "%Y-%m-%dT%H:%i:%s" },
      dateParts: { built: ["hour"] },
      nullTexts: ["NA", "?"],
    });
    const moment =
      "date_parse(NULLIF(NULLIF(NULLIF(\"built\", ''), 'NA'), '?'), '%Y-%m-%dT%H:%i:%s')";
    equal(
      datasetQuery(texts, "db").split(", ").slice(-9).join(", ").includes(`hour(${moment})`),
      true,
    );
    // Glue's type is the one of the file.
    deepEqual(at(tableFormat(parse(change)), "columns", 3), { name: "built", type: "string" });
  });

  it("are integers in the flow, which drops the date", () => {
    const source = { database: "db", query: "SELECT 1", queryOutput: "s3://bucket/athena/" };
    const flow = (change: JsonObject): readonly JsonObject[] => {
      const { content } = dataWranglerFlow(parse(change), source);
      return (JSON.parse(content) as { nodes: JsonObject[] }).nodes;
    };
    const nodes = flow({ missingValues: "impute", categorical: ["sold_day_of_week"] });
    deepEqual(Object.entries(at(nodes[1], "trained_parameters", "schema") as JsonObject), [
      ["price", "float"],
      ["sold", "string"],
      ["seen", "string"],
      ["built", "string"],
      ["rooms", "long"],
      ["sold_year", "long"],
      ["sold_day_of_week", "long"],
    ]);
    const inputs = nodes.slice(2).flatMap(({ parameters }) => {
      const text = JSON.stringify(parameters);
      return /"(?:column_to_drop|input_column|column_to_move)":"(\w+)"/.exec(text)?.[1] ?? [];
    });
    deepEqual(inputs, [
      ...["seen", "built", "sold"],
      ...["rooms", "sold_year", "sold_day_of_week", "price"],
    ]);
  });

  it("remain features if the rows are split by the date", () => {
    const split = { by: "time", column: "built" };
    const change = { dateFormats: { built: "%d.%m.%Y" }, dateParts: { built: ["year"] }, split };
    const dataset = parse({ ...change, dropped: ["sold", "seen"] });
    deepEqual(droppedColumns(dataset), ["sold", "seen", "built"]);
    deepEqual(names({ ...change, dropped: ["sold", "seen"] }), ["rooms", "built_year"]);
    equal(
      datasetQuery(dataset, "db"),
      `SELECT "price", "sold", "seen", ${days} AS "built", "rooms", year(${days}) AS "built_year", ` +
        `CAST(${days} AS varchar) AS "restate_split" FROM "db"."flats"`,
    );
  });

  it("of times of day are hours and minutes", () => {
    const change = { dropped: ["seen", "sold"], dateFormats: { built: "%H:%i" } };
    const clock = "date_parse(NULLIF(\"built\", ''), '%H:%i')";
    const dataset = parse({ ...change, dateParts: { built: "auto" } });
    equal(
      datasetQuery(dataset, "db"),
      `SELECT "price", "sold", "seen", ${clock} AS "built", "rooms", hour(${clock}) * 60 + minute(${clock}) ` +
        'AS "built_minute_of_day" FROM "db"."flats"',
    );
    deepEqual(names({ ...change, dateParts: { built: ["minute", "hour"] } }), [
      ...["rooms", "built_minute", "built_hour"],
    ]);
  });

  const refused: readonly (readonly [JsonObject, string, string])[] = [
    [
      { dateParts: {} },
      "columns.1.type",
      '"sold" is a date, which has no numeric form: list it under dropped, or turn its parts into features with ' +
        "dateParts: { sold: auto }",
    ],
    [
      { dateFormats: { built: "%Y" }, dropped: ["seen"] },
      "columns.3.type",
      '"built" is a date, which has no numeric form: list it under dropped, or turn its parts into features with ' +
        "dateParts: { built: auto }",
    ],
    [
      { dateParts: { sold: ["year"], day: "auto" } },
      "dateParts.day",
      '"day" is not one of the columns: price, sold, seen, built, rooms',
    ],
    [
      { dateParts: { sold: ["year"], seen: "auto" } },
      "dateParts.seen",
      '"seen" is listed under dropped',
    ],
    [
      { dateParts: { sold: ["year"], rooms: "auto" } },
      "dateParts.rooms",
      '"rooms" is of type int, not a date or timestamp',
    ],
    [
      { dateParts: { sold: ["year"], built: "auto" }, dropped: ["seen"] },
      "dateParts.built",
      '"built" is of type string, not a date or timestamp; if it holds dates, add it to dateFormats',
    ],
    [
      { dateParts: { sold: ["year", "hour"] } },
      "dateParts.sold.1",
      '"sold" is a date, which has no hour',
    ],
    [
      { dateParts: { sold: ["year", "month", "year"] } },
      "dateParts.sold",
      '"sold_year" would be the name of two columns',
    ],
    [
      { columns: [...flats.columns, { name: "Sold_Year", type: "int" }] },
      "dateParts.sold",
      '"sold_year" would be the name of two columns',
    ],
    [
      { dateParts: { sold: ["year"], Sold: ["month"] } },
      "dateParts",
      '"sold" occurs twice (names are compared in lower case)',
    ],
    [{ target: "sold" }, "dateParts.sold", '"sold" is the target'],
    [
      { categorical: ["sold"] },
      "categorical.0",
      '"sold" is replaced by its parts, so it is not a feature',
    ],
    [
      { dateFormats: { rooms: "%Y" } },
      "dateFormats.rooms",
      '"rooms" is of type int, but formats only apply to string and varchar',
    ],
    [
      { dateFormats: { day: "%Y" } },
      "dateFormats.day",
      '"day" is not one of the columns: price, sold, seen, built, rooms',
    ],
    [
      { dateFormats: { built: "%d.%j.%Y" } },
      "dateFormats.built",
      '"%d.%j.%Y": %j is not one of %Y %y %m %c %b %M %d %e %H %k %h %I %l %p %i %f %s %S %T %r %%',
    ],
    [{ dateFormats: { built: "%d.%m.%d" } }, "dateFormats.built", '"%d.%m.%d" has the day twice'],
    [
      { dateFormats: { built: "%d.%m." } },
      "dateFormats.built",
      '"%d.%m." has no year (%Y, or %y for two digits), and is no time of day, such as %H:%i',
    ],
    [
      { dateFormats: { built: "%i:%s" } },
      "dateFormats.built",
      '"%i:%s" has no year (%Y, or %y for two digits), and is no time of day, such as %H:%i',
    ],
    [
      { dateFormats: { built: "%H:%i" }, dropped: ["seen"] },
      "columns.3.type",
      '"built" is a timestamp, which has no numeric form: list it under dropped, or turn its parts into features ' +
        "with dateParts: { built: auto }",
    ],
    [
      {
        dateFormats: { built: "%H:%i" },
        dateParts: { sold: ["year"], built: ["hour", "dayOfWeek"] },
        dropped: ["seen"],
      },
      "dateParts.built.1",
      '"built" is a time of day, which has no dayOfWeek',
    ],
    [
      {
        dateFormats: { built: "%H:%i" },
        dateParts: { sold: ["year"], built: ["hour"] },
        dropped: ["seen"],
        split: { by: "time", column: "built" },
      },
      "split.column",
      '"built" is a time of day, so it does not say which rows are later',
    ],
    [
      { dateFormats: { built: "%Y-%m-%d %h:%i" } },
      "dateFormats.built",
      '"%Y-%m-%d %h:%i": an hour of twelve (%h, %I, %l) and %p need each other',
    ],
    [
      {
        dateFormats: { built: "%d.%m.%Y" },
        filter: [{ column: "built", operator: "=", value: "10.01.2020" }],
      },
      "filter.0.value",
      'built: "10.01.2020" is not a date (write it as "2020-01-10", in quotes)',
    ],
  ];
  for (const [change, place, message] of refused) {
    it(`refuses ${JSON.stringify(change)} by its key`, () => {
      const { error } = datasetSchema.safeParse({ ...flats, ...change });
      deepEqual(
        error?.issues.map((issue) => [issue.path.join("."), issue.message]),
        [[place, message]],
      );
    });
  }
});
