import { createHash } from "node:crypto";
import { closeSync, openSync, readSync, statSync } from "node:fs";
import { basename, relative, sep } from "node:path";

import { dataFilePaths } from "../pipeline/dataFiles/paths";

/** A file to upload. */
interface DataFile {
  /** Path of the file. */
  readonly path: string;
  /** Path in the table's folder, with slashes. */
  readonly key: string;
  /** SHA-256 of its content, in hexadecimal. */
  readonly hash: string;
}

const chunkBytes = 1 << 20;

/** SHA-256 of a file of any size, without reading it into memory. */
function hashFile(path: string): string {
  const hash = createHash("sha256");
  const chunk = Buffer.alloc(chunkBytes);
  const file = openSync(path, "r");
  try {
    for (let read = readSync(file, chunk); read > 0; read = readSync(file, chunk)) {
      hash.update(chunk.subarray(0, read));
    }
  } finally {
    closeSync(file);
  }
  return hash.digest("hex");
}

/** The files to upload as a table's data, in a stable order. */
export function dataFiles(path: string): readonly DataFile[] {
  const whole = statSync(path).isFile();
  return dataFilePaths(path).map((file) => ({
    path: file,
    key: whole ? basename(file) : relative(path, file).split(sep).join("/"),
    hash: hashFile(file),
  }));
}
