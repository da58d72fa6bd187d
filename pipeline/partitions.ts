import { z } from "zod";

/**
 * How Athena computes a partition key's values instead of looking them up in the catalogue.
 * Source: Athena's guide, "Supported types for partition projection".
 */
const projection = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("enum").describe("The values are listed."),
    values: z
      .array(z.string().regex(/^[^,\s]+$/, "must hold no comma and no space"))
      .min(1)
      .max(1000)
      .describe("The values that occur."),
  }),
  z.strictObject({
    type: z.literal("integer").describe("All whole numbers of a range."),
    range: z.tuple([z.int(), z.int()]).describe("Smallest and largest value."),
    digits: z
      .int()
      .min(1)
      .max(19)
      .optional()
      .describe("Digits to which folders pad the values with zeros. Default: no padding."),
  }),
  z.strictObject({
    type: z.literal("date").describe("All times of a range, at intervals."),
    range: z
      .tuple([z.string().min(1), z.string().min(1)])
      .describe(
        "First and last date, in the format, or relative to now, such as NOW-3YEARS and NOW.",
      ),
    format: z
      .string()
      .min(1)
      .describe("How folders write the date, as Java's DateTimeFormatter, such as yyyy-MM-dd."),
    interval: z.int().min(1).default(1).describe("Time between two partitions."),
    unit: z
      .enum(["YEARS", "MONTHS", "WEEKS", "DAYS", "HOURS", "MINUTES"])
      .default("DAYS")
      .describe("Unit of the interval."),
  }),
  z.strictObject({
    type: z
      .literal("injected")
      .describe("Each query must name the value, by a filter of equality."),
  }),
]);

type Projection = z.output<typeof projection>;

/** The Glue types that each kind of projection computes values of. */
const projectedTypes: Readonly<Record<Projection["type"], readonly string[]>> = {
  enum: ["string"],
  integer: ["tinyint", "smallint", "int", "bigint"],
  date: ["string", "date"],
  injected: ["string", "int", "bigint"],
};

/** The Glue types of partition keys. */
const keyTypes = ["tinyint", "smallint", "int", "bigint", "string", "date"] as const;

/**
 * A partition key: a column whose value is not in the files but in their folder, as `key=value`. It can
 * be filtered by, and is not a feature.
 */
export function partitionSchema<Name extends z.ZodType<string>>(name: Name) {
  return z.strictObject({
    name: name.describe("Name, folded to lower case."),
    type: z.enum(keyTypes).describe("Glue type."),
    projection: projection
      .optional()
      .describe(
        "How Athena computes the key's values. Default: a crawler, or somebody, adds partitions.",
      ),
  });
}

/** A partition key of the table. */
export interface Partition {
  readonly name: string;
  readonly type: string;
  readonly projection?: Projection | undefined;
}

/** A problem of the partition keys, with the path to it inside them. */
interface PartitionProblem {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/**
 * What is wrong with partition keys.
 *
 * @param columns names of the table's columns, which must differ from those of the keys
 * @param fixed names that the filter compares for equality
 */
export function partitionProblems(
  partitions: readonly Partition[],
  columns: ReadonlySet<string>,
  fixed: ReadonlySet<string>,
): readonly PartitionProblem[] {
  const projected = partitions.filter((key) => key.projection !== undefined).length;
  return partitions.flatMap(({ name, projection: computed, type }, index) => {
    const problems: PartitionProblem[] = [];
    if (columns.has(name) || partitions.findIndex((other) => other.name === name) < index) {
      problems.push({ path: [index, "name"], message: `"${name}" occurs twice` });
    }
    if (computed === undefined) {
      if (projected > 0) {
        problems.push({
          path: [index, "projection"],
          message: "is missing: Athena projects all partition keys of a table, or none",
        });
      }
      return problems;
    }
    if (!projectedTypes[computed.type].includes(type)) {
      problems.push({
        path: [index, "projection", "type"],
        message: `${computed.type} computes no ${type}; "${name}" must be one of ${projectedTypes[computed.type].join(", ")}`,
      });
    }
    if (computed.type === "integer" && computed.range[0] > computed.range[1]) {
      problems.push({
        path: [index, "projection", "range"],
        message: "must be the least value, then the greatest",
      });
    }
    if (computed.type === "injected" && !fixed.has(name)) {
      problems.push({
        path: [index, "projection"],
        message: `injected: each query must name the value, so filter by ${name} = ...`,
      });
    }
    return problems;
  });
}

/** The parameters of the Glue table that tell Athena how to compute its partitions. */
export function projectionParameters(partitions: readonly Partition[]): Record<string, string> {
  const projected = partitions.flatMap(({ name, projection: computed }) =>
    computed === undefined ? [] : Object.entries(keyParameters(name, computed)),
  );
  return projected.length === 0
    ? {}
    : { "projection.enabled": "true", ...Object.fromEntries(projected) };
}

function keyParameters(name: string, computed: Projection): Record<string, string> {
  const key = `projection.${name}`;
  switch (computed.type) {
    case "enum":
      return { [`${key}.type`]: "enum", [`${key}.values`]: computed.values.join(",") };
    case "integer":
      return {
        [`${key}.type`]: "integer",
        [`${key}.range`]: computed.range.join(","),
        ...(computed.digits === undefined ? {} : { [`${key}.digits`]: String(computed.digits) }),
      };
    case "date":
      return {
        [`${key}.type`]: "date",
        [`${key}.range`]: computed.range.join(","),
        [`${key}.format`]: computed.format,
        [`${key}.interval`]: String(computed.interval),
        [`${key}.interval.unit`]: computed.unit,
      };
    case "injected":
      return { [`${key}.type`]: "injected" };
  }
}
