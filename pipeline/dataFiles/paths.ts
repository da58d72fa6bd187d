import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";

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
