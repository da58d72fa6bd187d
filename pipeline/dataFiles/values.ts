import { type ColumnType, integerRange } from "../columnTypes";
import { isDay } from "../literals";

/**
 * The forms of values in text. A value of another form is null for Athena, without a word.
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
