import { bare } from "../../pipeline/dataFiles/header";
import { isCastByQuery } from "../../pipeline/dataset";
import {
  type DatePart,
  formatType,
  type MomentType,
  partName,
  usualParts,
} from "../../pipeline/dateParts";
import type { PartitionKey } from "./files";
import type { GlueTable } from "./glueTable";
import type { ProfiledColumn, TableProfile } from "./profile";
import { counted, shown } from "./words";

/** What goes into a stack's configuration. */
export interface StackFileArgs {
  readonly region: string;
  /** The table's name in comments. */
  readonly what: string;
  readonly profile: TableProfile;
  readonly partitions: readonly PartitionKey[];
  /** The existing table to read; undefined: the stack creates one from the files. */
  readonly source: GlueTable | undefined;
  readonly table: string;
  readonly target: string;
  /** The file or folder for the key `restate:dataFile`; undefined: the data is in S3 already. */
  readonly dataFile: string | undefined;
  /** The command to try it with. */
  readonly command: string;
}

/** Words that some YAML parser does not read as a string. */
const notText = /^(y|n|yes|no|on|off|true|false|null|~)$/i;

/** A YAML scalar, quoted if it needs to be. */
function scalar(value: string | number): string {
  return typeof value === "number" || (/^[A-Za-z_]\w*$/.test(value) && !notText.test(value))
    ? String(value)
    : JSON.stringify(value);
}

const list = (values: readonly string[]): string => `[${values.map(scalar).join(", ")}]`;

/** Why a column is not a feature; undefined if it is one, or the target. */
export function reasonToDrop(
  column: ProfiledColumn,
  { copies }: TableProfile,
  target: string,
): string | undefined {
  return column.name === target ? undefined : (column.drop ?? copies[column.name]);
}

/** Whether a column holds dates, times of day or timestamps: by its type, or as text. */
function dateType({ dateFormat, type }: ProfiledColumn): MomentType | undefined {
  if (dateFormat !== null) {
    return formatType(dateFormat);
  }
  return type === "date" || type === "timestamp" ? type : undefined;
}

/** Whether a column's values are in the order of time. */
function isDated(column: ProfiledColumn): boolean {
  return ["date", "timestamp"].includes(dateType(column) ?? "");
}

/** The parts of a date to use as features: the usual ones, except constant parts and names of existing columns. */
function partsOf(column: ProfiledColumn, { columns }: TableProfile): readonly DatePart[] {
  const { high, low, name } = column;
  // Dates begin with the year and the month, as 2024-01.
  const isSame = (length: number): boolean =>
    low !== "" && low.slice(0, length) === high.slice(0, length);
  const constant: readonly DatePart[] = [
    ...(isSame(4) ? (["year"] as const) : []),
    ...(isSame(7) ? (["month"] as const) : []),
  ];
  return usualParts(dateType(column) ?? "date").filter(
    (part) => !constant.includes(part) && !columns.some((one) => one.name === partName(name, part)),
  );
}

/** What a column contains, in a few words. */
function content(column: ProfiledColumn, target: string): string {
  const { distinct, high, labels, low, missing, remark, type } = column;
  const words: string[] = column.name === target ? ["the target"] : [];
  if (labels.length > 0) {
    const few = labels.slice(0, 3).map((label) => shown(label, 20));
    words.push(`${counted(distinct, "label")}: ${few.join(", ")}${distinct > 3 ? ", …" : ""}`);
  } else if (low !== "") {
    words.push(`${low} to ${high}`);
  } else if (type === "string" && distinct > 0) {
    words.push(counted(distinct, "value"));
  }
  if (missing > 0) {
    words.push(`missing in ${counted(missing, "row")}`);
  }
  return [...words, ...(remark === "" ? [] : [remark])].join("; ");
}

/** What Athena reads differently than one may expect, and how the table is declared for it. */
export function formRemarks(profile: TableProfile): readonly string[] {
  const { form, plainBooleans } = profile;
  if (form === null) {
    return ["Athena matches the columns of Parquet files by name."];
  }
  const written = {
    ...form,
    thousands: form.thousands ?? undefined,
    nullTexts: [...form.nullTexts],
  };
  const isCast = isCastByQuery(written);
  const signs = form.thousands !== null || form.decimal !== ".";
  return [
    form.quoted
      ? "Values are in double quotes: Athena reads all of them as text through OpenCSVSerde, and the query casts them."
      : isCast
        ? "Athena reads all values as text through LazySimpleSerDe, which supports " +
          `${signs ? "no numbers in this format" : "only one null text"}, and the query casts them.`
        : "Athena reads the files through LazySimpleSerDe.",
    form.headerLines === 0
      ? "The files have no header: the columns are c1, c2, ... in order."
      : `Athena skips ${counted(form.headerLines, "line")} at the top, and reads columns by position.`,
    ...(form.nullTexts.includes("")
      ? ["Empty text is not NULL in Athena; nullTexts makes it missing."]
      : []),
    ...(plainBooleans.length === 0
      ? []
      : [`Athena's booleans are only true and false; used as text: ${plainBooleans.join(", ")}.`]),
  ];
}

