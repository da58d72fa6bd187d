import { deepEqual, equal } from "node:assert/strict";

import { datasetSchema } from "../../pipeline/datasetSchema";
import { dataWranglerFlow } from "../../pipeline/flow";
import type { JsonObject } from "../../pipeline/language/json";
import { datasetQuery, selectedTableQuery } from "../../pipeline/query";
import { at } from "../support/definitions";

describe("the columns to break errors down by", () => {
  const sales = {
    table: "sales",
    columns: [
      { name: "price", type: "double" },
      { name: "rooms", type: "int" },
      { name: "sold", type: "date" },
      { name: "Town", type: "string" },
      { name: "lift", type: "boolean" },
    ],
    partitions: [{ name: "year", type: "int" }],
    dropped: ["sold", "lift"],
    encode: { town: { as: "target" } },
    target: "price",
  };
  const dataset = datasetSchema.parse({
    ...sales,
    split: { by: "group", column: "year" },
    segments: ["TOWN", "year"],
  });

  it("are read a second time as text, after which Preprocess finds them", () => {
    equal(
      datasetQuery(dataset, "db"),
      'SELECT "price", "rooms", "sold", "town", "lift", CAST("year" AS varchar) AS "restate_split", ' +
        `COALESCE(url_encode(CAST("town" AS varchar)), '') AS "restate_segment_1", ` +
        `COALESCE(url_encode(CAST("year" AS varchar)), '') AS "restate_segment_2" FROM "db"."sales"`,
    );
    equal(selectedTableQuery(dataset, "db").includes("restate_segment"), false);
    const source = { database: "db", query: "SELECT 1", queryOutput: "s3://bucket/athena/" };
    const { nodes } = JSON.parse(dataWranglerFlow(dataset, source).content) as {
      nodes: JsonObject[];
    };
    const schema = at(nodes[1], "trained_parameters", "schema") as JsonObject;
    deepEqual(Object.entries(schema).slice(-3), [
      ["restate_split", "string"],
      ["restate_segment_1", "string"],
      ["restate_segment_2", "string"],
    ]);
    const moved = nodes.map((node) => /"column_to_move":"(\w+)"/.exec(JSON.stringify(node))?.[1]);
    // Each is moved to the start, so the last is the first.
    deepEqual(moved.filter(Boolean).reverse(), [
      ...["price", "restate_split", "town", "restate_segment_1", "restate_segment_2"],
    ]);
  });

  const problems: readonly (readonly [segments: readonly string[], message: string])[] = [
    [["floor"], '"floor" is not one of the columns: price, rooms, sold, town, lift, year'],
    [["price"], '"price" is the target, whose quarters are always reported'],
    [["rooms", "Rooms"], '"rooms" occurs twice'],
    [["sold"], '"sold" is a date; segments are of numbers, text or booleans'],
    [["a", "b", "c", "d", "e", "f"], "Too big: expected array to have <=5 items"],
  ];
  for (const [segments, message] of problems) {
    it(`are refused as ${segments.join(", ")}`, () => {
      const { error } = datasetSchema.safeParse({ ...sales, segments });
      deepEqual(
        error?.issues.map((one) => [one.path[0], one.message]),
        [["segments", message]],
      );
    });
  }

  it("reserve the names of the columns that the query adds", () => {
    const columns = [...sales.columns, { name: "restate_segment_2", type: "int" }];
    equal(datasetSchema.safeParse({ ...sales, columns, segments: ["town"] }).success, true);
    const { error } = datasetSchema.safeParse({ ...sales, columns, segments: ["town", "rooms"] });
    deepEqual(
      error?.issues.map((one) => one.message),
      [
        '"restate_segment_2" is reserved for the column that the query adds for segments; choose another name',
      ],
    );
  });
});
