import { z } from "zod";

/** Reports a problem with the value at a path inside a field. */
export type Report = (path: (number | string)[], message: string) => void;

/** An integer within limits. */
export function integer(min: number, max?: number): z.ZodInt {
  const atLeast = z.int().min(min);
  return max === undefined ? atLeast : atLeast.max(max);
}

/** A text that matches a pattern. */
export function text(pattern: RegExp, message: string): z.ZodString {
  return z.string().regex(pattern, message);
}

/** Whether something is so; by default, it is not. */
export function flag(description: string): z.ZodDefault<z.ZodBoolean> {
  return z.boolean().default(false).describe(description);
}
