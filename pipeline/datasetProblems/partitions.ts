import type { Report } from "../configFields";
import type { Dataset } from "../datasetFields";
import type { Projection } from "../partitions";

/** The Glue types that each kind of projection can compute. */
const projectedTypes: Readonly<Record<Projection["type"], readonly string[]>> = {
  enum: ["string"],
  integer: ["tinyint", "smallint", "int", "bigint"],
  date: ["string", "date"],
  injected: ["string", "int", "bigint"],
};

/** Finds problems with the partition keys. */
export function partitionProblems({ columns, filter, partitions }: Dataset, problem: Report): void {
  const names = new Set(columns.map(({ name }) => name));
  const isProjected = partitions.some((key) => key.projection !== undefined);
  partitions.forEach(({ name, projection, type }, index) => {
    if (names.has(name)) {
      problem(["partitions", index, "name"], `"${name}" occurs twice`);
    }
    names.add(name);
    const path = ["partitions", index, "projection"];
    if (projection === undefined) {
      if (isProjected) {
        problem(path, "is missing: Athena projects all partition keys of a table, or none");
      }
      return;
    }
    const types = projectedTypes[projection.type];
    if (!types.includes(type)) {
      const allowed = `"${name}" must be one of ${types.join(", ")}`;
      problem([...path, "type"], `${projection.type} cannot compute ${type}; ${allowed}`);
    }
    if (projection.type === "integer" && projection.range[0] > projection.range[1]) {
      problem([...path, "range"], "must be the minimum, then the maximum");
    }
    const isFixed = filter.some(({ column, operator }) => column === name && operator === "=");
    if (projection.type === "injected" && !isFixed) {
      problem(path, `injected: each query must give the value, so filter by ${name} = ...`);
    }
  });
}
