import { InvalidArgumentError } from "commander";
import { resolve } from "node:path";

/** Resolves a path that the user typed: npm runs commands in the project's folder, wherever it was called. */
export function typedPath(path: string): string {
  return resolve(process.env["INIT_CWD"] ?? process.cwd(), path);
}

/**
 * Collects a repeatable option of the form NAME=VALUE; the last value of a name wins.
 * @throws InvalidArgumentError if the form is another
 */
export function collectParameter(
  text: string,
  previous: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const [, name, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined) {
    throw new InvalidArgumentError("It must have the form NAME=VALUE.");
  }
  return new Map([...previous, [name, value]]);
}

/** A text as one word for a shell, quoted if necessary. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
