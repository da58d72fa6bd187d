import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { basename, join, resolve } from "node:path";

import type { Dataset } from "../../pipeline/dataset";
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

const dataCheckSeconds = 86_400;

/**
 * Checks a data file against its table and what a flow encodes of it, and puts it where the table says its
 * files are; does nothing if the same file is there already.
 *
 * @returns what is unwise in the data
 * @throws UserError if the data is not what the table says
 */
export async function loadTable(
  execution: Execution,
  table: Table,
  dataset: Dataset,
  path: string,
  encoding: Encoding | undefined,
): Promise<readonly string[]> {
  const place = { data: table.location };
  const key = hashJson({
    kind: "TableData",
    table,
    types: typesOf(dataset),
    form: formOf(dataset),
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
  const warnings = await checkData(execution, table, dataset, path, encoding);
  const incoming = join(execution.folder, "data");
  await mkdir(incoming, { recursive: true });
  await copy(path, statSync(path).isDirectory() ? incoming : join(incoming, basename(path)));
  await replaceFolder(incoming, execution.store.path(table.location).replace(/\/$/, ""));
  await execution.cache.keep(key, { warnings }, place);
  return warnings;
}

/** The types of the columns, which Glue does not know where the query casts text. */
function typesOf(dataset: Dataset): Record<string, string> {
  return Object.fromEntries(dataset.columns.map(({ name, type }) => [name, type]));
}

/** How the values are written, which the query undoes. */
function formOf({ dateFormats, decimal, nullTexts, thousands }: Dataset): JsonObject {
  return { dateFormats, decimal, nullTexts, thousands: thousands ?? null };
}

/** What local/standins/athena/table_data.py is asked. */
export function checkRequest(
  table: Table,
  dataset: Dataset,
  path: string,
  encoding: Encoding | undefined,
): JsonObject {
  const request = {
    table: { ...table, paths: [path] },
    types: typesOf(dataset),
    form: formOf(dataset),
    encoding,
  };
  return request as unknown as JsonObject;
}

/**
 * Checks all values of the data.
 * @returns what is unwise in the data
 * @throws UserError if the data is not what the table says
 */
async function checkData(
  execution: Execution,
  table: Table,
  dataset: Dataset,
  path: string,
  encoding: Encoding | undefined,
): Promise<readonly string[]> {
  const folder = makeJobFolder(execution, "data-check");
  const reasonFile = join(folder.base, "output", "message");
  const request = join(folder.base, "table.json");
  mkdirSync(join(folder.base, "output"), { recursive: true });
  const warnings = join(folder.base, "output", "warnings");
  writeJson(request, {
    ...checkRequest(table, dataset, path, encoding),
    failure: reasonFile,
    warnings,
  });
  const result = await execution.jobs.run({
    id: folder.name,
    program: { module: "local.standins.athena.table_data" },
    arguments: [request],
    workingDirectory: folder.base,
    environment: {},
    log: folder.log,
    timeLimit: dataCheckSeconds,
  });
  if (result.exitCode !== 0) {
    // Each line counts, so none is cut, as the reason of a step that failed would be.
    throw existsSync(reasonFile)
      ? doesNotFit(path, readFileSync(reasonFile, "utf8").trim().split("\n"))
      : new UserError(failureReason(result, reasonFile, folder.log, dataCheckSeconds));
  }
  return existsSync(warnings) ? readFileSync(warnings, "utf8").split("\n") : [];
}

function doesNotFit(path: string, problems: readonly string[]): UserError {
  return new UserError(`${path} does not fit the table:\n  ${problems.join("\n  ")}`);
}

/** Unpacks the beginning of a bzip2 file, by Python. */
export function unpackBzip2(path: string, maxBytes: number): Buffer {
  const script =
    "import bz2, sys; sys.stdout.buffer.write(bz2.open(sys.argv[1]).read(int(sys.argv[2])))";
  return execFileSync(pythonInterpreter(), ["-c", script, path, String(maxBytes)], {
    maxBuffer: maxBytes,
  });
}

/** Where the data of a table may come from. */
export interface DataSource {
  /** File or folder that the user names, and what named it. */
  readonly named?: { readonly path: string; readonly named: string } | undefined;
  /** File that the stack uploads as the table's data. */
  readonly uploaded?: string | undefined;
}

/** What the user names, what the stack uploads, what the environment names, or what the project knows. */
async function findData(
  table: Table,
  { named, uploaded }: DataSource,
  say: (line: string) => void,
): Promise<string> {
  // The configuration is about this table; the environment may be about another.
  if (named !== undefined && (named.named !== dataVariable || uploaded === undefined)) {
    return namedData(named.path, named.named);
  }
  if (uploaded !== undefined) {
    // Relative to the project, which is not where jobs run.
    return namedData(resolve(uploaded), "restate:dataFile");
  }
  if (table.name === "california_housing") {
    return californiaHousingFile(say);
  }
  throw new UserError(`the table ${table.name} has no data here; pass it with --data PATH`);
}

/**
 * The data of a table, whose files begin as the table says.
 *
 * @param say takes a line before a download
 * @throws UserError if there is none, what is named is none, or its files are not what the table says
 */
export async function findTableData(
  table: Table,
  dataset: Dataset,
  source: DataSource,
  say: (line: string) => void,
): Promise<string> {
  const path = await findData(table, source, say);
  const problems = dataFileProblems(path, dataset, { values: false, unpackBzip2 });
  if (problems.length > 0) {
    throw doesNotFit(path, problems);
  }
  return path;
}
