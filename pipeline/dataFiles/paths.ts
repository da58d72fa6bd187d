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
 * The folder of an Iceberg table, if a path is that or its data. Only the metadata says which rows of the files are deleted.
 * Source: Iceberg's table spec, "Row-level Deletes" and "Snapshots".
 */
export function icebergFolder(path: string): string | undefined {
  return [path, dirname(path)].find((folder) => {
    const metadata = join(folder, "metadata");
    return (
      existsSync(metadata) && readdirSync(metadata).some((name) => name.endsWith(".metadata.json"))
    );
  });
}
