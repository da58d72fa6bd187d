import { readFileSync, statSync } from "node:fs";
import type { z } from "zod";

/** Warnings that this process has printed. */
const warned = new Set<string>();

/**
 * Warns about a document on standard error, once per process.
 * @param version another version is warned about again
 */
export function warnOnce(warning: string, version = 0): void {
  const key = `${warning} ${version}`;
  if (!warned.has(key)) {
    warned.add(key);
    process.stderr.write(`warning: ${warning}\n`);
  }
}

/** Warns on standard error about a document that cannot be read, which is ignored. */
export function warnOfDamage(path: string, defect = "is damaged"): void {
  warnOnce(`${path} ${defect}, so it is skipped`, statSync(path).mtimeMs);
}

/** The JSON document in a file, by its schema; undefined if it is damaged. */
export function parseDocument<Value>(path: string, schema: z.ZodType<Value>): Value | undefined {
  try {
    return schema.safeParse(JSON.parse(readFileSync(path, "utf8"))).data;
  } catch (error) {
    if (error instanceof SyntaxError) {
      return undefined;
    }
    throw error;
  }
}

/** Reads a JSON document of earlier runs. A damaged one is reported on standard error and ignored. */
export function readDocument<Value>(path: string, schema: z.ZodType<Value>): Value | undefined {
  const document = parseDocument(path, schema);
  if (document === undefined) {
    warnOfDamage(path);
  }
  return document;
}
