import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

import type { Json, JsonObject } from "../../pipeline/expressions";
import { allSteps, isObject, objects } from "../../pipeline/walk";
import type { Listing } from "../../terminal/listing";
import { UserError } from "../../terminal/errors";
import { writeJson } from "../storage/files";
import { loadProgram } from "../program/programCache";
import { pythonInterpreter, pythonPath } from "../processes/python";
import { findTableData } from "../preparation/tableData";
import { configOf, dataOf, type RunOptions, workspaceOf } from "./run";

/** Rows that the terminal shows; JSON has all. */
const mostShown = 20;

/** The Athena query by which the pipeline reads the table, with its database. */
function pipelineQuery(definition: JsonObject): JsonObject | undefined {
  return allSteps(definition["Steps"])
    .flatMap(({ step }) =>
      objects(isObject(step["Arguments"]) ? step["Arguments"]["ProcessingInputs"] : undefined),
    )
    .map(({ DatasetDefinition: dataset }) =>
      isObject(dataset) ? dataset["AthenaDatasetDefinition"] : undefined,
    )
    .find(isObject);
}

/**
 * Parses a row that DuckDB writes as JSON, which has no word for what is no finite number: such values become texts,
 * "NaN" and "Infinity", as the pipeline's reports have them.
 */
function parseRow(line: string): JsonObject {
  const marked = line.replace(/"(?:[^"\\]|\\.)*"|-?(?:NaN|Infinity|nan|inf)\b/g, (token) =>
    token.startsWith('"') ? token : JSON.stringify(token),
  );
  return JSON.parse(marked) as JsonObject;
}

/** Runs the query of a request in a folder. */
function ask(folder: string, request: JsonObject): Promise<void> {
  const failure = join(folder, "failure");
  const path = join(folder, "request.json");
  writeJson(path, { ...request, failure });
  const env = { ...process.env, PYTHONPATH: pythonPath.join(delimiter) };
  return new Promise((done, failed) => {
    execFile(pythonInterpreter(), ["-m", "local.standins.athena.query", path], { env }, (error) => {
      if (error === null) {
        done();
      } else if (existsSync(failure)) {
        failed(new UserError(readFileSync(failure, "utf8").trim()));
      } else {
        failed(new Error("the query did not end", { cause: error }));
      }
    });
  });
}

/** A value for the terminal; a missing one is empty. */
function shown(value: Json): number | string {
  if (value === null) {
    return "";
  }
  return typeof value === "number" || typeof value === "string" ? value : JSON.stringify(value);
}

/**
 * Runs a query on the table's data as Athena would, and returns its rows in order.
 *
 * @param sql one SELECT in Athena's SQL; by default the one by which the pipeline reads the table
 * @param say takes a line before a download
 * @throws UserError where the query is wrong, or there is no data
 */
export async function query(
  options: Pick<RunOptions, "configFile" | "data" | "stack" | "workFolder">,
  sql: string | undefined,
  say: (line: string) => void,
): Promise<Listing> {
  const { cache } = workspaceOf(options);
  const program = await loadProgram(cache, options.stack, configOf(options));
  const [table] = program.tables;
  const own = pipelineQuery(program.definition);
  if (table === undefined || own === undefined) {
    throw new UserError(`the pipeline of stack ${options.stack} reads no table`);
  }
  const source = { named: dataOf(options), uploaded: program.dataFile };
  const path = await findTableData(table, program.dataset, source, say);
  const folder = mkdtempSync(join(tmpdir(), "restate-query-"));
  try {
    const output = join(folder, "output");
    await ask(folder, {
      query: sql ?? own["QueryString"] ?? "",
      database: own["Database"] ?? "",
      tables: [{ ...table, paths: [path] }] as unknown as JsonObject[],
      output: { path: output, format: "JSON" },
    });
    const rows = readdirSync(output)
      .flatMap((file) => readFileSync(join(output, file), "utf8").split("\n"))
      .filter((line) => line !== "")
      .map(parseRow);
    return {
      head: Object.keys(rows[0] ?? {}),
      rows: rows.slice(0, mostShown).map((row) => Object.values(row).map(shown)),
      items: rows,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
