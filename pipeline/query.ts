import type { Dataset } from "./dataset";

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
