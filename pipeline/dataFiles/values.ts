import { type ColumnType, integerRange } from "../columnTypes";
import type { Dataset } from "../datasetFields";
import { isDay } from "../literals";

/**
 * The forms of values in text. Athena silently reads values of other forms as null.
 * Source: trino's SimpleDeserializer; Athena's guide, "Lazy Simple SerDe for CSV, TSV, and custom-delimited files".
 * The local run's check (local/standins/athena/tables.py) has the same ones; a shared table of values tests both.
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

/** The form of a file's values. */
type ValueForm = Pick<Dataset, "decimal" | "nullTexts" | "quoted" | "thousands">;

/** Numbers with thousands separators, by separator. */
const grouped: Readonly<Record<NonNullable<ValueForm["thousands"]>, RegExp>> = {
  ",": /^[+-]?\d{1,3}(,\d{3})+([^\d,][^,]*)?$/,
  ".": /^[+-]?\d{1,3}(\.\d{3})+([^\d.][^.]*)?$/,
  " ": /^[+-]?\d{1,3}( \d{3})+([^\d ][^ ]*)?$/,
  "'": /^[+-]?\d{1,3}('\d{3})+([^\d'][^']*)?$/,
};

/** Converts a number from a file's form to Athena's, like the query; "?" if it is not a number. */
function plainNumber(text: string, { decimal, thousands }: ValueForm): string {
  const isGrouped = thousands !== undefined && grouped[thousands].test(text);
  const whole = isGrouped ? text.replaceAll(thousands, "") : text;
  if (decimal === ".") {
    return whole;
  }
  return whole.includes(".") ? "?" : whole.replaceAll(decimal, ".");
}

/** Whether a text in a CSV file means a missing value. */
export function isMissing(text: string, { nullTexts, quoted }: ValueForm): boolean {
  // The second is the default of LazySimpleSerDe.
  return (
    text === "" || nullTexts.includes(text) || (text === "\\N" && !quoted && nullTexts.length !== 1)
  );
}

/** Whether a text in a CSV file is a value of a type, or missing. */
export function isCsvValue(type: ColumnType, text: string, form: ValueForm): boolean {
  const isNumber = ["decimal", "double", "float", "integer"].includes(type.kind);
  return isMissing(text, form) || isValue(type, isNumber ? plainNumber(text, form) : text);
}

/** Whether Athena reads a non-empty text as a value of a type. */
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
