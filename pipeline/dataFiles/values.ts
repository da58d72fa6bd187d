import { type ColumnType, integerRange } from "../columnTypes";
import type { Dataset } from "../dataset";
import { isDay } from "../literals";

/**
 * The forms of values in text. A value of another form is silently null for Athena.
 * Source: trino's SimpleDeserializer; Athena's guide, "Lazy Simple SerDe for CSV, TSV, and custom-delimited files".
 * The local run's check (local/standins/athena/tables.py) has the same; a table of values holds the two together.
 */
const forms = {
  integer: /^[+-]?\d+$/,
  number: /^\s*[+-]?(\d+\.?\d*([eE][+-]?\d+)?|\.\d+([eE][+-]?\d+)?|NaN|Infinity)\s*$/,
  decimal: /^([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?$/,
  boolean: /^(true|false)$/i,
  timestamp: /^(\d{4}-\d{1,2}-\d{1,2}) (\d{1,2}):(\d{1,2}):(\d{1,2})(\.\d{1,9})?$/,
} as const;

function isDecimal(text: string, precision: number, scale: number): boolean {
  const [, , whole = "", fraction = "", exponent = "0"] = forms.decimal.exec(text) ?? [];
  const digits = whole + fraction;
  if (digits === "" || Math.abs(Number(exponent)) > 100) {
    return false;
  }
  // Athena rounds to the scale, halves away from zero.
  const shift = Number(exponent) - fraction.length + scale;
  const unscaled =
    shift >= 0
      ? BigInt(digits) * 10n ** BigInt(shift)
      : (BigInt(digits) + 5n * 10n ** BigInt(-shift - 1)) / 10n ** BigInt(-shift);
  return unscaled < 10n ** BigInt(precision);
}

function isInteger(text: string, bits: number): boolean {
  const [least, greatest] = integerRange(bits);
  return forms.integer.test(text) && BigInt(text) >= least && BigInt(text) <= greatest;
}

function isMoment(text: string): boolean {
  const [, day = "", hour, minute, second] = forms.timestamp.exec(text) ?? [];
  return isDay(day) && Number(hour) < 24 && Number(minute) < 60 && Number(second) < 60;
}

/** How the values of a file are written. */
type ValueForm = Pick<Dataset, "decimal" | "nullTexts" | "quoted" | "thousands">;

/** Groups of three digits, by the character between them. */
const grouped: Readonly<Record<NonNullable<ValueForm["thousands"]>, RegExp>> = {
  ",": /^[+-]?\d{1,3}(,\d{3})+([^\d,][^,]*)?$/,
  ".": /^[+-]?\d{1,3}(\.\d{3})+([^\d.][^.]*)?$/,
  " ": /^[+-]?\d{1,3}( \d{3})+([^\d ][^ ]*)?$/,
  "'": /^[+-]?\d{1,3}('\d{3})+([^\d'][^']*)?$/,
};

/** A number as Athena reads it, which the query makes of one in a file's form; "?" where it is none. */
function plainNumber(text: string, { decimal, thousands }: ValueForm): string {
  const isGrouped = thousands !== undefined && grouped[thousands].test(text);
  const whole = isGrouped ? text.replaceAll(thousands, "") : text;
  if (decimal === ".") {
    return whole;
  }
  return whole.includes(".") ? "?" : whole.replaceAll(decimal, ".");
}

/** Whether a text of a CSV file stands for a missing value. */
export function isMissing(text: string, { nullTexts, quoted }: ValueForm): boolean {
  // The second is the default of LazySimpleSerDe.
  return (
    text === "" || nullTexts.includes(text) || (text === "\\N" && !quoted && nullTexts.length !== 1)
  );
}

/** Whether a text of a CSV file is a value of a type, or is missing. */
export function isCsvValue(type: ColumnType, text: string, form: ValueForm): boolean {
  const isNumber = ["decimal", "double", "float", "integer"].includes(type.kind);
  return isMissing(text, form) || isValue(type, isNumber ? plainNumber(text, form) : text);
}

/** Whether a value that is not empty is of a type, as Athena reads text. */
export function isValue(type: ColumnType, text: string): boolean {
  switch (type.kind) {
    case "integer":
      return isInteger(text, type.bits);
    case "decimal":
      return isDecimal(text, type.precision, type.scale);
    case "float":
    case "double":
      return forms.number.test(text);
    case "boolean":
      return forms.boolean.test(text);
    case "date":
      return isDay(text);
    case "timestamp":
      return isMoment(text);
    case "char":
    case "varchar":
    case "string":
      return true;
  }
}
