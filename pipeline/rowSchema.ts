import { castType } from "./columnTypes";
import { droppedColumns, partColumns } from "./dataset";
import type { Dataset } from "./datasetFields";
import type { JsonObject } from "./language/json";

/** The name of the schema's file. */
export const rowSchemaFile = "row_schema.json";

/** LazySimpleSerDe's default. Source: Hive's LazySimpleSerDe, serialization.null.format. */
const defaultNullText = "\\N";

/** Missing values in the table's files, in addition to empty text. A single one replaces the SerDe's default. */
function nullTexts({ format, nullTexts: given, quoted }: Dataset): readonly string[] {
  const hasOwn = format === "csv" && !quoted && given.length !== 1;
  return hasOwn ? [...given, defaultNullText] : given;
}

/**
 * The part of the encoding document that Preprocess does not learn. `container/decision_tree/encoding/document.py` reads it.
 */
export function rowSchema(dataset: Dataset): JsonObject {
  const { dateFormats, dateParts, dropped, target } = dataset;
  const unused = [target, ...droppedColumns(dataset)];
  const parts = partColumns(dataset);
  return {
    format: "restate-row-encoding",
    formatVersion: 1,
    table: dataset.table,
    target,
    delimiter: dataset.delimiter,
    nullTexts: [...nullTexts(dataset)],
    decimal: dataset.decimal,
    thousands: dataset.thousands ?? null,
    missingValues: dataset.missingValues,
    columns: dataset.columns
      .filter(({ name }) => name !== target)
      .map(({ name, type }) => {
        const own = parts.filter(({ source }) => source === name);
        const format = castType(type) === "string" ? dateFormats[name] : undefined;
        const used =
          !unused.includes(name) || (dateParts[name] !== undefined && !dropped.includes(name));
        return {
          name,
          type,
          used,
          ...(format === undefined ? {} : { dateFormat: format }),
          ...(own.length === 0
            ? {}
            : { parts: Object.fromEntries(own.map((one) => [one.name, one.part])) }),
        };
      }),
  };
}
