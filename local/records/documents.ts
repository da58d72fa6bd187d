import { readFileSync, statSync } from "node:fs";

import { isObject, type Json, type JsonObject } from "../../pipeline/language/json";

/** What this process has warned of. */
const warned = new Set<string>();

/**
 * Warns on standard error, once a process, of what is wrong with a document.
 * @param version tells apart what is to be warned of again
 */
export function warnOnce(warning: string, version = 0): void {
  const key = `${warning} ${version}`;
  if (!warned.has(key)) {
    warned.add(key);
    process.stderr.write(`warning: ${warning}\n`);
  }
}

/** Says on standard error that a document is damaged. It is left out, and stays where it is. */
export function warnOfDamage(path: string): void {
  warnOnce(`${path} is damaged, so it is skipped`, statSync(path).mtimeMs);
}

/**
 * Reads a JSON document that earlier runs left. One that is damaged is reported on standard error and left
 * out, so that it spoils nothing else; it stays where it is.
 *
 * @param members members that the document must have
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
