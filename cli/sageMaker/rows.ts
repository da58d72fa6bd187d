import { createReadStream, existsSync, statSync } from "node:fs";
import { createInterface } from "node:readline";

import { UserError } from "../../errors/userError";
import { typedPath } from "../../terminal/options";

/** Rows that go in one request. */
export interface Batch {
  /** Line of the first one, from 1. */
  readonly firstLine: number;
  readonly lastLine: number;
  readonly rows: readonly string[];
}

/** The lines of a file, or the one row that was typed instead of its name. */
function linesOf(typed: string): AsyncIterable<string> | readonly string[] {
  const path = typedPath(typed);
  if (existsSync(path) && statSync(path).isFile()) {
    return createInterface({ input: createReadStream(path, "utf8"), crlfDelay: Infinity });
  }
  if (!typed.includes(",") && !Number.isFinite(Number(typed))) {
    throw new UserError(`"${typed}" is neither a CSV row nor a file: ${path} does not exist`);
  }
  return typed.split(/\r?\n/);
}

/**
 * Divides rows into batches that fit a request. A file is read as it is used, so it may be larger than memory.
 *
 * @param typed a CSV row, or the name of a file of rows, without label and header; empty lines are passed over
 * @param maxBytes of a batch, line ends included
 * @throws UserError where a row is larger than that, or there is none
 */
export async function* batches(typed: string, maxBytes: number): AsyncGenerator<Batch> {
  let rows: string[] = [];
  let bytes = 0;
  let firstLine = 1;
  let lastLine = 1;
  let line = 0;
  let some = false;
  for await (const text of linesOf(typed)) {
    line++;
    if (text.trim() === "") {
      continue;
    }
    some = true;
    const size = Buffer.byteLength(text) + 1;
    if (size > maxBytes) {
      throw new UserError(
        `line ${line}: the row has ${size} bytes, but a request has at most ${maxBytes}`,
      );
    }
    if (bytes + size > maxBytes) {
      yield { firstLine, lastLine, rows };
      rows = [];
      bytes = 0;
    }
    firstLine = rows.length === 0 ? line : firstLine;
    lastLine = line;
    rows.push(text);
    bytes += size;
  }
  if (!some) {
    throw new UserError("there are no rows");
  }
  yield { firstLine, lastLine, rows };
}
