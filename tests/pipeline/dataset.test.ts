import { deepEqual, equal } from "node:assert/strict";

import { californiaHousing } from "../../pipeline/californiaHousing";
import { flowType } from "../../pipeline/columnTypes";
import { categoricalColumns, featureColumns } from "../../pipeline/dataset";
import { datasetSchema } from "../../pipeline/datasetSchema";
import { datasetQuery } from "../../pipeline/query";
import { dataWranglerFlow } from "../../pipeline/flow";
import type { JsonObject } from "../../pipeline/expressions";
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
    const where = (filter: readonly JsonObject[]): string =>
      datasetQuery(datasetSchema.parse({ ...californiaHousing, filter }), "db").split(
        " WHERE ",
      )[1] ?? "";
    const filters: readonly (readonly [JsonObject, string])[] = [
      [{ column: "housingMedianAge", operator: ">", value: 10 }, '"housingmedianage" > 10'],
      [{ column: "population", operator: "<>", value: -1.5e3 }, '"population" <> -1500'],
      [{ column: "population", operator: "=", value: "it's; --" }, "\"population\" = 'it''s; --'"],
      [{ column: "population", operator: "=", value: true }, '"population" = true'],
      [{ column: "population", operator: "in", values: [1, "a"] }, "\"population\" IN (1, 'a')"],
      [{ column: "population", operator: "not in", values: ["'"] }, "\"population\" NOT IN ('''')"],
      [{ column: "population", operator: "is not null" }, '"population" IS NOT NULL'],
    ];
    for (const [filter, sql] of filters) {
      it(`writes ${sql}`, () => {
        equal(where([filter]), sql);
      });
    }

    it("joins conditions by AND, and has no WHERE without any", () => {
      const two = filters.slice(0, 2).map(([filter]) => filter);
      equal(where(two), '"housingmedianage" > 10 AND "population" <> -1500');
      equal(where([]), "");
    });

    it("reads every column in the order of the table, by quoted names", () => {
      equal(
        datasetQuery(flats, "db"),
        'SELECT "price", "rooms", "district", "floor", "lift", "sold" FROM "db"."flats"',
      );
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
        "Drop missing",
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

    it("drops rows without a target, and others only as config says", () => {
      const dropped = (missingValues: string): unknown =>
        nodes({ missingValues })
          .filter((node) => at(node, "parameters", "operator") === "Drop missing")
          .map((node) => at(node, "parameters", "drop_missing_parameters", "drop_rows_parameters"));
      deepEqual(dropped("keep"), [{ input_column: ["price"] }]);
      deepEqual(
        dropped("drop"),
        ["price", "rooms", "district", "floor", "lift"].map((name) => ({ input_column: [name] })),
      );
    });

    it("imputes numbers, not categories", () => {
      const impute = nodes({ missingValues: "impute" }).find(
        (node) => at(node, "parameters", "operator") === "Impute",
      );
      deepEqual(at(impute, "parameters", "impute_parameters"), {
        column_type: "Numeric",
        numeric_parameters: { strategy: "Approximate Median", input_column: ["rooms", "lift"] },
      });
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
      const other = nodes({ dropped: ["sold", "lift"] });
      deepEqual(other.slice(0, 2), first.slice(0, 2));
      equal(
        other.slice(2).some((node, index) => node["node_id"] === first[index + 2]?.["node_id"]),
        false,
      );
    });
  });
});
