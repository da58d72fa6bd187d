import { z } from "zod";

import { columnType, knownTypes } from "./columnTypes";
import { flag, integer, text } from "./configFields";
import { dateParts } from "./dateParts";
import { ownFlowSchema } from "./ownFlow";
import { partitionSchema } from "./partitions";

/**
 * The name of a database, table or column. Athena converts names to lower case, even quoted ones, so they are stored in
 * lower case here, and appear so in the query's result, the flow and the model.
 */
const identifier = text(
  /^[A-Za-z_][A-Za-z0-9_]{0,127}$/,
  "must be 1 to 128 letters, digits and underscores, not beginning with a digit",
).transform((name) => name.toLowerCase());

const column = z.strictObject({
  name: identifier.describe("Name, converted to lower case."),
  type: z
    .string()
    .transform((type) => type.replaceAll(" ", ""))
    .refine((type) => columnType(type) !== undefined, `must be one of ${knownTypes}`)
    .describe(`Glue type: ${knownTypes}.`),
  header: z
    .string()
    .optional()
    .describe(
      "Name of the column in the header of CSV files. Default: its name, ignoring case, blanks and punctuation.",
    ),
});

const literal = z.union([z.number(), z.string(), z.boolean()]);

const conditionColumn = identifier.describe("The column or partition key to compare.");

/** One condition of the filter, as data, so that identifiers are always quoted and values always escaped. */
const condition = z.discriminatedUnion("operator", [
  z.strictObject({
    column: conditionColumn,
    operator: z.enum(["=", "<>", "<", "<=", ">", ">="]).describe("Compares with a value."),
    value: literal.describe("The value to compare with, of the column's type."),
  }),
  z.strictObject({
    column: conditionColumn,
    operator: z.enum(["in", "not in"]).describe("Checks whether the value is in a list."),
    values: z.array(literal).min(1).describe("The list, with values of the column's type."),
  }),
  z.strictObject({
    column: conditionColumn,
    operator: z.enum(["is null", "is not null"]).describe("Checks whether there is a value."),
  }),
]);

/** Values by column, with names converted to lower case. */
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

/** How to turn a column of labels into numbers after the split, based on the train rows. */
const encode = z.strictObject({
  as: z
    .enum(["oneHot", "ordinal", "target"])
    .describe(
      "`oneHot`: one feature per label. `ordinal`: the label's number, from 0. `target`: the mean target of the label's " +
        "train rows, shrunk towards the overall mean if they are few; train rows get it from the other folds.",
    ),
  labels: z
    .array(z.union([z.string(), z.int()]).transform(String))
    .min(1)
    .optional()
    .describe(
      "The labels, in order; all others count as one. Default: those of the train rows, in alphabetical order.",
    ),
  minRows: integer(1, 1_000_000)
    .optional()
    .describe("Minimum number of train rows of a label; rarer ones count as others. Default: 1."),
  smoothing: z
    .union([z.literal("auto"), z.number().min(0)], "must be auto or a number of at least 0")
    .optional()
    .describe(
      "For target: number of rows that the overall mean counts as, or `auto`, from the variances. Default: auto.",
    ),
  folds: integer(2, 20).optional().describe("For target: number of folds. Default: 5."),
});

const fraction = z.number().gt(0).lt(1);

export const defaultFractions = { train: 0.7, validation: 0.2, test: 0.1 };

const split = z.strictObject({
  by: z
    .enum(["random", "time", "group", "column"])
    .default("random")
    .describe(
      "`random`: any row in any part. `time`: the earliest times of `column` in train, the latest in test, and equal " +
        "times in the same part. `group`: rows with the same value of `column` in the same part, chosen at random. " +
        "`column`: `column` contains train, validation or test.",
    ),
  column: identifier
    .optional()
    .describe(
      "Column or partition key to split by. Times are dates, timestamps, numbers, or text in ISO 8601 format.",
    ),
  keep: flag("Whether the column is also a feature."),
  train: fraction
    .optional()
    .describe("Fraction of the rows to train on; for time and group, as close as the rows allow."),
  validation: fraction.optional().describe("Fraction of the rows on which tuning compares trials."),
  test: fraction
    .optional()
    .describe("Fraction of the rows on which candidates are compared; no trial sees them."),
});

/** Maximum number of columns to break errors down by, so that a model card has room for them. */
const maxSegments = 5;

/** Retraining on other rows, to see how far R² varies. */
const crossValidation = z.strictObject({
  folds: integer(3, 20).default(5).describe("Number of parts, each of which is the test set once."),
  repeats: integer(1, 20)
    .default(1)
    .describe("How often to draw the parts; only once for a split by time."),
  maxRows: integer(1, 100_000)
    .default(5_000)
    .describe(
      "Maximum number of rows; with more, cross-validation is skipped, because the test rows are enough.",
    ),
});

/**
 * The SQL after an Iceberg table's name for a snapshot's id or a time in UTC; undefined for anything else.
 * Source: Athena's guide, "Perform time travel and version travel queries".
 */
