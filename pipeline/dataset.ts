import { z } from "zod";

import { castType, columnType, knownTypes } from "./columnTypes";
import { type DatePart, dateParts, formatType, partName, usualParts } from "./dateParts";
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
  name: identifier.describe("Name, folded to lower case."),
  type: z
    .string()
    .transform((type) => type.replaceAll(" ", ""))
    .refine((type) => columnType(type) !== undefined, `must be one of ${knownTypes}`)
    .describe(`Glue type: ${knownTypes}.`),
  header: z
    .string()
    .optional()
    .describe(
      "What the header of CSV files calls the column. Default: its name, whatever the case, blanks and signs.",
    ),
});

const literal = z.union([z.number(), z.string(), z.boolean()]);

const conditionColumn = identifier.describe("The column, or partition key, that is compared.");

/** One condition of the filter, as data: so identifiers are always quoted and values always escaped. */
const condition = z.discriminatedUnion("operator", [
  z.strictObject({
    column: conditionColumn,
    operator: z.enum(["=", "<>", "<", "<=", ">", ">="]).describe("Compares with a value."),
    value: literal.describe("The value to compare with, of the column's type."),
  }),
  z.strictObject({
    column: conditionColumn,
    operator: z.enum(["in", "not in"]).describe("Looks the value up in a list."),
    values: z.array(literal).min(1).describe("The list, of values of the column's type."),
  }),
  z.strictObject({
    column: conditionColumn,
    operator: z.enum(["is null", "is not null"]).describe("Asks whether there is a value."),
  }),
]);

/** Values by column, whose names are folded to lower case. */
function byColumn<Value extends z.ZodType>(value: Value) {
  return z
    .record(z.string(), value)
    .superRefine((values, context) => {
      const names = Object.keys(values).map((name) => name.toLowerCase());
      const twice = names.find((name, place) => names.indexOf(name) < place);
      if (twice !== undefined) {
        context.addIssue(`"${twice}" occurs twice (names are compared in lower case)`);
      }
    })
    .transform((values) =>
      Object.fromEntries(
        Object.entries(values).map(([name, value]) => [name.toLowerCase(), value]),
      ),
    );
}

/** How a column of labels becomes numbers after the split, by what the train rows say. */
const encode = z.strictObject({
  as: z
    .enum(["oneHot", "ordinal", "target"])
    .describe(
      "`oneHot`: a feature for each label. `ordinal`: the label's number, from 0. `target`: the mean target of its " +
        "train rows, drawn towards that of all where they are few; train rows get it from the other folds.",
    ),
  labels: z
    .array(z.union([z.string(), z.int()]).transform(String))
    .min(1)
    .optional()
    .describe(
      "The labels, in their order; all others are one. Default: those of the train rows, in alphabetical order.",
    ),
  minRows: z
    .int()
    .min(1)
    .max(1_000_000)
    .optional()
    .describe("Train rows that a label needs; rarer ones count as others. Default: 1."),
  smoothing: z
    .union([z.literal("auto"), z.number().min(0)], "must be auto or a number of at least 0")
    .optional()
    .describe(
      "Of target: how many rows the mean of all counts as, or `auto`, by the variances. Default: auto.",
    ),
  folds: z.int().min(2).max(20).optional().describe("Of target: how many folds. Default: 5."),
});

const fraction = z.number().gt(0).lt(1);

const defaultFractions = { train: 0.7, validation: 0.2, test: 0.1 };

