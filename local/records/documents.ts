import { readFileSync, statSync } from "node:fs";

import { isObject, type Json, type JsonObject } from "../../pipeline/language/json";

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

/** Warns on standard error about a damaged document, which is ignored. */
export function warnOfDamage(path: string): void {
  warnOnce(`${path} is damaged, so it is skipped`, statSync(path).mtimeMs);
}

/**
 * Reads a JSON document of earlier runs. A damaged one is reported on standard error and ignored.
 *
 * @param members required members
 * @returns undefined if it is damaged
 */
export function readDocument(path: string, members: readonly string[]): JsonObject | undefined {
  try {
    const document = JSON.parse(readFileSync(path, "utf8")) as Json;
    if (isObject(document) && members.every((name) => document[name] !== undefined)) {
      return document;
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) {
      throw error;
    }
  }
  warnOfDamage(path);
  return undefined;
}
