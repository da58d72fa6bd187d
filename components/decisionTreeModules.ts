import { readdirSync, readFileSync } from "node:fs";
import { join, sep } from "node:path";

/** The Python package of the Decision Tree image. */
const container = join(__dirname, "..", "container", "decision_tree");

/** The modules of the package's server. */
const serving = `serving${sep}`;

/**
 * The package's files by path, as JSON, for jobs of other images that read the Decision Tree image's models, which
 * only requires NumPy.
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
