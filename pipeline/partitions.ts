import { z } from "zod";

import { integer, text } from "./configFields";

/**
 * How Athena computes a partition key's values instead of looking them up in the catalogue.
 * Source: Athena's guide, "Supported types for partition projection".
 */
const projection = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("enum").describe("A list of values."),
    values: z
      .array(text(/^[^,\s]+$/, "must not contain commas or spaces"))
      .min(1)
      .max(1000)
      .describe("The values."),
  }),
  z.strictObject({
    type: z.literal("integer").describe("All integers in a range."),
    range: z.tuple([z.int(), z.int()]).describe("Minimum and maximum."),
    digits: integer(1, 19)
      .optional()
      .describe("Number of digits, if folders pad the values with zeros. Default: no padding."),
  }),
  z.strictObject({
    type: z.literal("date").describe("All times in a range, at intervals."),
    range: z
      .tuple([z.string().min(1), z.string().min(1)])
      .describe(
        "First and last date, in the format or relative to now, such as NOW-3YEARS and NOW.",
      ),
    format: z
      .string()
      .min(1)
      .describe(
        "Format of the dates in folder names, in the syntax of Java's DateTimeFormatter, such as yyyy-MM-dd.",
      ),
    interval: integer(1).default(1).describe("Time between two partitions."),
    unit: z
      .enum(["YEARS", "MONTHS", "WEEKS", "DAYS", "HOURS", "MINUTES"])
      .default("DAYS")
      .describe("Unit of the interval."),
  }),
  z.strictObject({
    type: z
      .literal("injected")
      .describe("Each query must give the value, with an equality filter."),
  }),
]);

export type Projection = z.output<typeof projection>;

/** The Glue types of partition keys. */
const keyTypes = ["tinyint", "smallint", "int", "bigint", "string", "date"] as const;

/**
 * A partition key: a column whose value is in the name of the files' folder, as `key=value`. It can be used in filters,
 * and is not a feature.
 */
export function partitionSchema<Name extends z.ZodType<string>>(name: Name) {
  return z.strictObject({
    name: name.describe("Name, converted to lower case."),
    type: z.enum(keyTypes).describe("Glue type."),
    projection: projection
      .optional()
      .describe(
        "How Athena computes the key's values. Default: partitions are added by a crawler or by hand.",
      ),
  });
}

/** A partition key of the table. */
export interface Partition {
  readonly name: string;
  readonly type: string;
  readonly projection?: Projection | undefined;
}

/** The Glue table's parameters that tell Athena how to compute its partitions. */
export function projectionParameters(partitions: readonly Partition[]): Record<string, string> {
  const projected = partitions.flatMap(({ name, projection: computed = {} }) =>
    Object.entries(computed).map(([member, value]: [string, unknown]) => {
      // Lists are joined by commas.
      const parameter = member === "unit" ? "interval.unit" : member;
      return [`projection.${name}.${parameter}`, String(value)] as const;
    }),
  );
  return projected.length === 0
    ? {}
    : { "projection.enabled": "true", ...Object.fromEntries(projected) };
}
