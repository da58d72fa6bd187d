import { deepEqual } from "node:assert/strict";

import { datasetSchema } from "../../pipeline/datasetSchema";
import type { JsonObject } from "../../pipeline/language/json";
import { rowSchema } from "../../pipeline/rowSchema";

describe("the row schema", () => {
  const dataset = (change: JsonObject = {}) =>
    datasetSchema.parse({
      table: "flats",
      columns: [
        { name: "price", type: "double" },
        { name: "town", type: "string" },
        { name: "sold", type: "string" },
        { name: "seen", type: "timestamp" },
        { name: "note", type: "string" },
        { name: "buyer", type: "int" },
      ],
      target: "price",
      dropped: ["note"],
      dateFormats: { sold: "%d.%m.%Y" },
      dateParts: { sold: ["year"], seen: ["hour"] },
      split: { by: "group", column: "buyer" },
      servedRows: "raw",
      ...change,
    });

  it("lists the columns without the target in the table's order, and how they become features", () => {
    deepEqual(rowSchema(dataset())["columns"], [
      { name: "town", type: "string", used: true },
      {
        name: "sold",
        type: "string",
        used: true,
        dateFormat: "%d.%m.%Y",
        parts: { sold_year: "year" },
      },
      { name: "seen", type: "timestamp", used: true, parts: { seen_hour: "hour" } },
      { name: "note", type: "string", used: false },
      { name: "buyer", type: "int", used: false },
    ]);
  });

  it("has the null text of the table's SerDe, unless it is replaced", () => {
    const found = (change: JsonObject): unknown => rowSchema(dataset(change))["nullTexts"];
    deepEqual(found({}), ["\\N"]);
    deepEqual(found({ nullTexts: ["NA"] }), ["NA"]);
    deepEqual(found({ nullTexts: ["NA", "?"] }), ["NA", "?", "\\N"]);
    deepEqual(found({ quoted: true, nullTexts: ["NA", "?"] }), ["NA", "?"]);
    deepEqual(found({ format: "parquet" }), []);
  });

  it("only accepts labels that are text, integers or booleans", () => {
    const { error } = datasetSchema.safeParse({
      table: "flats",
      columns: [
        { name: "price", type: "double" },
        { name: "size", type: "double" },
        { name: "lift", type: "boolean" },
        { name: "kind", type: "int" },
      ],
      target: "price",
      categorical: ["size", "lift", "kind"],
      servedRows: "raw",
    });
    deepEqual(
      error?.issues.map(({ message, path }) => [path, message]),
      [
        [
          ["categorical", 0],
          '"size" is of type double; servedRows: raw takes labels of text, whole numbers and booleans',
        ],
      ],
    );
  });
});
