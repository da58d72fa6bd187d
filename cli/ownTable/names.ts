import { basename } from "node:path";

import { stackNameProblems } from "../../contract/names";

/** Words of a file's name, in lower case. */
function nameWords(path: string): readonly string[] {
  const name = basename(path).replace(/(\.(csv|tsv|txt|data|parquet|gz|bz2))+$/i, "");
  // Without accents, like the columns' names in local/table_profile.
  const plain = name.replaceAll("ß", "ss").normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  return plain.split(/[^a-z0-9]+/).filter((word) => word !== "");
}

/** The name of the Glue table. */
export function tableName(path: string): string {
  const name = nameWords(path).join("_").slice(0, 60).replace(/_$/, "");
  return /^[a-z]/.test(name) ? name : `table${name === "" ? "" : `_${name}`}`;
}

/** The name of a stack for the file, short enough for every physical name. */
export function stackName(path: string): string {
  const words = tableName(path).replaceAll("_", "-").slice(0, 20).replace(/-$/, "");
  // Some words between hyphens are reserved, such as model: without hyphens there are none.
  const name = stackNameProblems(words).length === 0 ? words : words.replaceAll("-", "");
  return name === "dev" || name === "prod" ? `${name}-table` : name;
}
