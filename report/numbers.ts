/** A number for people, with at most so many decimal places; a dash if undefined. */
export function decimal(value: number | undefined, digits: number): string {
  return value === undefined || !Number.isFinite(value)
    ? "–"
    : value.toLocaleString("en-US", { maximumFractionDigits: digits });
}

/** A number for people, with so many significant digits; a dash if undefined. */
export function significant(value: number | undefined, digits = 4): string {
  return value === undefined || !Number.isFinite(value)
    ? "–"
    : value.toLocaleString("en-US", { maximumSignificantDigits: digits });
}

/** A score such as R²: always four decimal places, so that columns line up. */
export function score(value: number | undefined): string {
  return value === undefined || !Number.isFinite(value) ? "–" : value.toFixed(4);
}

/** A share for people, in percent. */
export function percent(share: number): string {
  return `${decimal(100 * share, 1)} %`;
}

/** A hyperparameter for people: long numbers with four significant digits, everything else unchanged. */
export function hyperparameter(value: string | undefined): string {
  const number = Number(value);
  return value === undefined
    ? "–"
    : value.length > 8 && Number.isFinite(number)
      ? String(Number(number.toPrecision(4)))
      : value;
}

/** Rounds a positive number up to 1, 2 or 5 times a power of ten. */
export function niceAbove(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((factor) => factor * power).find((nice) => nice >= value) ?? 10 * power;
}
