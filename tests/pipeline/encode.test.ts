import { deepEqual, equal } from "node:assert/strict";

import { categoricalColumns, encodedColumns } from "../../pipeline/dataset";
import { datasetSchema } from "../../pipeline/datasetSchema";
import { dataWranglerFlow } from "../../pipeline/flow";
import type { JsonObject } from "../../pipeline/language/json";
import { at, program } from "../support/definitions";

const flats = {
  table: "flats",
  columns: [
    { name: "price", type: "double" },
    { name: "Street", type: "string" },
    { name: "district", type: "varchar(20)" },
    { name: "floor", type: "int" },
    { name: "area", type: "double" },
  ],
  target: "price",
  encode: { STREET: { as: "target" }, floor: { as: "ordinal", labels: [1, 2, "attic"] } },
};

const problems = (change: JsonObject): readonly string[] =>
  datasetSchema
    .safeParse({ ...flats, ...change })
    .error?.issues.map(({ message, path }) => `${path.join(".")}: ${message}`) ?? [];

describe("columns that Preprocess encodes", () => {
  const dataset = datasetSchema.parse({ ...flats, split: { by: "group", column: "area" } });

  it("are not encoded by the flow", () => {
    deepEqual(encodedColumns(dataset), ["street", "floor"]);
    deepEqual(categoricalColumns(dataset), ["district"]);
  });

  it("leave the flow as text, after the target and the column of the split", () => {
    const source = { database: "db", query: "SELECT 1", queryOutput: "s3://bucket/athena/" };
    const flow = (change: JsonObject): readonly JsonObject[] => {
      const { content } = dataWranglerFlow(datasetSchema.parse({ ...flats, ...change }), source);
      return (JSON.parse(content) as { nodes: JsonObject[] }).nodes;
    };
    const nodes = flow({ split: { by: "group", column: "area" }, missingValues: "impute" });
    deepEqual(at(nodes[1], "trained_parameters", "schema"), {
      price: "float",
      street: "string",
      district: "string",
      floor: "string",
      area: "float",
      restate_split: "string",
    });
    const done = nodes.slice(2).map(({ parameters }) => {
      const [, name] =
        /"(?:column_to_drop|input_column|column_to_move)":"(\w+)"/.exec(
          JSON.stringify(parameters),
        ) ?? [];
      return `${String(at(parameters, "operator"))} ${name}`;
    });
    deepEqual(done, [
      "Drop column area",
      "One-hot encode district",
      ...["Move column floor", "Move column street"],
      ...["Move column restate_split", "Move column price"],
    ]);
  });

  it("are passed to Preprocess in arguments within the length limit", async () => {
    const labels = Array.from({ length: 40 }, (_, place) => `label ${place} 日本 "x"`);
    const encode = { street: { as: "oneHot", labels }, floor: { as: "target", smoothing: 2 } };
    const { definition } = await program({ dataset: { ...flats, encode } });
    const all = at(
      definition,
      "Steps",
      "Preprocess",
      "Arguments",
      "AppSpecification",
      "ContainerArguments",
    ) as string[];
    const own = all.filter((one) => one.startsWith("--encode="));
    deepEqual(JSON.parse(own.map((one) => one.slice("--encode=".length)).join("")), [
      { column: "street", as: "oneHot", labels },
      { column: "floor", as: "target", smoothing: 2 },
    ]);
    equal(Math.max(...all.map(({ length }) => length)) <= 256, true);
    equal(all.length <= 100, true);
  });

  it("are refused if they cannot be encoded that way", () => {
    deepEqual(problems({}), []);
    deepEqual(problems({ encode: { price: { as: "target" } } }), [
      'encode.price: "price" is not one of the features: street, district, floor, area',
    ]);
    deepEqual(problems({ encode: { area: { as: "target" } } }), [
      'encode.area: "area" is of type double, but labels must be one of char, integer, string, varchar',
    ]);
    deepEqual(problems({ encode: { floor: { as: "ordinal" } }, categorical: ["floor"] }), [
      'encode.floor: "floor" is listed under categorical, which the flow encodes',
    ]);
    const street = { as: "ordinal", labels: ["a", "b ", "a"], minRows: 2, folds: 3, smoothing: 1 };
    deepEqual(problems({ encode: { street } }), [
      "encode.street.minRows: selects labels, but labels already lists them",
      "encode.street.smoothing: is for as: target, but as is ordinal",
      "encode.street.folds: is for as: target, but as is ordinal",
      'encode.street.labels.1: "b " is empty or begins or ends with blanks, which Data Wrangler removes',
      'encode.street.labels.2: "a" occurs twice',
    ]);
    const long = Array.from({ length: 2000 }, (_, place) => `label ${place}`);
    deepEqual(problems({ encode: { street: { as: "ordinal", labels: long } } }), [
      "encode: has 24928 characters of labels, but a processing job's arguments have room for 12000",
    ]);
  });
});
