import {
  isCastByQuery,
  partColumns,
  percentEncoded,
  segmentColumn,
  splitKey,
  tableBucket,
  typeInQuery,
} from "./dataset";
import { asOfSql, type Dataset } from "./datasetFields";
import { columnType } from "./columnTypes";
import type { FlowSource } from "./flow";
import { formatType, sqlOfParts } from "./dateParts";
import { type ConfigValue, quoted, sqlLiteral } from "./literals";

/** Max characters of a processing job's query. Source: AthenaQueryString in the service model. */
const maxQueryLength = 4096;

/** The workgroup's max bytes that a query may scan: 100 GiB. */
export const queryScanLimit = 100 * 1024 ** 3;

function quotedIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** The database that a query names no tables of: the account's own catalogue has it, whatever the table's catalogue. */
const anyDatabase = "default";

/** The database of the account's own catalogue in which the query runs. */
export function queryDatabase(dataset: Dataset, database: string): string {
  return tableBucket(dataset.source) === undefined ? database : anyDatabase;
}

/** Athena's names in queries of types with other names in Glue. */
const queryTypes: Readonly<Record<string, string>> = { float: "real", int: "integer" };

/** A column in its type. If the table has text, null texts are missing, and so are empty values of types other than text. */
function columnSql(dataset: Dataset, name: string): string {
  const column = quotedIdentifier(name);
  const type = typeInQuery(dataset, name) ?? "string";
  const format = dataset.dateFormats[name];
  const isCast = isCastByQuery(dataset) && !dataset.partitions.some((key) => key.name === name);
  if (!isCast && format === undefined) {
    return column;
  }
  const kind = columnType(type)?.kind ?? "string";
  const isText = ["char", "string", "varchar"].includes(kind);
  const nulls = new Set([...(isText ? [] : [""]), ...(isCast ? dataset.nullTexts : [])]);
  let value = [...nulls].reduce((sql, text) => `NULLIF(${sql}, ${quoted(text)})`, column);
  if (format !== undefined) {
    value = `date_parse(${value}, ${quoted(format)})`;
    return formatType(format) === "date" ? `CAST(${value} AS date)` : value;
  }
  if (["decimal", "double", "float", "integer"].includes(kind)) {
    const { decimal, thousands } = dataset;
    value = thousands === undefined ? value : `REPLACE(${value}, ${quoted(thousands)}, '')`;
    value = decimal === "." ? value : `REPLACE(${value}, ${quoted(decimal)}, '.')`;
  }
  return kind === "string" ? value : `CAST(${value} AS ${queryTypes[type] ?? type})`;
}

function namedSql(name: string, value: string): string {
  const column = quotedIdentifier(name);
  return value === column ? column : `${value} AS ${column}`;
}

function conditionSql(dataset: Dataset, one: Dataset["filter"][number]): string {
  const left = columnSql(dataset, one.column);
  const type = typeInQuery(dataset, one.column) ?? "";
  const literal = (value: ConfigValue): string => {
    const rendered = sqlLiteral(type, value);
    if ("problem" in rendered) {
      throw new Error(`filter by ${one.column}: ${JSON.stringify(value)} ${rendered.problem}`);
    }
    return rendered.sql;
  };
  switch (one.operator) {
    case "is null":
    case "is not null":
      return `${left} ${one.operator.toUpperCase()}`;
    case "in":
    case "not in":
      return `${left} ${one.operator.toUpperCase()} (${one.values.map(literal).join(", ")})`;
    default:
      return `${left} ${one.operator} ${literal(one.value)}`;
  }
}

/** The split key as text, so that no later cast changes it; dates and timestamps are in ISO 8601. */
function splitKeySql(dataset: Dataset): readonly string[] {
  const { column } = dataset.split;
  return column === undefined
    ? []
    : [`CAST(${columnSql(dataset, column)} AS varchar) AS ${quotedIdentifier(splitKey)}`];
}

/** The columns to break errors down by; empty text if there is no value, because a flow may drop rows without one. */
function segmentsSql(dataset: Dataset): readonly string[] {
  return dataset.segments.map((name, place) => {
    const text = `CAST(${columnSql(dataset, name)} AS varchar)`;
    return `COALESCE(url_encode(${text}), '') AS ${quotedIdentifier(segmentColumn(place))}`;
  });
}

/**
 * The table's columns on their way to Preprocess. If the table's own rows are served, Spark's CSV must not change quotes,
 * line breaks and blanks in labels, so text is percent-encoded, and blank text is missing.
 */
