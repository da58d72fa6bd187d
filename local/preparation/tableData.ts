import { mkdirSync, statSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { basename, join, resolve } from "node:path";

import { UserError } from "../../terminal/errors";
import { hashCode, hashContent, hashJson } from "../caching/contentHash";
import { californiaHousingFile, namedData } from "../storage/data";
import { type Execution, makeJobFolder } from "../execution";
import { copy, replaceFolder, writeJson } from "../storage/files";
import { failureReason } from "../steps/jobFailure";
import type { Table } from "../program/program";
import type { Encoding } from "./encoding";

const dataCheckSeconds = 86_400;

/**
 * Checks a data file against its table and what a flow encodes of it, and puts it where the table says its
 * files are; does nothing where the same file is there already.
 */
export async function loadTable(
  execution: Execution,
  table: Table,
  path: string,
  encoding: Encoding | undefined,
): Promise<void> {
  const place = { data: table.location };
  const key = hashJson({
    kind: "TableData",
    table,
    encoding: encoding ?? null,
    name: basename(path),
    content: await hashContent(path),
    code: await hashCode([]),
  });
  if ((await execution.cache.find(key, () => place)) === undefined) {
    await checkData(execution, table, path, encoding);
    const incoming = join(execution.folder, "data");
    await mkdir(incoming, { recursive: true });
    await copy(path, statSync(path).isDirectory() ? incoming : join(incoming, basename(path)));
    await replaceFolder(incoming, execution.store.path(table.location).replace(/\/$/, ""));
    await execution.cache.keep(key, execution.id, {}, place);
  }
}

/** @throws UserError where the data is not what the table says */
async function checkData(
  execution: Execution,
  table: Table,
  path: string,
  encoding: Encoding | undefined,
): Promise<void> {
  const folder = makeJobFolder(execution, "data-check");
  const reasonFile = join(folder.base, "output", "message");
  const request = join(folder.base, "table.json");
  mkdirSync(join(folder.base, "output"), { recursive: true });
  writeJson(request, { table: { ...table, paths: [path] }, failure: reasonFile, encoding });
  const result = await execution.jobs.run({
    id: folder.name,
    program: { module: "local.services.table_data" },
    arguments: [request],
    workingDirectory: folder.base,
    environment: {},
    log: folder.log,
    timeLimit: dataCheckSeconds,
  });
  if (result.exitCode !== 0) {
    throw new UserError(failureReason(result, reasonFile, folder.log, dataCheckSeconds));
  }
}

/** Where the data of a table may come from. */
export interface DataSource {
  /** File or folder that the user names, and what named it. */
  readonly named?: { readonly path: string; readonly named: string } | undefined;
  /** File that the stack uploads as the table's data. */
  readonly uploaded?: string | undefined;
}

/**
 * The data of a table: what the user names, what the stack uploads, or what the project knows.
 *
 * @param say takes a line before a download
 * @throws UserError where there is none, or what is named is none
 */
export async function findTableData(
  table: Table,
  { named, uploaded }: DataSource,
  say: (line: string) => void,
): Promise<string> {
  if (named !== undefined) {
    return namedData(named.path, named.named);
  }
  if (uploaded !== undefined) {
    // Relative to the project, which is not where jobs run.
    return namedData(resolve(uploaded), "restate:dataFile");
  }
  if (table.name === "california_housing") {
    return californiaHousingFile(say);
  }
  throw new UserError(`the table ${table.name} has no data here; give it by --data PATH`);
}
