import { z } from "zod";

import { castType, columnType, knownTypes } from "./columnTypes";
import { partitionSchema } from "./partitions";

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
  type: z
    .string()
    .transform((type) => type.replaceAll(" ", ""))
    .refine((type) => columnType(type) !== undefined, `must be one of ${knownTypes}`),
  /** What the header of CSV files calls the column. Default: its name, whatever the case, blanks and signs. */
  header: z.string().min(1).optional(),
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
 * The fields of the table to learn from, each by itself; what must hold between them is in datasetSchema.ts.
 * Source of the limits: Glue's CreateTable and Athena's names for tables, databases and columns.
 */
export const datasetFields = z.strictObject({
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
  /**
   * ARN of the KMS key that encrypts the files at `location`, which jobs then may decrypt with. Default: they
   * are under no key of KMS.
   */
  kmsKeyArn: z
    .string()
    .regex(
      /^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/(mrk-[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/,
      "must be the ARN of a KMS key (not of an alias), such as arn:aws:kms:us-east-1:111122223333:key/<id>",
    )
    .optional(),
  /** The columns of the table, in the order of the file. */
  columns: z.array(column).min(2),
  /** Keys by which the files lie in folders, `key=value`, outermost first. Default: none. */
  partitions: z.array(partitionSchema(identifier)).default([]),
  /** Format of the files: CSV, or Parquet. Default `csv`. */
  format: z.enum(["csv", "parquet"]).default("csv"),
  /** Lines at the top of each CSV file that are no rows; one of them names the columns. Default 0. */
  headerLines: z.int().min(0).max(100).default(0),
  /** The character between the values of CSV files, such as ";" or "\t" (a tab). Default ",". */
  delimiter: z
    .string()
    .regex(
      /^(?![\w"\\.+-])[\t -~]$/,
      'must be one character, such as ",", ";", "|" or "\\t" (a tab); no letter, digit, quote, backslash or sign',
    )
    .default(","),
  /**
   * Whether values in CSV files may be in double quotes: Athena then reads the table by OpenCSVSerde, all as
   * text, which the query casts. A quote inside is doubled; values hold no line break and no backslash.
   * Default false.
   */
  quoted: z.boolean().default(false),
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
});

/** The table to learn from. Names of columns are in lower case. */
export type Dataset = z.output<typeof datasetFields>;

/** The columns that are neither the target nor dropped, in the order of the table. */
export function featureColumns(
  dataset: Pick<Dataset, "columns" | "dropped" | "target">,
): Dataset["columns"] {
  return dataset.columns.filter(
    ({ name }) => name !== dataset.target && !dataset.dropped.includes(name),
  );
}

/** The features that the flow encodes one-hot. */
export function categoricalColumns(dataset: Dataset): readonly string[] {
  return featureColumns(dataset)
    .filter(({ name, type }) => castType(type) === "string" || dataset.categorical.includes(name))
    .map(({ name }) => name);
}
