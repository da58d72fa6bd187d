import type { JsonObject } from "../../pipeline/language/json";
import { dataset, housing, type Mistake, refuse, tree } from "./mistakes";

const columns = (...types: readonly [string, string][]): JsonObject => ({
  columns: types.map(([name, type]) => ({ name, type })),
  target: "y",
  dropped: [],
  filter: [],
});

/** Mistakes, each with the line that names its key. */
const mistakes: readonly Mistake[] = [
  [
    "a key for files in the stack's own bucket",
    dataset({
      kmsKeyArn: "arn:aws:kms:us-east-1:111122223333:key/00000000-0000-0000-0000-000000000000",
    }),
    /restate:dataset\.kmsKeyArn: only applies to files at location, which is not set/,
  ],
  [
    "the alias of a key",
    dataset({
      location: "s3://theirs/",
      kmsKeyArn: "arn:aws:kms:us-east-1:111122223333:alias/data",
    }),
    /restate:dataset\.kmsKeyArn: must be the ARN of a KMS key \(not of an alias\)/,
  ],
  ["a dataset that is no object", { dataset: "table" }, /restate:dataset: must be an object$/m],
  ["an unknown key of the dataset", dataset({ colums: [] }), /restate:dataset: unknown colums/],
  ["no columns", dataset({ columns: [] }), /restate:dataset\.columns: /],
  [
    "a target that is no column",
    dataset({ target: "price" }),
    /restate:dataset\.target: "price" is not one of the columns: longitude/,
  ],
  [
    "a dropped target",
    dataset({ target: "medianIncome" }),
    /restate:dataset\.target: "medianincome" is listed under dropped/,
  ],
  [
    "a dropped column that does not exist",
    dataset({ dropped: ["income"] }),
    /restate:dataset\.dropped\[0\]: "income" is not one of the columns/,
  ],
  [
    "two columns of one name",
    dataset(columns(["y", "double"], ["a", "int"], ["A", "int"])),
    /restate:dataset\.columns\[2\]\.name: "a" occurs twice/,
  ],
  [
    "an unknown type",
    dataset(columns(["y", "double"], ["a", "number"])),
    /restate:dataset\.columns\[1\]\.type: must be one of tinyint, .*decimal\(p,s\)/,
  ],
  [
    "a date as a feature",
    dataset(columns(["y", "double"], ["a", "date"])),
    /restate:dataset\.columns\[1\]\.type: "a" is a date, which has no numeric form: list it under dropped/,
  ],
  [
    "a string as the target",
    dataset(columns(["y", "string"], ["a", "int"])),
    /restate:dataset\.target: "y" is a string, but the target of a regression is numeric/,
  ],
  [
    "no features",
    dataset({ ...columns(["y", "double"], ["a", "int"]), dropped: ["a"] }),
    /restate:dataset\.columns: no column is left as a feature/,
  ],
  [
    "SQL in a name",
    dataset({ table: "t; DROP TABLE t" }),
    /restate:dataset\.table: must be 1 to 128 letters, digits and underscores/,
  ],
  [
    "the database in which jobs make and drop tables",
    dataset({ database: "sagemaker_processing" }),
    /restate:dataset\.database: "sagemaker_processing" belongs to the account, not to the stack; choose/,
  ],
  [
    "a text for a number in the filter",
    dataset({ filter: [{ column: "population", operator: "=", value: "12" }] }),
    /restate:dataset\.filter\[0\]\.value: population: "12" is not a double \(write a number, without quotes\)/,
  ],
  [
    "a decimal of more digits than there are",
    dataset(columns(["y", "double"], ["a", "decimal(39,2)"])),
    /restate:dataset\.columns\[1\]\.type: must be one of tinyint, /,
  ],
  [
    "a letter between values",
    dataset({ delimiter: "x" }),
    /restate:dataset\.delimiter: must be one character, such as ",", ";"/,
  ],
  [
    "a delimiter of Parquet",
    dataset({ format: "parquet", delimiter: ";" }),
    /restate:dataset\.delimiter: only applies to CSV files, but format is parquet/,
  ],
  [
    "the name in a header that is not there",
    dataset({ columns: [{ name: "y", type: "int", header: "Y" }] }),
    /restate:dataset\.columns\[0\]\.header: only applies to files with a header, but headerLines is 0/,
  ],
  [
    "a location that is no folder",
    dataset({ location: "s3://bucket/file.csv" }),
    /restate:dataset\.location: must be the S3 URI of a folder/,
  ],
  [
    "a partition key that is a column too",
    dataset({ partitions: [{ name: "Population", type: "int" }] }),
    /restate:dataset\.partitions\[0\]\.name: "population" occurs twice/,
  ],
  [
    "a partition of half a number",
    dataset({ partitions: [{ name: "year", type: "double" }] }),
    /restate:dataset\.partitions\[0\]\.type: must be one of tinyint, smallint, int, bigint, string, date$/m,
  ],
  [
    "a projection for one of two partitions",
    dataset({
      partitions: [
        { name: "year", type: "int", projection: { type: "integer", range: [1, 2] } },
        { name: "state", type: "string" },
      ],
    }),
    /restate:dataset\.partitions\[1\]\.projection: is missing: Athena projects all/,
  ],
  [
    "a projection of another type",
    dataset({
      partitions: [
        { name: "year", type: "string", projection: { type: "integer", range: [1, 2] } },
      ],
    }),
    /restate:dataset\.partitions\[0\]\.projection\.type: integer cannot compute string/,
  ],
  [
    "a projection from the greatest to the least",
    dataset({
      partitions: [{ name: "year", type: "int", projection: { type: "integer", range: [2, 1] } }],
    }),
    /restate:dataset\.partitions\[0\]\.projection\.range: must be the minimum, then/,
  ],
  [
    "an injected partition that no filter names",
    dataset({ partitions: [{ name: "id", type: "string", projection: { type: "injected" } }] }),
    /restate:dataset\.partitions\[0\]\.projection: injected: .*filter by id = /,
  ],
  [
    "a selected table that is the table",
    dataset({ selectedTable: "california_housing" }),
    /restate:dataset\.selectedTable: "california_housing" is the table itself/,
  ],
  [
    "an unknown operator",
    dataset({ filter: [{ column: "population", operator: "~", value: 1 }] }),
    /restate:dataset\.filter\[0\]/,
  ],
  [
    "a filter on no column",
    dataset({ filter: [{ column: "age", operator: ">", value: 1 }] }),
    /restate:dataset\.filter\[0\]\.column: "age" is not one of the columns/,
  ],
  [
    "splits that do not add up",
    dataset({ split: { train: 0.7, validation: 0.2, test: 0.2 } }),
    /restate:dataset\.split: train, validation and test must add up to 1/,
  ],
  [
    "intervals of predictions that hold all values",
    { dataset: { ...housing, predictionIntervals: 1 } },
    /restate:dataset\.predictionIntervals: .*0\.99/,
  ],
  [
    "intervals of predictions of an image of one's own",
    {
      dataset: { ...housing, predictionIntervals: 0.9 },
      candidates: [
        tree,
        {
          name: "Own",
          algorithm: { image: "image", metrics: { "validation:rmse": "=(.*)" } },
          ranges: { depth: { type: "integer", min: 1, max: 2 } },
        },
      ],
    },
    /restate:dataset: predictionIntervals: the errors of Own on the validation rows are not known, .* an image of its own/,
  ],
  [
    "a weight that is no column",
    dataset({ sampleWeight: "weight" }),
    /restate:dataset\.sampleWeight: "weight" is not one of the columns: longitude/,
  ],
  [
    "a weight of text",
    dataset({
      ...columns(["y", "double"], ["a", "int"], ["w", "string"]),
      sampleWeight: "W",
    }),
    /restate:dataset\.sampleWeight: "w" is of type string, but a weight must be one of integer, float, double, decimal/,
  ],
  [
    "the target as a weight",
    dataset({ sampleWeight: "medianHouseValue" }),
    /restate:dataset\.sampleWeight: "medianhousevalue" is the target/,
  ],
  [
    "a weight by which the rows are split",
    dataset({ sampleWeight: "population", split: { by: "group", column: "population" } }),
    /restate:dataset\.sampleWeight: "population" is the column to split by/,
  ],
  [
    "a dropped weight",
    dataset({ sampleWeight: "medianIncome" }),
    /restate:dataset\.sampleWeight: "medianincome" is listed under dropped; remove it there/,
  ],
  [
    "an encoded weight",
    dataset({
      ...columns(["y", "double"], ["a", "int"], ["w", "int"]),
      sampleWeight: "w",
      categorical: ["w"],
    }),
    /restate:dataset\.categorical\[0\]: "w" is the weight, so it is not a feature/,
  ],
  [
    "weights for an image of one's own",
    {
      dataset: { ...housing, sampleWeight: "population" },
      candidates: [
        tree,
        {
          name: "Own",
          algorithm: { image: "image", metrics: { "validation:rmse": "=(.*)" } },
          ranges: { depth: { type: "integer", min: 1, max: 2 } },
        },
      ],
    },
    /restate:dataset: sampleWeight: the image of Own is not known to read weights from the second column/,
  ],
  [
    "weights with a baseline of the training data",
    { dataset: { ...housing, sampleWeight: "population" }, dataQualityBaseline: "true" },
    /restate:dataset: sampleWeight: restate:dataQualityBaseline would count the weight as a feature/,
  ],
  [
    "a table whose saved queries no name fits",
    dataset({ table: "t".repeat(91) }),
    /restate:dataset: table: has 91 characters; 90 are allowed/,
  ],
];

describe("the configuration of the dataset", () => {
  refuse(mistakes);
});
