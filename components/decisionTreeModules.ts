import { readdirSync, readFileSync } from "node:fs";
import { join, sep } from "node:path";

/** The Python package of the Decision Tree image. */
const container = join(__dirname, "..", "container", "decision_tree");

/** The part of the package that only its server needs. */
const serving = `serving${sep}`;

/**
 * What reads the models of the Decision Tree image, for a job of another image: the package's files by their paths, as
 * a JSON object. Reading them takes NumPy alone.
 */
export function decisionTreeModules(): string {
  const paths = readdirSync(container, { recursive: true, encoding: "utf8" })
    .filter((path) => /\.(json|py)$/.test(path) && !path.startsWith(serving))
    .sort();
  return JSON.stringify(
    Object.fromEntries(
      paths.map((path) => [path.replaceAll(sep, "/"), readFileSync(join(container, path), "utf8")]),
    ),
  );
}
