import { z } from "zod";

import type { JsonObject } from "./expressions";
import { partitionProblems, partitionSchema, projectionParameters } from "./partitions";

/** What Data Wrangler's cast makes of each Glue (Hive) type; of dates nothing, since they have no numeric form. */
const columnTypes: readonly (readonly [RegExp, FlowType | undefined])[] = [
  [/^(tinyint|smallint|int|bigint|boolean)$/, "long"],
  [/^(float|double|decimal\(\d{1,2}, ?\d{1,2}\))$/, "float"],
  [/^(string|(var)?char\(\d{1,5}\))$/, "string"],
  [/^(date|timestamp)$/, undefined],
];

function isColumnType(type: string): boolean {
  return columnTypes.some(([pattern]) => pattern.test(type));
}

const knownTypes =
  "tinyint, smallint, int, bigint, boolean, float, double, decimal(p,s), string, varchar(n), char(n), date, " +
  "timestamp";

/** The types of Data Wrangler's cast that this project uses. */
export type FlowType = "float" | "long" | "string";

/** How the tables are named that SageMaker makes for a query's result, and that jobs may drop. */
const temporaryTable = "sagemaker_tmp_";

/**
 * A name of a database, table or column. Athena folds names to lower case whatever the quotes, so that
 * is how they are kept here and how they appear in the query's result, the flow and the model.
 */
const identifier = z
  .string()
  .regex(
    /^[A-Za-z_][A-Za-z0-9_]{0,127}$/,
    "must be 1 to 128 letters, digits and underscores, and not begin with a digit",
  )
  .transform((name) => name.toLowerCase());

const column = z.strictObject({
  /** Name, folded to lower case. */
  name: identifier,
  /** Glue type. */
  type: z.string().refine(isColumnType, `must be one of ${knownTypes}`),
});

const literal = z.union([z.number(), z.string(), z.boolean()]);

/** One condition of the filter, as data: so identifiers are always quoted and values always escaped. */
const condition = z.discriminatedUnion("operator", [
  z.strictObject({
    column: identifier,
    operator: z.enum(["=", "<>", "<", "<=", ">", ">="]),
    value: literal,
  }),
  z.strictObject({
    column: identifier,
    operator: z.enum(["in", "not in"]),
    values: z.array(literal).min(1),
  }),
  z.strictObject({ column: identifier, operator: z.enum(["is null", "is not null"]) }),
]);

const split = z
  .strictObject({
    /** Fraction of the rows to train on. */
    train: z.number().gt(0).lt(1),
    /** Fraction of the rows that tuning compares trials on. */
    validation: z.number().gt(0).lt(1),
    /** Fraction of the rows that candidates are compared on, never seen before. */
    test: z.number().gt(0).lt(1),
  })
  .refine(
    ({ train, validation, test }) => Math.abs(train + validation + test - 1) < 1e-9,
    "train, validation and test must add up to 1",
  );

/**
 * The table to learn from, as stack config states it.
 * Source of the limits: Glue's CreateTable and Athena's names for tables, databases and columns.
 */