export function asOfSql(asOf: string): string | undefined {
  if (/^[1-9]\d{0,18}$/.test(asOf)) {
    return `VERSION AS OF ${asOf}`;
  }
  const [, date = "", time = ""] =
    /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d(?:\.\d{1,3})?)(?:Z| UTC)$/.exec(asOf) ?? [];
  return Number.isNaN(Date.parse(`${date}T${time}Z`))
    ? undefined
    : `TIMESTAMP AS OF TIMESTAMP '${date} ${time} UTC'`;
}

/** The account's own Glue Data Catalog, by Athena's name. */
export const ownCatalog = "AwsDataCatalog";

/** An existing table in the Glue Data Catalog. */
const source = z.strictObject({
  catalog: z
    .string()
    .regex(new RegExp(`^(${ownCatalog}|s3tablescatalog/[a-z0-9][a-z0-9-]{1,61}[a-z0-9])$`), {
      error: `must be ${ownCatalog}, the account's own Glue Data Catalog, or s3tablescatalog/<table bucket>, that of S3 Tables`,
      abort: true,
    })
    .default(ownCatalog)
    .describe(
      `Athena's name for the catalogue: \`${ownCatalog}\`, or \`s3tablescatalog/BUCKET\` for a table bucket of S3 Tables.`,
    ),
  database: identifier.describe("Its Glue database; in S3 Tables, its namespace."),
  table: identifier.describe("The table or view."),
  baseTables: z
    .array(
      text(/^[A-Za-z_]\w*\.[A-Za-z_]\w*$/, "must be <database>.<table>").transform((name) =>
        name.toLowerCase(),
      ),
    )
    .prefault([])
    .describe(
      "For a view: the tables that it reads, as `database.table`, so that the roles may read them too.",
    ),
  asOf: z
    .string("must be in quotes, because a snapshot's id has too many digits for a number")
    .refine(
      (asOf) => asOfSql(asOf) !== undefined,
      'must be the id of a snapshot, such as "949530903748831860", or a time in UTC, such as "2024-05-01T00:00:00Z"',
    )
    .optional()
    .describe(
      "For an Iceberg table: the snapshot to read, by its id, or by a time in UTC, such as `2024-05-01T00:00:00Z`. " +
        "Default: the latest.",
    ),
});

