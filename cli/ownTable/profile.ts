import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { runService } from "../../local/environments/service";
import type { Dataset } from "../../pipeline/dataset";
import type { TableFiles } from "./files";

/** A column of a table, as local/table_profile finds it. */
export interface ProfiledColumn {
  readonly name: string;
  /** What the file calls it. */
  readonly header: string | null;
  readonly type: string;
  /** Rows without a value. */
  readonly missing: number;
  readonly distinct: number;
  /** The least value, as text; empty of text. */
  readonly low: string;
  readonly high: string;
  /** A value in the middle. */
  readonly middle: string;
  /** The values of text, if they are few, the commonest first. */
  readonly labels: readonly string[];
  /** What else there is to say of it. */
  readonly remark: string;
  /** How Athena's date_parse reads the dates that it holds as text; null if it holds none. */
  readonly dateFormat: string | null;
  /** Why it is not a feature. */
  readonly drop: string | null;
}

/** What the files of a table hold. */
export interface TableProfile {
  readonly rows: number;
  /** How CSV files are written; null of Parquet. */
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
  /** Columns that give the target away, and why. */
  readonly copies: Readonly<Record<string, string>>;
  /** The columns that may be predicted, the likeliest first. */
  readonly targets: readonly string[];
  /** Columns of yes and no, which Athena reads as text. */
  readonly plainBooleans: readonly string[];
}

/**
 * Profiles the files of a table.
 *
 * @param target the column to predict, by which others are compared; undefined: none is
 * @throws UserError if they hold no table that Athena reads
 */
export async function profileTable(
  { files, format }: TableFiles,
  target: string | undefined,
): Promise<TableProfile> {
  const folder = mkdtempSync(join(tmpdir(), "restate-profile-"));
  const result = join(folder, "profile.json");
  try {
    const request = { paths: [...files], format, target: target ?? null, result };
    await runService("local.table_profile", request);
    return JSON.parse(readFileSync(result, "utf8")) as TableProfile;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
