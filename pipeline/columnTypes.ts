/** The types of Data Wrangler's cast that this project uses. */
type FlowType = "float" | "long" | "string";

/**
 * A supported Glue (Hive) type of a column.
 * Source: Athena's guide, "Data types in Amazon Athena"; the limits are those of Hive's LanguageManual Types.
 */
export type ColumnType =
  | { readonly kind: "integer"; readonly bits: 8 | 16 | 32 | 64 }
  | { readonly kind: "boolean" | "date" | "double" | "float" | "string" | "timestamp" }
  | { readonly kind: "char" | "varchar"; readonly length: number }
  | { readonly kind: "decimal"; readonly precision: number; readonly scale: number };

/** The types of {@link columnType}, for messages. */
export const knownTypes =
  "tinyint, smallint, int, bigint, boolean, float, double, decimal(p,s), string, varchar(n), char(n), date, " +
  "timestamp";

const integerBits = { tinyint: 8, smallint: 16, int: 32, bigint: 64 } as const;

const maxLengths = { char: 255, varchar: 65_535 } as const;

const maxPrecision = 38;

/**
 * Parses a Glue type.
 * @returns undefined if it is not supported
 */
export function columnType(type: string): ColumnType | undefined {
  const [, name = "", first, second] =
    /^([a-z]+)(?:\(([1-9]\d{0,4})(?:,(\d{1,2}))?\))?$/.exec(type) ?? [];
  const [one, two] = [Number(first), Number(second)];
  switch (name) {
    case "tinyint":
    case "smallint":
    case "int":
    case "bigint":
      return first === undefined ? { kind: "integer", bits: integerBits[name] } : undefined;
    case "boolean":
    case "date":
    case "double":
    case "float":
    case "string":
    case "timestamp":
      return first === undefined ? { kind: name } : undefined;
    case "char":
    case "varchar":
      return one <= maxLengths[name] && second === undefined
        ? { kind: name, length: one }
        : undefined;
    case "decimal":
      return one <= maxPrecision && two <= one
        ? { kind: name, precision: one, scale: two }
        : undefined;
    default:
      return undefined;
  }
}

/** Smallest and largest value of an integer type. */
export function integerRange(bits: number): readonly [bigint, bigint] {
  const half = 1n << BigInt(bits - 1);
  return [-half, half - 1n];
}

/** Data Wrangler's type for a Glue type; undefined for types without a numeric form. */
export function castType(glueType: string): FlowType | undefined {
  const type = columnType(glueType);
  switch (type?.kind) {
    case "integer":
    case "boolean":
      return "long";
    case "float":
    case "double":
    case "decimal":
      return "float";
    case "string":
    case "char":
    case "varchar":
      return "string";
    default:
      return undefined;
  }
}

/** Data Wrangler's type for a Glue type; string for types without a numeric form, whose columns are dropped. */
export function flowType(glueType: string): FlowType {
  return castType(glueType) ?? "string";
}
