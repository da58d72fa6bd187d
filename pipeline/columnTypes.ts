/** The types of Data Wrangler's cast that this project uses. */
export type FlowType = "float" | "long" | "string";

/** What Data Wrangler's cast makes of each Glue (Hive) type; of dates nothing, since they have no numeric form. */
const columnTypes: readonly (readonly [RegExp, FlowType | undefined])[] = [
  [/^(tinyint|smallint|int|bigint|boolean)$/, "long"],
  [/^(float|double|decimal\(\d{1,2}, ?\d{1,2}\))$/, "float"],
  [/^(string|(var)?char\(\d{1,5}\))$/, "string"],
  [/^(date|timestamp)$/, undefined],
];

/** Whether a Glue type is one that a table to learn from may have. */
export function isColumnType(type: string): boolean {
  return columnTypes.some(([pattern]) => pattern.test(type));
}

/** The types that {@link isColumnType} knows, for messages. */
export const knownTypes =
  "tinyint, smallint, int, bigint, boolean, float, double, decimal(p,s), string, varchar(n), char(n), date, " +
  "timestamp";

/** What Data Wrangler casts a column of a Glue type to; undefined for types without a numeric form. */
export function castType(glueType: string): FlowType | undefined {
  return columnTypes.find(([pattern]) => pattern.test(glueType))?.[1];
}

/** What Data Wrangler casts a column of a Glue type to; dropped columns of other types stay strings. */
export function flowType(glueType: string): FlowType {
  return castType(glueType) ?? "string";
}
