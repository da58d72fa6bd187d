import { existsSync, readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";

/** The files at a path: the file itself, or those in the folder that are not hidden by Athena's rules. */
export function dataFilePaths(path: string): readonly string[] {
  if (statSync(path).isFile()) {
    return [path];
  }
  return readdirSync(path, { withFileTypes: true })
    .filter(({ name }) => !/^[._]/.test(name))
    .sort((one, other) => (one.name < other.name ? -1 : 1))
    .flatMap((entry) => dataFilePaths(join(path, entry.name)));
}

/**
 * The problem with a folder of an Iceberg table, or its data: only its metadata says which rows of the files are deleted.
 * Source: Iceberg's table spec, "Row-level Deletes" and "Snapshots".
 */
export function icebergProblem(path: string): string | undefined {
  const metadata = [path, dirname(path)].map((folder) => join(folder, "metadata"));
  return metadata.some(
    (folder) =>
      existsSync(folder) && readdirSync(folder).some((name) => name.endsWith(".metadata.json")),
  )
    ? "is a folder of an Iceberg table, whose files also hold rows that were deleted or replaced: write the current rows " +
        "to Parquet files elsewhere, as by pyiceberg's table.scan().to_arrow()"
    : undefined;
}
