import { statSync } from "node:fs";
import { basename, relative, sep } from "node:path";

import { columnType } from "../columnTypes";
import type { Dataset } from "../datasetFields";
import { csvProblems } from "./csv";
import { parquetNames, parquetProblems } from "./parquet";
import { dataFilePaths, icebergFolder } from "./paths";
import { readSample, UnreadableFile, type UnpackBzip2 } from "./sample";
import { isValue } from "./values";

/** Which parts of a table's files are checked. */
interface DataFileCheck {
  /** Whether to check the values at the beginning of CSV files. */
  readonly values: boolean;
  /** Unpacks the beginning of a bzip2 file. Default: its content is not checked. */
  readonly unpackBzip2?: UnpackBzip2 | undefined;
}

/** Maximum number of problems that are reported. */
const maxProblems = 20;

/** Hive's folder of rows whose key is missing. */
const noKey = "__HIVE_DEFAULT_PARTITION__";

/** The problem with a file's folders: Athena ignores files outside partitions. */
function folderProblems(file: string, { partitions }: Dataset): readonly string[] {
  const folders = file.split("/").slice(0, -1).slice(-partitions.length);
  const keys = folders.map((folder) => folder.split("=")[0]?.toLowerCase());
  if (partitions.some(({ name }, place) => keys[place] !== name)) {
    return [`is not in a folder ${partitions.map(({ name }) => `${name}=<value>/`).join("")}`];
  }
  return partitions.flatMap(({ name, type }, place) => {
    const text = decodeURIComponent(folders[place]?.slice(name.length + 1) ?? "");
    const known = columnType(type);
    return known === undefined || text === noKey || isValue(known, text)
      ? []
      : [`${name}: '${text}' is not of its type, ${type}`];
  });
}

function fileProblems(
  path: string,
  dataset: Dataset,
  check: DataFileCheck,
  parquetColumns: ReadonlySet<string>,
): readonly string[] {
  try {
    if (dataset.format === "parquet") {
      return parquetProblems(path, dataset.columns, parquetColumns);
    }
    const sample = readSample(path, dataset.headerLines, check.unpackBzip2);
    return sample === undefined ? [] : csvProblems(sample, dataset, check.values);
  } catch (error) {
    if (error instanceof UnreadableFile) {
      return [error.message];
    }
    throw error;
  }
}

/**
 * Checks the beginnings of a table's files: names and order of the columns, types, delimiters, quotes, encoding and
 * compression. Fast enough for a preview, and only requires Node.js. The local run checks all values.
 *
 * @param path a file, or a folder of files
 * @returns a line for each problem, with the file; at most 20, and the number of further ones
 */
export function dataFileProblems(
  path: string,
  dataset: Dataset,
  check: DataFileCheck,
): readonly string[] {
  const iceberg = icebergFolder(path);
  if (iceberg !== undefined) {
    return [
      `${path} is an Iceberg table, whose files also hold rows that were deleted: ` +
        `\`npm run restate -- init ${iceberg}\` writes its current rows to a Parquet file`,
    ];
  }
  const isFile = statSync(path).isFile();
  const files = dataFilePaths(path).filter((file) => statSync(file).size > 0);
  const parquetColumns = new Set(dataset.format === "parquet" ? files.flatMap(parquetNames) : []);
  const problems = files.flatMap((file) => {
    const name = isFile ? basename(file) : relative(path, file).split(sep).join("/");
    const folders = isFile || dataset.partitions.length === 0 ? [] : folderProblems(name, dataset);
    const found = folders.length > 0 ? folders : fileProblems(file, dataset, check, parquetColumns);
    return found.map((problem) => `${name}: ${problem}`);
  });
  return problems.length <= maxProblems
    ? problems
    : [...problems.slice(0, maxProblems), `and ${problems.length - maxProblems} more problems`];
}
