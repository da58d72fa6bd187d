import { deepEqual, equal } from "node:assert/strict";

import { datasetSchema } from "../../pipeline/datasetSchema";
import type { JsonObject } from "../../pipeline/language/json";
import { tableFormat } from "../../pipeline/tableFormat";

describe("the table's format", () => {
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

  it("uses LazySimpleSerDe, with delimiter and header", () => {
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

  it("uses LazySimpleSerDe with the null text, if there is one", () => {
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
    it(`has only strings with ${Object.keys(change).join(", ")}, which the query casts`, () => {
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

  it("uses OpenCSVSerde for quoted values, with only strings", () => {
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
