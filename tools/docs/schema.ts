import { z } from "zod";

import type { parameterDefault } from "../../config/fields";

/** The parts of a JSON Schema that the docs show. */
export interface Described extends Partial<ReturnType<typeof parameterDefault>> {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: string;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly properties?: Readonly<Record<string, Described>>;
  readonly required?: readonly string[];
  readonly items?: Described;
  readonly additionalProperties?: boolean | Described;
  readonly anyOf?: readonly Described[];
  readonly oneOf?: readonly Described[];
  /** Whether Pulumi should not check the type, because the program's own message is clearer. */
  readonly uncheckedByPulumi?: boolean;
}

/** Converts a schema to JSON Schema. */
export function describe(schema: z.ZodType): Described {
  return z.toJSONSchema(schema, { io: "input" }) as Described;
}

/** The members of an object's schema, by name. */
export function membersOf(schema: Described): readonly (readonly [string, Described])[] {
  return Object.entries(schema.properties ?? {});
}

export function alternativesOf(schema: Described): readonly Described[] {
  return schema.oneOf ?? schema.anyOf ?? [];
}

/** The member that distinguishes the alternatives of a union. */
export function discriminator(alternatives: readonly Described[]): string | undefined {
  return membersOf(alternatives[0] ?? {}).find(([, { const: value }]) => value !== undefined)?.[0];
}

/** The limits of a number or of a list's length, such as `1 to 50`; undefined if there are none. */
export function limits(schema: Described): string | undefined {
  // Integers have the limits of JavaScript's safe integers.
  const limit = (value: number | undefined): number | undefined =>
    value !== undefined && Math.abs(value) < Number.MAX_SAFE_INTEGER ? value : undefined;
  const { exclusiveMaximum: below, exclusiveMinimum: above } = schema;
  const [min, max] = [
    limit(schema.minimum ?? schema.minItems),
    limit(schema.maximum ?? schema.maxItems),
  ];
  if (above !== undefined && below !== undefined) {
    return `between ${above} and ${below}`;
  }
  if (min !== undefined && min === max) {
    return String(min);
  }
  if (min !== undefined && max !== undefined) {
    return `${min} to ${max}`;
  }
  if (min !== undefined) {
    return `at least ${min}`;
  }
  return max === undefined ? undefined : `at most ${max}`;
}
