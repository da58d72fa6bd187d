import { basename } from "node:path";

import { stackNameProblems } from "../../contract/names";

/** Words of a file's name, in lower case. */
function nameWords(path: string): readonly string[] {
  const name = basename(path).replace(/(\.(csv|tsv|txt|data|parquet|gz|bz2))+$/i, "");
  const plain = name.normalize("NFKD").toLowerCase();
  return plain.split(/[^a-z0-9]+/).filter((word) => word !== "");
}

/** Name of a table, as Glue has it. */
export function tableName(path: string): string {
  const name = nameWords(path).join("_").slice(0, 60).replace(/_$/, "");
  return /^[a-z]/.test(name) ? name : `table${name === "" ? "" : `_${name}`}`;
}

/** Name of a stack for the file: what every physical name can carry. */
export function stackName(path: string): string {
  const words = tableName(path).replaceAll("_", "-").slice(0, 20).replace(/-$/, "");
  // In one word it says nothing that names of other stacks begin with.
  const name = stackNameProblems(words).length === 0 ? words : words.replaceAll("-", "");
  return name === "dev" || name === "prod" ? `${name}-table` : name;
}
