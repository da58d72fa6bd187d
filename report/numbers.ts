/** A number to read, with at most so many digits after the point; a dash if there is none. */
export function decimal(value: number | undefined, digits: number): string {
  return value === undefined || !Number.isFinite(value)
    ? "–"
    : value.toLocaleString("en-US", { maximumFractionDigits: digits });
}

/** A number to read, with so many significant digits; a dash if there is none. */
export function significant(value: number | undefined, digits = 4): string {
  return value === undefined || !Number.isFinite(value)
    ? "–"
    : value.toLocaleString("en-US", { maximumSignificantDigits: digits });
}

/** A score such as R²: four digits after the point, so that columns line up. */
export function score(value: number | undefined): string {
  return value === undefined || !Number.isFinite(value) ? "–" : value.toFixed(4);
}

/** A share to read, in percent. */
export function percent(share: number): string {
  return `${decimal(100 * share, 1)} %`;
}

/** A duration to read. */
export function duration(seconds: number): string {
  if (seconds < 60) {
    return `${seconds.toFixed(1)} s`;
  }
  const whole = Math.round(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60)];
  return hours > 0 ? `${hours} h ${minutes} min` : `${minutes} min ${whole % 60} s`;
}

/** A hyperparameter to read: long numbers with four significant digits, all else as it is. */
export function hyperparameter(value: string | undefined): string {
  const number = Number(value);
  return value === undefined
    ? "–"
    : value.length > 8 && Number.isFinite(number)
      ? String(Number(number.toPrecision(4)))
      : value;
}

/** The smallest of 1, 2 or 5 times a power of ten that is not below a positive number. */
export function niceAbove(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((factor) => factor * power).find((nice) => nice >= value) ?? 10 * power;
}
