import { fittedTable } from "./fittedTable";

/** Rows to show as a table, or to print as JSON. */
export interface Listing {
  readonly head: readonly string[];
  readonly rows: readonly (readonly (number | string)[])[];
  /** What `--json` prints. */
  readonly items: readonly unknown[];
}

/**
 * A listing as a table, or as one JSON document.
 * @param width max characters of a line of the table
 */
export function formatListing(listing: Listing, json: boolean, width: number): string {
  return json ? JSON.stringify(listing.items) : fittedTable(listing, width);
}

/** A number with so many significant digits, and all those before its point, or a dash if undefined. */
export function significant(value: number | undefined, digits: number): string {
  return value === undefined || !Number.isFinite(value)
    ? "-"
    : Math.abs(value) >= 10 ** digits
      ? value.toFixed(0)
      : value.toPrecision(digits);
}

/** Seconds with one decimal place, or a dash if unknown. */
export function inSeconds(value: number | undefined): string {
  return value?.toFixed(1) ?? "-";
}

/** An ISO 8601 time in UTC, without fractions of a second. */
export function toTheSecond(time: string): string {
  return time.slice(0, 19).replace("T", " ");
}