export const datasetSchema = z
  .strictObject({
    /** Name of the Glue database, which the stack creates. Default: `restate_<stack>`. */
    database: identifier.optional(),
    /** Name of the Glue table, which the stack creates. */
    table: identifier,
    /**
     * S3 URI of the folder with the table's files, in any bucket that the account can read. Default: the
     * folder of the table in the stack's own bucket.
     */
    location: z
      .string()
      .regex(
        /^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\/([A-Za-z0-9!_.()=-]+\/)*$/,
        "must be the S3 URI of a folder, such as s3://bucket/folder/",
      )
      .optional(),
    /** The columns of the table, in the order of the file. */
    columns: z.array(column).min(2),
    /** Keys by which the files lie in folders, `key=value`, outermost first. Default: none. */
    partitions: z.array(partitionSchema(identifier)).default([]),
    /** Format of the files: CSV, or Parquet. Default `csv`. */
    format: z.enum(["csv", "parquet"]).default("csv"),
    /** Lines of column names at the top of each CSV file: 0 or 1. Default 0. */
    headerLines: z.union([z.literal(0), z.literal(1)]).default(0),
    /** The numeric column to predict. Rows in which it is missing are left out. */
    target: identifier,
    /** Columns that are no features. Default: none. */
    dropped: z.array(identifier).default([]),
    /** Columns to encode one-hot beside those of type string, which always are. Default: none. */
    categorical: z.array(identifier).default([]),
    /** Conditions that a row must fulfil, all of them, to be used. Default: none. */
    filter: z.array(condition).default([]),
    /**
     * What becomes of missing feature values: `keep` leaves them to the algorithms, `drop` drops the
     * rows, `impute` puts the approximate median (numbers). Default `keep`.
     */
    missingValues: z.enum(["keep", "drop", "impute"]).default("keep"),
    /** How the rows are split. Default 0.7, 0.2, 0.1. */
    split: split.default({ train: 0.7, validation: 0.2, test: 0.1 }),
    /** Seed of the split and of tuning. Default 1729. */
    seed: z.int().min(0).max(2147483647).default(1729),
    /** Table that the saved CTAS query makes of the filtered rows. Default: `<table>_selected`. */
    selectedTable: identifier.optional(),
  })
  .superRefine((dataset, context) => {
    const problem = (path: (string | number)[], message: string): void => {
      context.addIssue({ code: "custom", path, message });
    };
    const types = new Map(dataset.columns.map(({ name, type }) => [name, type]));
    const known = (
      path: (string | number)[],
      name: string,
      names: readonly string[] = [...types.keys()],
    ): boolean => {
      if (!names.includes(name)) {
        problem(path, `"${name}" is not one of the columns: ${names.join(", ")}`);
      }
      return names.includes(name);
    };
    const dropped = new Set(dataset.dropped);

    dataset.columns.forEach(({ name, type }, index) => {
      if (dataset.columns.findIndex((other) => other.name === name) < index) {
        problem(
          ["columns", index, "name"],
          `"${name}" occurs twice (names are compared in lower case)`,
        );
      }
      if (isColumnType(type) && castType(type) === undefined && !dropped.has(name)) {
        problem(
          ["columns", index, "type"],
          `"${name}" is a ${type}, which has no numeric form: list it under dropped`,
        );
      }
    });
    if (dataset.table.startsWith(temporaryTable)) {
      problem(["table"], `"${dataset.table}" begins with "${temporaryTable}", which jobs may drop`);
    }
    if (known(["target"], dataset.target)) {
      if (castType(types.get(dataset.target) ?? "") === "string") {
        problem(
          ["target"],
          `"${dataset.target}" is a string; the target of a regression is numeric`,
        );
      }
      if (dropped.has(dataset.target)) {
        problem(["target"], `"${dataset.target}" is listed under dropped`);
      }
    }
    dataset.dropped.forEach((name, index) => known(["dropped", index], name));
    dataset.categorical.forEach((name, index) => {
      if (known(["categorical", index], name) && (dropped.has(name) || name === dataset.target)) {
        problem(["categorical", index], `"${name}" is dropped or the target, so it is no feature`);
      }
    });
    const filterable = [...types.keys(), ...dataset.partitions.map(({ name }) => name)];
    dataset.filter.forEach((one, index) =>
      known(["filter", index, "column"], one.column, filterable),
    );
    const fixed = dataset.filter.filter(({ operator }) => operator === "=");
    partitionProblems(
      dataset.partitions,
      new Set(types.keys()),
      new Set(fixed.map((one) => one.column)),
    ).forEach(({ message, path }) => {
      problem(["partitions", ...path], message);
    });
    if (dataset.selectedTable === dataset.table) {
      problem(["selectedTable"], `"${dataset.table}" is the table itself`);
    }
    if (featureColumns(dataset).length === 0) {
      problem(["columns"], "no column is left as a feature");
    }
  });

/** The table to learn from. Names of columns are in lower case. */
export type Dataset = z.output<typeof datasetSchema>;

/** The columns that are neither the target nor dropped, in the order of the table. */
export function featureColumns(
  dataset: Pick<Dataset, "columns" | "dropped" | "target">,
): Dataset["columns"] {
  return dataset.columns.filter(
    ({ name }) => name !== dataset.target && !dataset.dropped.includes(name),
  );
}

function castType(glueType: string): FlowType | undefined {
  return columnTypes.find(([pattern]) => pattern.test(glueType))?.[1];
}

