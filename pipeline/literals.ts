import { type ColumnType, columnType, integerRange } from "./columnTypes";

/** A value in the stack's configuration. */
export type ConfigValue = boolean | number | string;

/** A value as SQL of a column's type, or the problem with it. */
type Literal = { readonly sql: string } | { readonly problem: string };

/** Largest finite value of a float. Source: IEEE 754, binary32. */
const maxFloat = 3.4028234663852886e38;

/** A text as an SQL string. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** "a" or "an", before a type. */
function withArticle(type: string): string {
  return `${/^[aeiou]/.test(type) ? "an" : "a"} ${type}`;
}

/** Whether a text is a valid date, as year-month-day in digits. */
export function isDay(text: string): boolean {
  const [, year, month, day] = /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(text) ?? [];
  const date = new Date(0);
  // Date.UTC would move years before 100 to the last century.
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  return (
    Number(year) > 0 &&
    date.getUTCMonth() === Number(month) - 1 &&
    date.getUTCDate() === Number(day)
  );
}

/** A decimal number without an exponent, such as 0.0000001 for "1e-7"; undefined if it is not a number. */
function plainDigits(text: string): string | undefined {
  const [, sign = "", whole, fraction = "", exponent = "0"] =
    /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/.exec(text) ?? [];
  if (whole === undefined) {
    return undefined;
  }
  const digits = whole + fraction;
  const point = whole.length + Number(exponent);
  const before = digits.slice(0, Math.max(point, 0)).padEnd(point, "0").replace(/^0+/, "") || "0";
  const after = `${"0".repeat(Math.max(-point, 0))}${digits.slice(Math.max(point, 0))}`;
  const end = after.replace(/0+$/, "");
  return `${sign}${before}${end === "" ? "" : `.${end}`}`;
}

/**
 * The digits of an exact number, which may be text, because a number in YAML could lose some.
 * @returns undefined if the value is not such a number
 */
function exactDigits(value: ConfigValue): string | undefined {
  if (typeof value === "boolean") {
    return undefined;
  }
  const digits = plainDigits(String(value));
  const isLost = plainDigits(String(Number(value))) !== digits;
  return typeof value === "number" || isLost ? digits : undefined;
}

function integer(value: ConfigValue, bits: number, type: string): Literal {
  const digits = exactDigits(value);
  if (digits === undefined || digits.includes(".")) {
    return { problem: `is not ${withArticle(type)} (write an integer, without quotes)` };
  }
  const [least, greatest] = integerRange(bits);
  if (BigInt(digits) < least || BigInt(digits) > greatest) {
    return { problem: `is out of range for ${withArticle(type)} (${least} to ${greatest})` };
  }
  return typeof value === "number" && !Number.isSafeInteger(value)
    ? { problem: "is too large for an exact number in YAML: write it in quotes" }
    : { sql: digits };
}

function decimal(value: ConfigValue, precision: number, scale: number, type: string): Literal {
  const digits = exactDigits(value);
  if (digits === undefined) {
    return { problem: `is not ${withArticle(type)} (write a number, without quotes)` };
  }
  const [whole = "", fraction = ""] = digits.replace("-", "").split(".");
  if (fraction.length > scale) {
    return { problem: `has ${fraction.length} decimal places, but a ${type} has ${scale}` };
  }
  return whole.replace(/^0$/, "").length > precision - scale
    ? {
        problem: `has ${whole.length} digits before the point, but ${type} has ${precision - scale}`,
      }
    : { sql: digits };
}

function floating(value: ConfigValue, kind: "double" | "float"): Literal {
  if (typeof value !== "number") {
    return { problem: `is not a ${kind} (write a number, without quotes)` };
  }
  if (kind === "float" && Math.abs(value) > maxFloat) {
    return { problem: "is out of range for a float (-3.4028235e38 to 3.4028235e38)" };
  }
  // Athena reads 0.1 as a decimal. A float would never equal it, or a double.
  if (kind === "float") {
    return { sql: `REAL ${quoted(String(value))}` };
  }
  return {
    sql: Number.isSafeInteger(value) ? String(value) : value.toExponential().toUpperCase(),
  };
}

function text(value: ConfigValue, maxLength: number, type: string): Literal {
  if (typeof value !== "string") {
    return { problem: `is not ${withArticle(type)} (write it in quotes)` };
  }
  return Array.from(value).length > maxLength
    ? {
        problem: `has ${Array.from(value).length} characters, but a ${type} has at most ${maxLength}`,
      }
    : { sql: quoted(value) };
}

/** Athena stores milliseconds of a timestamp. Source: Athena's guide, "Data types in Amazon Athena". */
const timestampForm = /^(\d{4}-\d{2}-\d{2})( ([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,3})?)?)?$/;

function calendar(value: ConfigValue, kind: "date" | "timestamp"): Literal {
  const form = kind === "date" ? /^(\d{4}-\d{2}-\d{2})$/ : timestampForm;
  const example = kind === "date" ? "2020-01-10" : "2020-01-10 12:30:00";
  const [, day] = form.exec(String(value)) ?? [];
  return typeof value === "string" && day !== undefined && isDay(day)
    ? { sql: `${kind.toUpperCase()} ${quoted(value)}` }
    : { problem: `is not a ${kind} (write it as "${example}", in quotes)` };
}

/**
 * A value of the configuration as an SQL literal of a column's type, because Athena does not compare types of different
 * families. Source: Trino's documentation, "Data types" and "Comparison functions and operators".
 *
 * @param type Glue type of the column
 * @throws Error if the type is not a {@link ColumnType}
 */
export function sqlLiteral(type: string, value: ConfigValue): Literal {
  const known: ColumnType | undefined = columnType(type);
  switch (known?.kind) {
    case "integer":
      return integer(value, known.bits, type);
    case "decimal":
      return decimal(value, known.precision, known.scale, type);
    case "float":
    case "double":
      return floating(value, known.kind);
    case "boolean":
      return typeof value === "boolean"
        ? { sql: String(value) }
        : { problem: "is not a boolean (write true or false, without quotes)" };
    case "date":
    case "timestamp":
      return calendar(value, known.kind);
    case "string":
      return text(value, Infinity, type);
    case "varchar":
      return text(value, known.length, type);
    case "char": {
      // Only a literal of type char ignores trailing blanks.
      const literal = text(value, known.length, type);
      return "sql" in literal ? { sql: `CAST(${literal.sql} AS ${type})` } : literal;
    }
    case undefined:
      throw new Error(`unknown type ${type}`);
  }
}
