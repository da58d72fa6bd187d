import { castType, columnType } from "../columnTypes";
import type { Report } from "../configFields";
import { addedColumns, droppedColumns, featureColumns, splitKey } from "../dataset";
import type { Dataset } from "../datasetFields";
import { columnTypes, unknownColumn } from "./names";

/** Finds problems with the table's columns, and with those that are dropped. */
export function columnProblems(dataset: Dataset, problem: Report): void {
  const { columns, flow } = dataset;
  const types = columnTypes(dataset);
  const dropped = new Set(droppedColumns(dataset));
  columns.forEach(({ name }, index) => {
    const type = types.get(name) ?? "";
    if (columns.findIndex((other) => other.name === name) < index) {
      problem(
        ["columns", index, "name"],
        `"${name}" occurs twice (names are compared in lower case)`,
      );
    }
    const isFeature = flow === undefined && !dropped.has(name);
    if (columnType(type) !== undefined && castType(type) === undefined && isFeature) {
      problem(
        ["columns", index, "type"],
        `"${name}" is a ${type}, which has no numeric form: ` +
          `list it under dropped, or turn its parts into features with dateParts: { ${name}: auto }`,
      );
    }
  });
  for (const name of new Set([splitKey, ...addedColumns(dataset)])) {
    if (types.has(name)) {
      const purpose = name === splitKey ? "the split" : "segments";
      problem(
        ["columns"],
        `"${name}" is reserved for the column that the query adds for ${purpose}; choose another name`,
      );
    }
  }
  dataset.dropped.forEach((name, index) => {
    if (!types.has(name)) {
      problem(["dropped", index], unknownColumn(name, types.keys()));
    }
  });
  if (featureColumns(dataset).length === 0) {
    problem(["columns"], "no column is left as a feature");
  }
}