/** The columns, one line each, with what they contain. */
function columnLines({ profile, target }: StackFileArgs): readonly string[] {
  const hasHeader = (profile.form?.headerLines ?? 0) > 0;
  const fields = profile.columns.map(({ header, name, type }) => {
    const own =
      hasHeader && header !== null && bare(header) !== bare(name)
        ? `, header: ${JSON.stringify(header)}`
        : "";
    return `- { name: ${scalar(name)}, type: ${/^\w+$/.test(type) ? type : JSON.stringify(type)}${own} }`;
  });
  const width = Math.max(...fields.map((field) => Math.min(field.length, 60)));
  return profile.columns.map((column, place) => {
    const words = content(column, target);
    const field = fields[place] ?? "";
    return words === "" ? field : `${field.padEnd(width)} # ${words}`;
  });
}

/** An example of a filter, with a value from the middle of the column. */
function filterExample(column: ProfiledColumn): string | undefined {
  const name = scalar(column.name);
  const [label] = column.labels;
  if (label !== undefined) {
    return `- { column: ${name}, operator: in, values: [${JSON.stringify(label)}] }`;
  }
  if (column.middle === "" || dateType(column) === "time") {
    return undefined;
  }
  const value = isDated(column) ? JSON.stringify(column.middle.slice(0, 10)) : column.middle;
  return `- { column: ${name}, operator: ">=", value: ${value} }`;
}

function filterLines({ profile, target }: StackFileArgs): readonly string[] {
  const kinds = [
    profile.columns.find(({ labels, name }) => name !== target && labels.length > 1),
    profile.columns.find(isDated),
    profile.columns.find(({ name }) => name === target),
  ];
  const examples = kinds.flatMap((column) => (column && filterExample(column)) ?? []);
  return [
    "# Rows to use (with countExcluded: true, the others are counted in AWS too), such as:",
    "# filter:",
    ...examples.map((one) => `#   ${one}`),
  ];
}

/** Up to this many rows, a few more models take little time, and cross-validation tells more than the test rows. */
const fewRows = 5_000;

/** Up to this many rows, there are about a hundred test rows or fewer. */
const veryFewRows = 1_000;

/** Cross-validation, if there are few rows: how much R² varies. */
function crossValidationLines({ rows }: TableProfile): readonly string[] {
  if (rows === 0 || rows > fewRows) {
    return [];
  }
  const repeats = rows > veryFewRows ? "" : ", repeats: 3";
  return [
    "# Few rows: the candidates are trained on other parts of them too, to see how far R² varies.",
    `crossValidation: { folds: 5${repeats} }`,
  ];
}

/** How to split by time, if a column has a date in every row. */
function splitLines({ profile: { columns }, target }: StackFileArgs): readonly string[] {
  const time = columns.find(
    (column) =>
      column.name !== target &&
      column.missing === 0 &&
      (isDated(column) || column.remark.startsWith("times in the format %Y-%m-%d")),
  );
  return [
    ...(time === undefined
      ? []
      : [
          "# To test on the latest rows, as for a model that predicts the future:",
          `# split: { by: time, column: ${scalar(time.name)} }`,
        ]),
    "split: { train: 0.7, validation: 0.2, test: 0.1 }",
  ];
}

function formLines({ form }: TableProfile): readonly string[] {
  if (form === null) {
    return ["format: parquet"];
  }
  return [
    `headerLines: ${form.headerLines}`,
    `delimiter: ${JSON.stringify(form.delimiter)}`,
    ...(form.quoted ? ["quoted: true"] : []),
    ...(form.nullTexts.length > 0 ? [`nullTexts: ${list(form.nullTexts)}`] : []),
    ...(form.thousands === null ? [] : [`thousands: ${JSON.stringify(form.thousands)}`]),
    ...(form.decimal === "." ? [] : [`decimal: ${JSON.stringify(form.decimal)}`]),
  ];
}

/** The features, grouped by encoding. */
export function features(
  profile: TableProfile,
  target: string,
): {
  readonly numbers: number;
  readonly oneHot: readonly ProfiledColumn[];
  /** Text with many labels, encoded by the mean target of each. */
  readonly byTarget: readonly ProfiledColumn[];
  readonly dates: readonly ProfiledColumn[];
} {
  const kept = profile.columns.filter(
    (column) => column.name !== target && reasonToDrop(column, profile, target) === undefined,
  );
  const dates = kept.filter((column) => dateType(column) !== undefined);
  const texts = kept.filter(
    (column) => /^(string|varchar|char)/.test(column.type) && !dates.includes(column),
  );
  // The profile lists the labels if there are few.
  const byTarget = texts.filter(({ distinct, labels }) => distinct > labels.length);
  const oneHot = texts.filter((column) => !byTarget.includes(column));
  return { numbers: kept.length - texts.length - dates.length, oneHot, byTarget, dates };
}