const split = z.strictObject({
  by: z
    .enum(["random", "time", "group", "column"])
    .default("random")
    .describe(
      "`random`: any row to any part. `time`: train has the earliest times of `column`, test the latest, and equal " +
        "times are in one part. `group`: rows with the same value of `column` are in one part, drawn at random. " +
        "`column`: `column` says train, validation or test.",
    ),
  column: identifier
    .optional()
    .describe(
      "Column, or partition key, to split by. Times are of type date or timestamp, numbers, or text in ISO 8601 form.",
    ),
  keep: z
    .boolean()
    .default(false)
    .describe("Whether the column is a feature too, as groups can be."),
  train: fraction
    .optional()
    .describe("Fraction of the rows to train on; of time and group, as near as the rows allow."),
  validation: fraction.optional().describe("Fraction of the rows that tuning compares trials on."),
  test: fraction
    .optional()
    .describe("Fraction of the rows that candidates are compared on, never seen before."),
});

/** A table of the Glue Data Catalog that is there already. */
const source = z.strictObject({
  catalog: z
    .literal("AwsDataCatalog", "must be AwsDataCatalog, the account's own Glue Data Catalog")
    .default("AwsDataCatalog")
    .describe("Athena's name of the catalogue."),
  database: identifier.describe("Its Glue database."),
  table: identifier.describe("The table or view."),
  baseTables: z
    .array(
      z
        .string()
        .regex(/^[A-Za-z_]\w*\.[A-Za-z_]\w*$/, "must be <database>.<table>")
        .transform((name) => name.toLowerCase()),
    )
    .prefault([])
    .describe(
      "Of a view: the tables that it reads, as `database.table`, which the roles then may read too.",
    ),
});

/**
 * The fields of the table to train on, each by itself; what must hold between them is in datasetSchema.ts.
 * Source of the limits: Glue's CreateTable and Athena's names for tables, databases and columns.
 */
