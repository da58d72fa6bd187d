import { createReadStream, existsSync, readFileSync, statSync } from "node:fs";
import { createInterface } from "node:readline";

import { UserError } from "../errors/userError";
import { typedPath } from "../terminal/options";

export interface Row {
  readonly text: string;
  /** Its first line, from 1; in a JSON document, its position in the list. */
  readonly firstLine: number;
  readonly lastLine: number;
}

/** The rows of one request: at least one. */
export type Batch = readonly Row[];

/** Media types in which rows are sent. */
export type RowType = "application/jsonlines" | "text/csv";

/** Rows of a command line. */
export interface Rows {
  readonly type: RowType;
  readonly batches: AsyncIterable<Batch>;
}

function fileOf(typed: string): string | undefined {
  const path = typedPath(typed);
  return existsSync(path) && statSync(path).isFile() ? path : undefined;
}

/** The lines of a file, or the row that was typed instead of a file's name. */
function linesOf(typed: string): AsyncIterable<string> | readonly string[] {
  const path = fileOf(typed);
  return path === undefined
    ? typed.split(/\r?\n/)
    : createInterface({ input: createReadStream(path, "utf8"), crlfDelay: Infinity });
}

async function* plainRows(lines: ReturnType<typeof linesOf>): AsyncGenerator<Row> {
  let line = 0;
  for await (const text of lines) {
    line++;
    yield { text, firstLine: line, lastLine: line };
  }
}

/** Rows of CSV, in which quotes may hold line breaks. */
async function* quotedRows(lines: ReturnType<typeof linesOf>): AsyncGenerator<Row> {
  let row: Row | undefined;
  for await (const { firstLine, lastLine, text } of plainRows(lines)) {
    row = row ? { ...row, text: `${row.text}\n${text}`, lastLine } : { text, firstLine, lastLine };
    if ((row.text.match(/"/g)?.length ?? 0) % 2 === 0) {
      yield row;
      row = undefined;
    }
  }
  if (row !== undefined) {
    throw new UserError(`line ${row.firstLine}: a quote opens a value, and none closes it`);
  }
}

/** The records of a JSON document: a list, the list `instances`, or one record. */
async function* jsonRows(text: string): AsyncGenerator<Row> {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    throw new UserError(`the rows are not JSON: ${(error as Error).message}`);
  }
  const { instances = document } = (document ?? {}) as { readonly instances?: unknown };
  const records: readonly unknown[] = Array.isArray(instances) ? instances : [instances];
  for (const [index, record] of records.entries()) {
    yield await Promise.resolve({
      text: JSON.stringify(record),
      firstLine: index + 1,
      lastLine: index + 1,
    });
  }
}

async function* batched(rows: AsyncIterable<Row>, maxBytes: number): AsyncGenerator<Batch> {
  let batch: Row[] = [];
  let bytes = 0;
  for await (const row of rows) {
    if (row.text.trim() === "") {
      continue;
    }
    const size = Buffer.byteLength(row.text) + 1;
    if (size > maxBytes) {
      throw new UserError(
        `line ${row.firstLine}: the row has ${size} bytes, but a request has at most ${maxBytes}`,
      );
    }
    if (bytes + size > maxBytes) {
      yield batch;
      [batch, bytes] = [[], 0];
    }
    batch.push(row);
    bytes += size;
  }
  if (batch.length === 0) {
    throw new UserError("there are no rows");
  }
  yield batch;
}

/**
 * Divides rows into batches that fit a request. A file is streamed, so it may be larger than memory.
 *
 * @param typed a row, or the name of a file of rows, without target and header; empty lines are skipped
 * @param maxBytes of a batch, line ends included
 * @param raw whether they are the table's own rows: then quotes may contain line breaks, and JSON is accepted; a file's suffix
 * decides (.json, or .jsonl with one record a line)
 * @throws UserError if a row is larger than `maxBytes`, or there are no rows
 */
export function readRows(typed: string, maxBytes: number, raw: boolean): Rows {
  const path = fileOf(typed);
  if (path === undefined && !raw && !typed.includes(",") && !Number.isFinite(Number(typed))) {
    throw new UserError(
      `"${typed}" is neither a CSV row nor a file: there is no file ${typedPath(typed)}`,
    );
  }
  if (path === undefined && raw && !/[,;|\t{[]/.test(typed)) {
    throw new UserError(
      `"${typed}" is neither a row nor a file: there is no file ${typedPath(typed)}`,
    );
  }
  if (raw && (path === undefined ? /^\s*[{[]/.test(typed) : path.endsWith(".json"))) {
    const rows = jsonRows(path === undefined ? typed : readFileSync(path, "utf8"));
    return { type: "application/jsonlines", batches: batched(rows, maxBytes) };
  }
  if (raw && path?.endsWith(".jsonl") === true) {
    return { type: "application/jsonlines", batches: batched(plainRows(linesOf(typed)), maxBytes) };
  }
  const rows = raw ? quotedRows(linesOf(typed)) : plainRows(linesOf(typed));
  return { type: "text/csv", batches: batched(rows, maxBytes) };
}