/** The existing table to read. */
function sourceLines({
  baseTables,
  catalog,
  database,
  form,
  location,
  table,
}: GlueTable): readonly string[] {
  const within = catalog === undefined ? "" : `catalog: ${scalar(catalog)}, `;
  const bases = baseTables.length === 0 ? "" : `, baseTables: ${list(baseTables)}`;
  return [
    "# The stack only reads this table. If Lake Formation governs it, its administrator must grant SELECT and DESCRIBE",
    "# to the role restate-<stack>-processing.",
    `source: { ${within}database: ${scalar(database)}, table: ${scalar(table)}${bases} }`,
    location === undefined
      ? "# If a KMS key encrypts the table bucket, add kmsKeyArn: <ARN of the key>."
      : "# The roles may read these files. If a KMS key encrypts them, add kmsKeyArn: <ARN of the key>.",
    ...(location === undefined ? [] : [`location: ${JSON.stringify(location)}`]),
    "# On this machine, the rows come from --data: " +
      (form === null ? "Parquet with these columns." : "files in the table's own format."),
  ];
}

/** The dates whose parts become features, and the formats of dates in text. */
function dateLines({ profile, target }: StackFileArgs): readonly string[] {
  const { dates } = features(profile, target);
  const formats = profile.columns.flatMap(({ dateFormat, name }) =>
    dateFormat === null ? [] : [`  ${scalar(name)}: ${JSON.stringify(dateFormat)}`],
  );
  return [
    ...(formats.length === 0
      ? []
      : ["# Formats of dates and times in text.", "dateFormats:", ...formats]),
    ...(dates.length === 0
      ? []
      : [
          "# Parts of dates and times that become features, such as sold_year. docs/reference.md lists all parts.",
          "dateParts:",
          ...dates.map((date) => `  ${scalar(date.name)}: ${list(partsOf(date, profile))}`),
        ]),
  ];
}

/** The dataset's keys, one line each. */
function datasetLines(args: StackFileArgs): readonly string[] {
  const { partitions, profile, source, table, target } = args;
  const drops = profile.columns.flatMap((column) => {
    const reason = reasonToDrop(column, profile, target);
    return reason === undefined ? [] : [`  - ${scalar(column.name)} # ${shown(reason, 200)}`];
  });
  const { byTarget, oneHot } = features(profile, target);
  const keys = partitions.map(({ name, type }) => `  - { name: ${scalar(name)}, type: ${type} }`);
  return [
    `table: ${scalar(table)}`,
    ...(source === undefined ? formRemarks(profile) : []).map((line) => `# ${line}`),
    ...(source === undefined ? [] : sourceLines(source)),
    ...formLines(profile),
    "columns:",
    ...columnLines(args).map((line) => `  ${line}`),
    ...Object.entries(profile.skipped).map(
      ([name, why]) => `  # ${shown(name)}: left out, ${shown(why, 200)}`,
    ),
    ...(keys.length === 0 ? [] : ["partitions:", ...keys]),
    `target: ${scalar(target)}`,
    ...(drops.length === 0
      ? []
      : ["# Columns that are not features, with the reason.", "dropped:", ...drops]),
    ...dateLines(args),
    oneHot.length === 0
      ? "# Columns with a few integer codes can be encoded one-hot: categorical: [name]"
      : `# Text is encoded one-hot: ${oneHot.map(({ name }) => name).join(", ")}. Number codes can be too: categorical: [name]`,
    ...(byTarget.length === 0
      ? []
      : [
          "# Text with many labels, or some that differ only by case, becomes each label's mean target in the train rows.",
          "# docs/own-table.md lists alternatives.",
          "encode:",
          ...byTarget.map(({ name }) => `  ${scalar(name)}: { as: target }`),
        ]),
    ...filterLines(args),
    "# Missing features: keep (the algorithms handle them), drop (the rows), impute (the median).",
    "missingValues: keep",
    ...splitLines(args),
    ...crossValidationLines(profile),
  ];
}

/** A stack's configuration for a table, with comments on what was found and why each line is there. */
export function stackFile(args: StackFileArgs): string {
  const { command, dataFile, profile, region, what } = args;
  const size = [
    ...(profile.rows === 0 ? [] : [counted(profile.rows, "row")]),
    counted(profile.columns.length, "column"),
  ].join(", ");
  return [
    `# Configuration for your own table: ${shown(what, 200)} (${size}). Try it without an account:`,
    `#   ${command}`,
    "# docs/own-table.md explains the dataset, docs/reference.md lists every key.",
    "config:",
    `  aws:region: ${region}`,
    "  restate:dataset:",
    ...datasetLines(args).map((line) => `    ${line}`),
    ...(dataFile === undefined
      ? []
      : [
          "  # `pulumi up` uploads this, and the local run reads it.",
          `  restate:dataFile: ${JSON.stringify(dataFile)}`,
        ]),
    "  # A stack for experiments: cheap, and can be destroyed with everything in it.",
    "  restate:network:",
    "    mode: none",
    "  restate:protect: false",
    "  restate:forceDestroy: true",
    "",
  ].join("\n");
}