export const datasetFields = z.strictObject({
  database: identifier
    .optional()
    .describe("Name of the Glue database, which the stack creates. Default: `restate_<stack>`."),
  table: identifier.describe("Name of the Glue table, which the stack creates."),
  source: source
    .optional()
    .describe(
      "An existing table or view to read instead: the stack then creates no database and no table, and `table` names " +
        "its saved query only. Needs `location`.",
    ),
  location: z
    .string()
    .regex(
      /^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\/([A-Za-z0-9!_.()=-]+\/)*$/,
      "must be the S3 URI of a folder, such as s3://bucket/folder/",
    )
    .optional()
    .describe(
      "S3 URI of the folder with the table's files, in any bucket that the account can read. Default: the folder of " +
        "the table in the stack's own bucket.",
    ),
  kmsKeyArn: z
    .string()
    .regex(
      /^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/(mrk-[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/,
      "must be the ARN of a KMS key (not of an alias), such as arn:aws:kms:us-east-1:111122223333:key/<id>",
    )
    .optional()
    .describe(
      "ARN of the KMS key that encrypts the files at `location`, which jobs then may decrypt with. Default: no KMS key " +
        "encrypts them.",
    ),
  columns: z.array(column).min(2).describe("The columns of the table, in the order of the file."),
  partitions: z
    .array(partitionSchema(identifier))
    .prefault([])
    .describe("Keys by which the files lie in folders, `key=value`, outermost first."),
  format: z.enum(["csv", "parquet"]).default("csv").describe("Format of the files."),
  headerLines: z
    .int()
    .min(0)
    .max(100)
    .default(0)
    .describe(
      "Lines at the top of each CSV file that are not rows; one of them names the columns.",
    ),
  delimiter: z
    .string()
    .regex(
      /^(?![\w"\\.+-])[\t -~]$/,
      'must be one character, such as ",", ";", "|" or "\\t" (a tab); no letter, digit, quote, backslash or sign',
    )
    .default(",")
    .describe('The character between the values of CSV files, such as ";" or "\\t" (a tab).'),
  quoted: z
    .boolean()
    .default(false)
    .describe(
      "Whether values in CSV files may be in double quotes: Athena then reads the table by OpenCSVSerde, all as text, " +
        "which the query casts. A quote inside is doubled; values hold no line break and no backslash.",
    ),
  nullTexts: z
    .array(z.string().max(100))
    .max(20)
    .prefault([])
    .describe(
      'Texts in CSV files that stand for a missing value, such as `NA`; `""` makes empty text missing too, as empty ' +
        "numbers always are.",
    ),
  thousands: z
    .enum([",", ".", " ", "'"])
    .optional()
    .describe(
      "Character between groups of three digits in CSV files, as `,` in 1,234.5. Default: none.",
    ),
  decimal: z
    .enum([".", ","])
    .default(".")
    .describe("Character before the decimal places of numbers in CSV files."),
  target: identifier.describe(
    "The numeric column to predict. Rows in which it is missing are left out.",
  ),
  dropped: z.array(identifier).prefault([]).describe("Columns that are not features."),
  categorical: z
    .array(identifier)
    .prefault([])
    .describe("Columns to encode one-hot beside those of type string, which always are."),
  encode: byColumn(encode)
    .prefault({})
    .describe(
      "Columns of labels (text or whole numbers) to encode otherwise than one-hot by the flow, by column, such as " +
        "`{ street: { as: target } }`. Preprocess does it, after the split, by the train rows alone. Labels that they lack " +
        "are others: all zeros of oneHot, one more number of ordinal, the mean of target.",
    ),
  dateParts: byColumn(
    z.union([
      z.literal("auto", 'must be auto, or a list such as ["year", "month"]'),
      z.array(z.enum(dateParts, `must be one of ${dateParts.join(", ")}`)).min(1),
    ]),
  )
    .prefault({})
    .describe(
      "Dates and timestamps to train on, by column: a list of the parts that become features (" +
        `${dateParts.map((part) => `\`${part}\``).join(", ")}), or \`auto\`: year, month, dayOfWeek, daysSinceEpoch, and ` +
        "hour of timestamps. A feature is named as `sold_day_of_week`. Days of the week are 1 (Monday) to 7.",
    ),
  dateFormats: byColumn(z.string().max(100))
    .prefault({})
    .describe(
      "How text columns write dates, by column, such as `%d.%m.%Y` or `%Y-%m-%dT%H:%i:%s`, in the form of Athena's " +
        "date_parse (minutes are `%i`). The query makes dates of them, or timestamps where the form has a time.",
    ),
  filter: z
    .array(condition)
    .prefault([])
    .describe("Conditions that a row must fulfil, all of them, to be used."),
  missingValues: z
    .enum(["keep", "drop", "impute"])
    .default("keep")
    .describe(
      "What to do about missing feature values: `keep` leaves them to the algorithms, `drop` drops the rows, `impute` " +
        "puts the approximate median (numbers).",
    ),
  split: split
    .prefault(defaultFractions)
    .describe("How the rows are split. Without fractions: 0.7, 0.2 and 0.1."),
  seed: z.int().min(0).max(2147483647).default(1729).describe("Seed of the split and of tuning."),
  dataChecks: z
    .enum(["warn", "fail"])
    .default("warn")
    .describe(
      "Whether findings of the data report (duplicates across parts, columns that give the target away, ids, constants, " +
        "much that is missing, drift between parts) are warnings, or fail Preprocess.",
    ),
  selectedTable: identifier
    .optional()
    .describe(
      "Table that the saved CTAS query makes of the filtered rows. Default: `<table>_selected`.",
    ),
});

/** The table to train on. Names of columns are in lower case. */
export type Dataset = z.output<typeof datasetFields>;

/**
 * The Glue table that the query reads: the stack's own, or the one that it adopts.
 * @param ownDatabase the stack's database
 */
export function queriedTable(
  { database, source, table }: Pick<Dataset, "database" | "source" | "table">,
  ownDatabase: string,
): { readonly database: string; readonly table: string } {
  return source ?? { database: database ?? ownDatabase, table };
}

/** The fractions of the rows in each part; a split by a column of the table has none. */
export function splitFractions({
  split: { test, train, validation },
}: Pick<Dataset, "split">): Required<Pick<Dataset["split"], "test" | "train" | "validation">> {
  return train === undefined || validation === undefined || test === undefined
    ? defaultFractions
    : { train, validation, test };
}

/** The name under which the query hands what the rows are split by to Preprocess, as text; no column of a table has it. */
export const splitKey = "restate_split";

/** The type that a column has in the query: of text with a format, the one that the format reads. */
export function typeInQuery(
  { columns, dateFormats, partitions }: Pick<Dataset, "columns" | "dateFormats" | "partitions">,
  column: string,
): string | undefined {
  const type = [...columns, ...partitions].find(({ name }) => name === column)?.type;
  const format = dateFormats[column];
  return format !== undefined && /^(string|varchar)/.test(type ?? "") ? formatType(format) : type;
}

/** A feature that the query makes of a date or timestamp. */
export interface PartColumn {
  readonly name: string;
  readonly type: "bigint";
  /** The date or timestamp. */
  readonly source: string;
  readonly part: DatePart;
}

/** The features that the query makes of dates and timestamps, by the table's order and then the configuration's. */
export function partColumns(
  dataset: Pick<Dataset, "columns" | "dateFormats" | "dateParts" | "partitions">,
): readonly PartColumn[] {
  return dataset.columns.flatMap(({ name: source }) => {
    const given = dataset.dateParts[source] ?? [];
    const type = typeInQuery(dataset, source) === "date" ? "date" : "timestamp";
    return (given === "auto" ? usualParts(type) : given).map((part) => {
      return { name: partName(source, part), type: "bigint", source, part } as const;
    });
  });
}

/** A column that a model is trained on. */
export type FeatureColumn = Pick<Dataset["columns"][number], "name" | "type">;

/**
 * The columns that do not become features, beside the target: what is dropped, dates that their parts stand for, and what
 * the rows are only split by.
 */
export function droppedColumns({
  columns,
  dateParts,
  dropped,
  split: { column, keep },
}: Pick<Dataset, "columns" | "dateParts" | "dropped" | "split">): readonly string[] {
  const onlyKeys = columns.filter(({ name }) => name === column && !keep).map(({ name }) => name);
  return [...new Set([...dropped, ...Object.keys(dateParts), ...onlyKeys])];
}

/** The columns that are neither the target nor dropped, in the order of the table, and then the parts of dates. */
export function featureColumns(
  dataset: Pick<
    Dataset,
    "columns" | "dateFormats" | "dateParts" | "dropped" | "partitions" | "split" | "target"
  >,
): readonly FeatureColumn[] {
  const others = [dataset.target, ...droppedColumns(dataset)];
  return [...dataset.columns.filter(({ name }) => !others.includes(name)), ...partColumns(dataset)];
}

/**
 * Whether the table holds nothing but text, which the query casts, since its SerDe does not read the values as their
 * types: OpenCSVSerde takes empty numbers as wrong; LazySimpleSerDe knows one null text, and numbers as Java writes them.
 * Source: Athena's guide, "Open CSV SerDe"; Trino's SimpleDeserializer and TextEncodingOptions.
 */
export function isCastByQuery({
  decimal,
  nullTexts,
  quoted,
  thousands,
}: Pick<Dataset, "decimal" | "nullTexts" | "quoted" | "thousands">): boolean {
  return quoted || nullTexts.length > 1 || thousands !== undefined || decimal !== ".";
}

/** The features that the flow encodes one-hot. */
export function categoricalColumns(dataset: Dataset): readonly string[] {
  return featureColumns(dataset)
    .filter(({ name, type }) => castType(type) === "string" || dataset.categorical.includes(name))
    .map(({ name }) => name)
    .filter((name) => dataset.encode[name] === undefined);
}

/** The features that Preprocess encodes, in their order. */
export function encodedColumns(dataset: Dataset): readonly string[] {
  return featureColumns(dataset)
    .map(({ name }) => name)
    .filter((name) => dataset.encode[name] !== undefined);
}
