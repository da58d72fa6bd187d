import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { basename, join, resolve } from "node:path";

import type { Dataset } from "../../pipeline/datasetFields";
import { dataFileProblems } from "../../pipeline/dataFiles/check";
import type { JsonObject } from "../../pipeline/language/json";
import { UserError } from "../../errors/userError";
import { hashCode, hashContent, hashJson } from "../caching/contentHash";
import { californiaHousingFile, dataVariable, namedData } from "../storage/data";
import { makeJobFolder } from "../environments/jobFolder";
import type { Execution } from "../execution/execution";
import { copy, replaceFolder, writeJson } from "../storage/files";
import { failureReason } from "../execution/steps/jobFailure";
import { pythonInterpreter } from "../environments/python";
import type { Table } from "../../offline/program";
import type { Encoding } from "./encoding";
import { withoutIceberg } from "./icebergRows";

const dataCheckSeconds = 86_400;

/**
 * Checks data against its table and the flow's encodings, and copies it to the table's location, unless the same data is
 * already there.
 *
 * @returns warnings about the data
 * @throws UserError if the data does not match the table
 */
export async function loadTable(
  execution: Execution,
  table: Table,
  dataset: Dataset,
  path: string,
  encoding: Encoding | undefined,
): Promise<readonly string[]> {
  const place = { data: table.location };
  const request = checkRequest(table, dataset, path, encoding);
  const key = hashJson({
    kind: "TableData",
    ...request,
    table,
    encoding: encoding ?? null,
    name: basename(path),
    content: await hashContent(path),
    code: await hashCode([]),
  });
  const known = await execution.cache.find<{ readonly warnings: readonly string[] }>(
    key,
    () => place,
  );
  if (known !== undefined) {
    return known.value.warnings;
  }
  const warnings = await checkData(execution, request, path);
  const incoming = join(execution.folder, "data");
  await mkdir(incoming, { recursive: true });
  await copy(path, statSync(path).isDirectory() ? incoming : join(incoming, basename(path)));
  await replaceFolder(incoming, execution.store.path(table.location).replace(/\/$/, ""));
  await execution.cache.keep(key, { warnings }, place);
  return warnings;
}

/** The request for local/standins/athena/table_data.py. */
export function checkRequest(
  table: Table,
  { columns, dateFormats, decimal, nullTexts, thousands }: Dataset,
  path: string,
  encoding: Encoding | undefined,
): JsonObject {
  const request = {
    table: { ...table, paths: [path] },
    // Glue does not have them if the query casts text.
    types: Object.fromEntries(columns.map(({ name, type }) => [name, type])),
    form: { dateFormats, decimal, nullTexts, thousands: thousands ?? null },
    encoding,
  };
  return request as unknown as JsonObject;
}

/**
 * Checks all values of the data.
 * @returns warnings about the data
 * @throws UserError if the data does not match the table
 */
async function checkData(
  execution: Execution,
  request: JsonObject,
  path: string,
): Promise<readonly string[]> {
  const folder = makeJobFolder(execution, "data-check");
  const reasonFile = join(folder.base, "output", "message");
  const file = join(folder.base, "table.json");
  mkdirSync(join(folder.base, "output"), { recursive: true });
  const warnings = join(folder.base, "output", "warnings");
  writeJson(file, { ...request, failure: reasonFile, warnings });
  const result = await execution.jobs.run({
    id: folder.name,
    program: { module: "local.standins.athena.table_data" },
    arguments: [file],
    workingDirectory: folder.base,
    environment: {},
    log: folder.log,
    timeLimit: dataCheckSeconds,
  });
  if (result.exitCode !== 0) {
    // All lines are shown, unlike the reason of a failed step.
    throw existsSync(reasonFile)
      ? doesNotFit(path, readFileSync(reasonFile, "utf8").trim().split("\n"))
      : new UserError(failureReason(result, reasonFile, folder.log, dataCheckSeconds));
  }
  return existsSync(warnings) ? readFileSync(warnings, "utf8").split("\n") : [];
}

function doesNotFit(path: string, problems: readonly string[]): UserError {
  return new UserError(`${path} does not fit the table:\n  ${problems.join("\n  ")}`);
}

/** Unpacks the beginning of a bzip2 file, with Python. */
export function unpackBzip2(path: string, maxBytes: number): Buffer {
  const script =
    "import bz2, sys; sys.stdout.buffer.write(bz2.open(sys.argv[1]).read(int(sys.argv[2])))";
  return execFileSync(pythonInterpreter(), ["-c", script, path, String(maxBytes)], {
    maxBuffer: maxBytes,
  });
}

/** Possible sources of a table's data. */
export interface DataSource {
  /** File or folder from the user, and the option that set it. */
  readonly named?: { readonly path: string; readonly named: string } | undefined;
  /** File that the stack uploads as the table's data. */
  readonly uploaded?: string | undefined;
}

/** The data of the option, the stack, the environment, or the project's default. */
async function findData(
  table: Table,
  { named, uploaded }: DataSource,
  say: (line: string) => void,
): Promise<string> {
  // The configuration is for this table; the environment may be for another.
  if (named !== undefined && (named.named !== dataVariable || uploaded === undefined)) {
    return namedData(named.path, named.named);
  }
  if (uploaded !== undefined) {
    // Relative to the project, which is not the jobs' working directory.
    return namedData(resolve(uploaded), "restate:dataFile");
  }
  if (table.name === "california_housing") {
    return californiaHousingFile(say);
  }
  throw new UserError(`the table ${table.name} has no data here; pass it with --data PATH`);
}

/**
 * The data of a table, after a check of the beginnings of its files. Of an Iceberg table it is a file with the rows of the
 * configured version.
 *
 * @param say prints a line before a download
 * @throws UserError if there is no data, or its files do not match the table
 */
export async function findTableData(
  table: Table,
  dataset: Dataset,
  source: DataSource,
  say: (line: string) => void,
): Promise<string> {
  const found = await findData(table, source, say);
  const path = await withoutIceberg(found, dataset.source?.asOf);
  const problems = dataFileProblems(path, dataset, { values: false, unpackBzip2 });
  if (problems.length > 0) {
    throw doesNotFit(found, problems);
  }
  return path;
}
