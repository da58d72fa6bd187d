import { closeSync, existsSync, openSync, readSync, statSync } from "node:fs";
import { basename, relative, sep } from "node:path";

import { UserError } from "../../errors/userError";
import { unpackBzip2 } from "../../local/preparation/tableData";
import { dataFilePaths } from "../../pipeline/dataFiles/paths";
import { readSample, UnreadableFile } from "../../pipeline/dataFiles/sample";
import { isDay } from "../../pipeline/literals";

/** A partition key, from the names of folders. */
export interface PartitionKey {
  readonly name: string;
  readonly type: string;
}

/** The files of a table that has no configuration yet. */
export interface TableFiles {
  /** The file or folder that the user names. */
  readonly path: string;
  readonly files: readonly string[];
  readonly format: "csv" | "parquet";
  /** Keys of their folders, outermost first. */
  readonly partitions: readonly PartitionKey[];
}

/** The first bytes of a file, each as one character. */
export function beginning(path: string): string {
  const bytes = Buffer.alloc(64);
  const file = openSync(path, "r");
  try {
    return bytes.toString("latin1", 0, readSync(file, bytes));
  } finally {
    closeSync(file);
  }
}

/** The type of a partition key, from the values in its folders' names. */
function keyType(values: readonly string[]): string {
  if (values.every((value) => /^(0|[1-9]\d{0,8})$/.test(value))) {
    return "int";
  }
  return values.every((value) => /^\d{4}-\d{2}-\d{2}$/.test(value) && isDay(value))
    ? "date"
    : "string";
}

/** @throws UserError if some files are in folders with other keys than the first file's */
function partitionKeys(folder: string, files: readonly string[]): readonly PartitionKey[] {
  const folders = files.map((file) =>
    relative(folder, file)
      .split(sep)
      .slice(0, -1)
      .filter((name) => /^[A-Za-z_]\w*=/.test(name))
      .map((name) => [name.slice(0, name.indexOf("=")).toLowerCase(), name] as const),
  );
  const keys = folders[0]?.map(([key]) => key) ?? [];
  const other = folders.findIndex((one) => one.map(([key]) => key).join() !== keys.join());
  if (other >= 0) {
    throw new UserError(
      `${relative(folder, files[other] ?? "")} and the first file, ${relative(folder, files[0] ?? "")}, have different ` +
        "partition folders: the keys must be the same for all files",
    );
  }
  return keys.map((name, place) => ({
    name,
    type: keyType(
      folders.map((one) => decodeURIComponent((one[place]?.[1] ?? "").slice(name.length + 1))),
    ),
  }));
}

/** A file, such as a README, whose suffix differs from that of the table's files. */
function strayFile(files: readonly string[]): string | undefined {
  const isData = files.some((file) => /\.(csv|tsv|parquet)(\.\w+)?$/i.test(file));
  return isData
    ? files.find((file) =>
        /\.(crc|docx?|html?|ini|json|log|md|pdf|sql|txt|xlsx?|xml|zip)$/i.test(file),
      )
    : undefined;
}

/**
 * Finds the files at a path, and checks that they are text or Parquet that Athena reads.
 * @throws UserError that names the file if one is not
 */
export function findTableFiles(path: string): TableFiles {
  if (!existsSync(path)) {
    throw new UserError(`file or folder does not exist: ${path}`);
  }
  const status = statSync(path);
  const isFile = status.isFile();
  if (!isFile && !status.isDirectory()) {
    throw new UserError(`${path} is neither a file nor a folder`);
  }
  const files = dataFilePaths(path).filter((file) => statSync(file).size > 0);
  const [first] = files;
  if (first === undefined) {
    throw new UserError(isFile ? `${path} is empty` : `${path} has no non-empty file`);
  }
  const stray = isFile ? undefined : strayFile(files);
  if (stray !== undefined) {
    throw new UserError(
      `${relative(path, stray)} does not look like a table's file, but Athena reads all files in a folder, except those ` +
        "whose names begin with _ or a dot: move it elsewhere",
    );
  }
  const format = beginning(first).startsWith("PAR1") ? "parquet" : "csv";
  for (const file of files) {
    const name = isFile ? basename(file) : relative(path, file);
    const start = beginning(file);
    if (start.startsWith("PAR1") !== (format === "parquet")) {
      throw new UserError(`${name} is not in the format of the other files, ${format}`);
    }
    if (format === "csv") {
      if (/^(\u00ef\u00bb\u00bf)?\s*(\{\s*["}]|\[\s*[[{"\d])/.test(start)) {
        throw new UserError(`${name} is JSON, but the table must be CSV or Parquet`);
      }
      try {
        // A byte order mark is accepted here: before a header it does no harm.
        readSample(file, 1, unpackBzip2);
      } catch (error) {
        throw error instanceof UnreadableFile ? new UserError(`${name}: ${error.message}`) : error;
      }
    }
  }
  return { path, files, format, partitions: isFile ? [] : partitionKeys(path, files) };
}
