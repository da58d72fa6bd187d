import { deepEqual, equal } from "node:assert/strict";

import { featureColumns } from "../../pipeline/dataset";
import { datasetSchema } from "../../pipeline/datasetSchema";
import { dataWranglerFlow } from "../../pipeline/flow";
import type { JsonObject } from "../../pipeline/language/json";
import { datasetQuery, selectedTableQuery } from "../../pipeline/query";
import { at } from "../support/definitions";

describe("the split of the rows", () => {
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

  it("is random by default, with fractions only", () => {
    const { split } = datasetSchema.parse({ ...sales, dropped: ["sold"] });
    deepEqual(split, { by: "random", keep: false, train: 0.7, validation: 0.2, test: 0.1 });
  });

  it("lets the query add the split's column as text, and the flow put it second", () => {
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

  it("uses its column as a feature only if it is kept", () => {
    const features = (split: JsonObject, dropped: readonly string[] = ["sold"]): unknown =>
      featureColumns(datasetSchema.parse({ ...sales, dropped, split })).map(({ name }) => name);
    deepEqual(features({ by: "time", column: "sold" }), ["rooms", "town", "lift"]);
    deepEqual(features({ by: "time", column: "sold" }, []), ["rooms", "town", "lift"]);
    deepEqual(features({ by: "group", column: "Town" }), ["rooms", "lift"]);
    deepEqual(features({ by: "group", column: "town", keep: true }), ["rooms", "town", "lift"]);
    deepEqual(features({ by: "time", column: "year" }), ["rooms", "town", "lift"]);
  });

  it("keeps a date by its parts alone", () => {
    const split = { by: "time", column: "sold", keep: true };
    const kept = datasetSchema.parse({
      ...sales,
      dropped: [],
      split,
      dateParts: { sold: ["year"] },
    });
    deepEqual(
      featureColumns(kept).map(({ name }) => name),
      ["rooms", "town", "lift", "sold_year"],
    );
    const { error } = datasetSchema.safeParse({ ...sales, dropped: [], split });
    deepEqual(
      error?.issues.map(({ message }) => message),
      [
        '"sold" is a date, which has no numeric form: list it under dropped, or turn its parts into features with ' +
          "dateParts: { sold: auto }",
        '"sold" is a date, which has no numeric form: instead of keep, set dateParts: { sold: auto }',
      ],
    );
  });

  const refused: readonly (readonly [JsonObject, string, string])[] = [
    [{ by: "time" }, "split.column", "is missing: by: time needs a column"],
    [{ column: "town" }, "split.by", "is random, which uses no column: use time, group or column"],
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

  it("refuses a table that has a column with the name of the one that the query adds", () => {
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