function travellingColumns(dataset: Dataset): readonly string[] {
  const encoded = new Set(percentEncoded(dataset));
  return dataset.columns.map(({ name }) => {
    const value = columnSql(dataset, name);
    return namedSql(name, encoded.has(name) ? `url_encode(NULLIF(TRIM(${value}), ''))` : value);
  });
}

/** The filter's conditions, or some of them; empty if there is none. */
function filterSql(dataset: Dataset, filter = dataset.filter): string {
  return filter.map((one) => conditionSql(dataset, one)).join(" AND ");
}

const whereSql = (conditions: string): string => (conditions === "" ? "" : ` WHERE ${conditions}`);

/** The table, the stack's own or an existing one in its version. */
function tableSql(dataset: Dataset, ownDatabase: string): string {
  const { source } = dataset;
  const own = { database: dataset.database ?? ownDatabase, table: dataset.table };
  const { database, table } = source ?? own;
  const catalog = tableBucket(source) === undefined ? [] : [source?.catalog ?? ""];
  const asOf = source?.asOf === undefined ? "" : ` FOR ${asOfSql(source.asOf)}`;
  return `${[...catalog, database, table].map(quotedIdentifier).join(".")}${asOf}`;
}

/** Reads columns of the filtered rows, then the parts of dates, and `others`. */
function selectRows(
  dataset: Dataset,
  database: string,
  columns: readonly string[],
  others: readonly string[] = [],
): string {
  const parts = partColumns(dataset).map(({ name, part, source }) =>
    namedSql(name, sqlOfParts[part](columnSql(dataset, source))),
  );
  const items = [...columns, ...parts, ...others].join(", ");
  return `SELECT ${items} FROM ${tableSql(dataset, database)}${whereSql(filterSql(dataset))}`;
}

/**
 * Whether `*` reads what a list of these columns reads: the table has no others, such as partition keys or, if it is not the
 * stack's own, those that the configuration does not list; and no column is converted.
 */
function isWholeTable({ columns, partitions, source }: Dataset, sql: readonly string[]): boolean {
  const isBare = columns.every(({ name }, index) => sql[index] === quotedIdentifier(name));
  return source === undefined && partitions.length === 0 && isBare;
}

/**
 * The Athena query that reads the rows to train on, with the split key and the segments. It lists the columns, unless that
 * is too long for a processing job and `*` reads the same.
 * @param database the stack's database
 */
export function datasetQuery(dataset: Dataset, database: string): string {
  const columns = travellingColumns(dataset);
  const others = [...splitKeySql(dataset), ...segmentsSql(dataset)];
  const listed = selectRows(dataset, database, columns, others);
  return listed.length > maxQueryLength && isWholeTable(dataset, columns)
    ? selectRows(dataset, database, ["*"], others)
    : listed;
}

/**
 * The Athena query that counts the table's rows, and those that {@link datasetQuery} reads. Like that one, it only reads the
 * partitions that the filter selects: others may be large, and those of an injected projection must be named.
 */
function countQuery(dataset: Dataset, database: string): string {
  const keys = new Set(dataset.partitions.map(({ name }) => name));
  const read = dataset.filter.filter(({ column }) => keys.has(column));
  const others = filterSql(
    dataset,
    dataset.filter.filter((one) => !read.includes(one)),
  );
  const selected = others === "" ? "count(*)" : `count_if(${others})`;
  const from = `${tableSql(dataset, database)}${whereSql(filterSql(dataset, read))}`;
  return `SELECT count(*) AS table_rows, ${selected} AS selected_rows FROM ${from}`;
}

/**
 * What the pipeline asks Athena.
 * @param ownDatabase the stack's database
 * @param queryOutput S3 URI for the results
 */
export function flowSource(dataset: Dataset, ownDatabase: string, queryOutput: string): FlowSource {
  return {
    database: queryDatabase(dataset, ownDatabase),
    query: datasetQuery(dataset, ownDatabase),
    countQuery: dataset.countExcluded ? countQuery(dataset, ownDatabase) : undefined,
    queryOutput,
  };
}

/** The saved query that creates a Parquet table of the rows to train on. */
export function selectedTableQuery(dataset: Dataset, database: string): string {
  const table = dataset.selectedTable ?? `${dataset.table}_selected`;
  const columns = dataset.columns.map(({ name }) => namedSql(name, columnSql(dataset, name)));
  return (
    `CREATE TABLE ${quotedIdentifier(database)}.${quotedIdentifier(table)} ` +
    `WITH (format = 'PARQUET') AS ${selectRows(dataset, database, columns)}`
  );
}
