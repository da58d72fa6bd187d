import { readFileSync } from "node:fs";
import { join } from "node:path";

import { runService } from "../../local/environments/service";
import type { Dataset } from "../../pipeline/datasetFields";
import type { TableFiles } from "./files";
import { inTemporaryFolder } from "../../local/storage/files";

/** A column of a table, as local/table_profile finds it. */
export interface ProfiledColumn {
  readonly name: string;
  /** Its name in the file. */
  readonly header: string | null;
  readonly type: string;
  /** Rows without a value. */
  readonly missing: number;
  readonly distinct: number;
  /** The lowest value, as a string; empty for text. */
  readonly low: string;
  readonly high: string;
  /** A value from the middle of the range. */
  readonly middle: string;
  /** The values of a text column, if there are few, the most frequent first. */
  readonly labels: readonly string[];
  /** Anything else worth knowing. */
  readonly remark: string;
  /** The format for Athena's date_parse, if it has dates as text; otherwise null. */
  readonly dateFormat: string | null;
  /** Why it should not be a feature. */
  readonly drop: string | null;
}

/** The profile of a table's files. */
export interface TableProfile {
  readonly rows: number;
  /** The dialect of CSV files; null for Parquet. */
  readonly form: {
    readonly delimiter: string;
    readonly quoted: boolean;
    readonly headerLines: number;
    readonly nullTexts: readonly string[];
    readonly thousands: NonNullable<Dataset["thousands"]> | null;
    readonly decimal: Dataset["decimal"];
  } | null;
  readonly columns: readonly ProfiledColumn[];
  /** Columns of Parquet files that a table cannot have, and why. */
  readonly skipped: Readonly<Record<string, string>>;
  /** Columns that leak the target, and why. */
  readonly copies: Readonly<Record<string, string>>;
  /** The columns that could be the target, the likeliest first. */
  readonly targets: readonly string[];
  /** Columns of yes and no, which Athena does not read as booleans. */
  readonly plainBooleans: readonly string[];
}

/**
 * Profiles the files of a table.
 *
 * @param target the column to predict, with which the others are compared; undefined if unknown
 * @throws UserError if they are not a table that Athena can read
 */
export async function profileTable(
  { files, format }: TableFiles,
  target: string | undefined,
): Promise<TableProfile> {
  return inTemporaryFolder(async (folder) => {
    const result = join(folder, "profile.json");
    const request = { paths: [...files], format, target: target ?? null, result };
    await runService("local.table_profile", request);
    return JSON.parse(readFileSync(result, "utf8")) as TableProfile;
  });
}
