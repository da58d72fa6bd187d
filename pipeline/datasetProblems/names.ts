import { typeInQuery } from "../dataset";
import type { Dataset } from "../datasetFields";

/** The types of the table's columns by name, as the query returns them. */
export function columnTypes(dataset: Dataset): ReadonlyMap<string, string> {
  return new Map(
    dataset.columns.map(({ name, type }) => [name, typeInQuery(dataset, name) ?? type]),
  );
}

/** The types of the columns that filters and segments may name: the table's, and its partition keys. */
export function readableTypes(dataset: Dataset): ReadonlyMap<string, string> {
  const keys = dataset.partitions.map(({ name, type }) => [name, type] as const);
  return new Map([...columnTypes(dataset), ...keys]);
}

/** Says that a name is none of a table's columns. */
export function unknownColumn(name: string, names: Iterable<string>): string {
  return `"${name}" is not one of the columns: ${[...names].join(", ")}`;
}
