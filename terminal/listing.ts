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
 * @param width characters that a line of the table may have
 */
export function formatListing(listing: Listing, json: boolean, width: number): string {
  return json ? JSON.stringify(listing.items) : fittedTable(listing, width);
}

/** A number by its significant digits, or a dash if there is none. */
export function significant(value: number | undefined, digits: number): string {
  return value === undefined || !Number.isFinite(value) ? "-" : value.toPrecision(digits);
}

/** Seconds with one decimal, or a dash if they are not known. */
export function inSeconds(value: number | undefined): string {
  return value?.toFixed(1) ?? "-";
}

/** The minute and second of an ISO 8601 time, in UTC as it is. */
export function toTheSecond(time: string): string {
  return time.slice(0, 19).replace("T", " ");
}