/** What Data Wrangler casts a column of a Glue type to; dropped columns of other types stay strings. */
export function flowType(glueType: string): FlowType {
  return castType(glueType) ?? "string";
}

/** The features that the flow encodes one-hot. */
export function categoricalColumns(dataset: Dataset): readonly string[] {
  return featureColumns(dataset)
    .filter(({ name, type }) => castType(type) === "string" || dataset.categorical.includes(name))
    .map(({ name }) => name);
}

function quotedIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function quotedLiteral(value: string | number | boolean): string {
  return typeof value === "string" ? `'${value.replaceAll("'", "''")}'` : String(value);
}

function conditionSql(one: Dataset["filter"][number]): string {
  const left = quotedIdentifier(one.column);
  switch (one.operator) {
    case "is null":
    case "is not null":
      return `${left} ${one.operator.toUpperCase()}`;
    case "in":
    case "not in":
      return `${left} ${one.operator.toUpperCase()} (${one.values.map(quotedLiteral).join(", ")})`;
    default:
      return `${left} ${one.operator} ${quotedLiteral(one.value)}`;
  }
}

/** The Athena query that reads the rows to learn from: every column, in order, of the filtered rows. */
export function datasetQuery(dataset: Dataset, database: string): string {
  const columns = dataset.columns.map(({ name }) => quotedIdentifier(name)).join(", ");
  const from = `${quotedIdentifier(database)}.${quotedIdentifier(dataset.table)}`;
  const where = dataset.filter.map(conditionSql).join(" AND ");
  return `SELECT ${columns} FROM ${from}${where === "" ? "" : ` WHERE ${where}`}`;
}

/** The saved query that makes a table of the rows to learn from, as Parquet. */
export function selectedTableQuery(dataset: Dataset, database: string): string {
  const table = dataset.selectedTable ?? `${dataset.table}_selected`;
  return (
    `CREATE TABLE ${quotedIdentifier(database)}.${quotedIdentifier(table)} ` +
    `WITH (format = 'PARQUET') AS ${datasetQuery(dataset, database)}`
  );
}

/** Glue's name of the table's format, and the classes that read and write it. */
export function tableFormat(dataset: Dataset): {
  classification: string;
  inputFormat: string;
  outputFormat: string;
  serializationLibrary: string;
  serializationParameters: Record<string, string>;
  tableParameters: Record<string, string>;
} {
  if (dataset.format === "parquet") {
    return {
      classification: "parquet",
      inputFormat: "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
      outputFormat: "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
      serializationLibrary: "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
      serializationParameters: { "serialization.format": "1" },
      tableParameters: {
        classification: "parquet",
        ...projectionParameters(dataset.partitions),
      },
    };
  }
  return {
    classification: "csv",
    inputFormat: "org.apache.hadoop.mapred.TextInputFormat",
    outputFormat: "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
    serializationLibrary: "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
    serializationParameters: { "field.delim": ",", "serialization.format": "," },
    tableParameters: {
      classification: "csv",
      ...(dataset.headerLines > 0 ? { "skip.header.line.count": String(dataset.headerLines) } : {}),
      ...projectionParameters(dataset.partitions),
    },
  };
}

/**
 * StatLib's California housing: predict the median house value of a block group in 1990 (US dollars)
 * from seven features. Median income is dropped, as the problem statement asks.
 */
export const californiaHousing: z.input<typeof datasetSchema> & JsonObject = {
  table: "california_housing",
  columns: [
    { name: "longitude", type: "double" },
    { name: "latitude", type: "double" },
    { name: "housingMedianAge", type: "double" },
    { name: "totalRooms", type: "double" },
    { name: "totalBedrooms", type: "double" },
    { name: "population", type: "double" },
    { name: "households", type: "double" },
    { name: "medianIncome", type: "double" },
    { name: "medianHouseValue", type: "double" },
  ],
  format: "csv",
  headerLines: 0,
  target: "medianHouseValue",
  dropped: ["medianIncome"],
  categorical: [],
  filter: [{ column: "housingMedianAge", operator: ">", value: 10 }],
  missingValues: "keep",
  split: { train: 0.7, validation: 0.2, test: 0.1 },
  seed: 1729,
  selectedTable: "california_10",
};
