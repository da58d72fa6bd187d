import { columnType } from "../columnTypes";
import type { Report } from "../configFields";
import type { Dataset } from "../datasetFields";
import { type ConfigValue, sqlLiteral } from "../literals";
import { readableTypes, unknownColumn } from "./names";

/** Finds problems with the filter's columns, and values that they cannot have. */
export function filterProblems(dataset: Dataset, problem: Report): void {
  const types = readableTypes(dataset);
  dataset.filter.forEach((one, index) => {
    const { column, operator } = one;
    const type = types.get(column);
    if (type === undefined) {
      problem(["filter", index, "column"], unknownColumn(column, types.keys()));
      return;
    }
    // An unknown type is reported as such.
    if (columnType(type) === undefined) {
      return;
    }
    const key = dataset.partitions.find(({ name }) => name === column)?.projection;
    const compared = (path: (number | string)[], value: ConfigValue): void => {
      const shown = `${column}: ${JSON.stringify(value)}`;
      const isListed = key?.type !== "enum" || key.values.includes(String(value));
      if (!isListed && ["=", "in"].includes(operator)) {
        // Athena would silently read no partition.
        problem(
          ["filter", index, ...path],
          `${shown} is not one of the projected values, ${key.values.join(", ")}`,
        );
      }
      const literal = sqlLiteral(type, value);
      if ("problem" in literal) {
        problem(["filter", index, ...path], `${shown} ${literal.problem}`);
      }
    };
    if ("value" in one) {
      compared(["value"], one.value);
    } else if ("values" in one) {
      one.values.forEach((value, place) => {
        compared(["values", place], value);
      });
    }
  });
}
