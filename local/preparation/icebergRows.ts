import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";

import { icebergFolder } from "../../pipeline/dataFiles/paths";
import { hashContent, hashJson } from "../caching/contentHash";
import { cacheFolder, removeOlder } from "../caching/projectCache";
import { runService } from "../environments/service";

/**
 * Writes the rows of a version of an Iceberg table to a Parquet file.
 *
 * @param folder the table's folder
 * @param asOf the version, as in `dataset.source.asOf`. Default: the latest
 * @throws UserError if the table or the version cannot be read
 */
export async function writeIcebergRows(
  folder: string,
  output: string,
  asOf?: string,
): Promise<void> {
  mkdirSync(dirname(output), { recursive: true });
  const draft = `${output}.${process.pid}.draft`;
  try {
    const request = { folder, output: draft, ...(asOf === undefined ? {} : { asOf }) };
    await runService("local.standins.athena.iceberg_rows", request);
    renameSync(draft, output);
  } finally {
    rmSync(draft, { force: true });
  }
}

/**
 * The files at a path, unless they are an Iceberg table's: then a file with its rows, which is kept for a day.
 * @throws UserError if the table or the version cannot be read
 */
export async function withoutIceberg(path: string, asOf: string | undefined): Promise<string> {
  const folder = icebergFolder(path);
  if (folder === undefined) {
    return path;
  }
  // It says which files a version has, and no file is ever changed. A table that is made anew may have the same names.
  const metadata = await hashContent(join(folder, "metadata"));
  const cache = cacheFolder("iceberg");
  const rows = join(cache, `${hashJson({ folder, metadata, asOf: asOf ?? null })}.parquet`);
  if (!existsSync(rows)) {
    await writeIcebergRows(folder, rows, asOf);
    removeOlder(rows);
  }
  return rows;
}
