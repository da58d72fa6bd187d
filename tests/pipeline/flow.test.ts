import { deepEqual, equal } from "node:assert/strict";

import { flowType } from "../../pipeline/columnTypes";
import { categoricalColumns } from "../../pipeline/dataset";
import { datasetSchema } from "../../pipeline/datasetSchema";
import { dataWranglerFlow } from "../../pipeline/flow";
import type { JsonObject } from "../../pipeline/language/json";
import { at } from "../support/definitions";
import { flats } from "./flats";

describe("the Data Wrangler flow", () => {
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

  it("also casts types with lengths and scales", () => {
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

  it("drops incomplete rows only if configured, and leaves rows without a target to Preprocess", () => {
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

  it("one-hot encodes the last label, which Data Wrangler's default would drop", () => {
    const encode = nodes().find((node) => at(node, "parameters", "operator") === "One-hot encode");
    equal(at(encode, "parameters", "one_hot_encode_parameters", "drop_last"), false);
  });

  it("chains its nodes, with ids derived from their content", () => {
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