/**
 * The fields of the table to train on, checked one by one; datasetSchema.ts checks their combinations.
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
      "An existing table or view to read instead: the stack then creates no database and no table, and `table` only names " +
        "its saved query. Requires `location`, unless the table is in S3 Tables.",
    ),
  location: text(
    /^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\/([A-Za-z0-9!_.()=-]+\/)*$/,
    "must be the S3 URI of a folder, such as s3://bucket/folder/",
  )
    .optional()
    .describe(
      "S3 URI of the folder with the table's files, in any bucket that the account can read. Default: the folder of " +
        "the table in the stack's own bucket.",
    ),
  kmsKeyArn: text(
    /^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/(mrk-[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/,
    "must be the ARN of a KMS key (not of an alias), such as arn:aws:kms:us-east-1:111122223333:key/<id>",
  )
    .optional()
    .describe(
      "ARN of the KMS key that encrypts the files at `location`, so that jobs may decrypt them. Default: no KMS key.",
    ),
  columns: z.array(column).min(2).describe("The columns of the table, in the order of the file."),
  partitions: z
    .array(partitionSchema(identifier))
    .prefault([])
    .describe("Partition keys: files are in folders `key=value`, outermost key first."),
  format: z.enum(["csv", "parquet"]).default("csv").describe("Format of the files."),
  headerLines: integer(0, 100)
    .default(0)
    .describe(
      "Number of lines at the top of each CSV file that are not rows; one of them names the columns.",
    ),
  delimiter: text(
    /^(?![\w"\\.+-])[\t -~]$/,
    'must be one character, such as ",", ";", "|" or "\\t" (a tab), but no letter, digit, quote, backslash or sign',
  )
    .default(",")
    .describe('The character between the values of CSV files, such as ";" or "\\t" (a tab).'),
  quoted: flag(
    "Whether values in CSV files may be in double quotes: Athena then reads all values as text through OpenCSVSerde, " +
      "and the query casts them. Quotes within values are doubled; values must not contain line breaks or backslashes.",
  ),
  nullTexts: z
    .array(z.string().max(100))
    .max(20)
    .prefault([])
    .describe(
      'Texts in CSV files that mean a missing value, such as `NA`; `""` makes empty text missing too. Empty numbers ' +
        "always are.",
    ),
  thousands: z
    .enum([",", ".", " ", "'"])
    .optional()
    .describe("Thousands separator in CSV files, such as `,` in 1,234.5. Default: none."),
  decimal: z.enum([".", ","]).default(".").describe("Decimal separator in CSV files."),
  target: identifier.describe("The numeric column to predict. Rows without a value are left out."),
  sampleWeight: identifier
    .optional()
    .describe(
      "Numeric column that weights the rows, in training and in metrics, as `sample_weight` does in scikit-learn; it is not " +
        "a feature. Weights are 0 or positive; rows of weight 0 are left out. Default: all rows count the same.",
    ),
  dropped: z.array(identifier).prefault([]).describe("Columns that are not features."),
  categorical: z
    .array(identifier)
    .prefault([])
    .describe("Columns to encode one-hot, in addition to those of type string."),
  encode: byColumn(encode)
    .prefault({})
    .describe(
      "Columns of labels (text or integers) that Preprocess encodes instead of the flow, such as " +
        "`{ street: { as: target } }`. It does so after the split, based on the train rows only. Labels that do not occur " +
        "in them count as others: all zeros for oneHot, one more number for ordinal, the mean for target.",
    ),
  servedRows: z
    .enum(["encoded", "raw"])
    .default("encoded")
    .describe(
      "Rows that a registered model accepts. `encoded`: the model's features, as numbers. `raw`: the table's own rows, as CSV " +
        "or as JSON by column name; the model package is then an inference pipeline, whose first container encodes them with " +
        "what Preprocess learned from the train rows: labels, and the medians of missingValues: impute.",
    ),
  predictionIntervals: z
    .number()
    .min(0.5)
    .max(0.99)
    .optional()
    .describe(
      "How often the interval around a prediction is to contain the actual value, such as 0.9: registered models then answer " +
        "each row with its prediction and both ends of its interval. Its width comes from the errors on the validation rows " +
        "(split-conformal). Default: models answer predictions only.",
    ),
  dateParts: byColumn(
    z.union([
      z.literal("auto", 'must be auto, or a list such as ["year", "month"]'),
      z.array(z.enum(dateParts, `must be one of ${dateParts.join(", ")}`)).min(1),
    ]),
  )
    .prefault({})
    .describe(
      "Dates, times of day and timestamps to train on, by column: a list of parts that become features (" +
        `${dateParts.map((part) => `\`${part}\``).join(", ")}), or \`auto\`: year, month, dayOfWeek, daysSinceEpoch, and ` +
        "for timestamps hour; for times of day minuteOfDay. Features have names such as `sold_day_of_week`. Days of the week " +
        "are 1 (Monday) to 7.",
    ),
  dateFormats: byColumn(z.string().max(100))
    .prefault({})
    .describe(
      "Formats of dates in text columns, by column, such as `%d.%m.%Y` or `%Y-%m-%dT%H:%i:%s`, in the syntax of Athena's " +
        "date_parse (minutes are `%i`). The query converts them to dates, or to timestamps if the format has a time. A " +
        "format such as `%H:%i` describes times of day; in filters, they are timestamps of 1970-01-01.",
    ),
  segments: z
    .array(identifier)
    .max(maxSegments)
    .prefault([])
    .describe(
      "Columns or partition keys, features or not, by whose values the report and model cards break down the errors on the " +
        "test rows: numbers by quarters of the rows, text, booleans and labels by value. The target always is.",
    ),
  filter: z
    .array(condition)
    .prefault([])
    .describe("Conditions on the rows; a row that does not meet all of them is left out."),
  flow: ownFlowSchema
    .optional()
    .describe(
      "A Data Wrangler flow of your own, as Canvas exports it (`.flow`), relative to the project. Its source then reads the " +
        "query of this dataset, and the result of its last transform is split. The flow decides on types, columns and " +
        "encodings, so `dropped`, `categorical`, `encode`, `missingValues` and `servedRows` keep their defaults.",
    ),
  missingValues: z
    .enum(["keep", "drop", "impute"])
    .default("keep")
    .describe(
      "How to handle missing feature values: `keep` leaves them to the algorithms, `drop` drops the rows, `impute` " +
        "replaces missing numbers by the approximate median.",
    ),
  split: split
    .prefault(defaultFractions)
    .describe("How to split the rows. Without fractions: 0.7, 0.2 and 0.1."),
  crossValidation: crossValidation
    .optional()
    .describe(
      "Retrains each candidate that uses one of the project's algorithms on other parts of the rows, with its best " +
        "hyperparameters, and reports the mean R² and its spread. The best mean wins. Adds a job per candidate. Default: " +
        "none; `{}` uses the defaults.",
    ),
  seed: integer(0, 2147483647).default(1729).describe("Seed of the split and of tuning."),
  dataChecks: z
    .enum(["warn", "fail"])
    .default("warn")
    .describe(
      "Whether findings of the data report (duplicates across parts, columns that give the target away, ids, constants, " +
        "many missing values, drift between parts) are warnings, or make Preprocess fail.",
    ),
  countExcluded: flag(
    "Whether the data report also counts the rows that the filter and the flow exclude. Preprocess then has a second " +
      "query, which reads the filter's columns again (all of a CSV file). A local run counts them anyway.",
  ),
  selectedTable: identifier
    .optional()
    .describe(
      "Table that the saved CTAS query creates from the filtered rows. Default: `<table>_selected`.",
    ),
});

/** An existing table to train on. */
export type Source = z.output<typeof source>;

/** The table to train on. Column names are in lower case. */
export type Dataset = z.output<typeof datasetFields>;
