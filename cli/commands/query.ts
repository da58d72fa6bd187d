import { Command } from "commander";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import type { PipelineDefinition } from "../../pipeline/language/definition";
import { literal } from "../../pipeline/language/expressions";
import { allSteps } from "../../pipeline/language/graph";
import type { Json, JsonObject } from "../../pipeline/language/json";
import { type Listing } from "../../terminal/listing";
import { UserError } from "../../errors/userError";
import { findTableData } from "../../local/preparation/tableData";
import { runService } from "../../local/environments/service";
import { type JsonOption, withJson, withWorld } from "../options";
import { stackProgram } from "../stackProgram";
import { note, printListing, type Terminal } from "../terminal";
import { dataOf, type MachineOptions, onThisMachine, type WorldOptions } from "../world";
import { inTemporaryFolder } from "../../local/storage/files";

/** Max rows in the terminal; JSON has all. */
const maxShown = 20;

/** The Athena query with which the pipeline reads the table, and its database. */
function pipelineQuery(
  definition: PipelineDefinition,
): { readonly query: string; readonly database: string } | undefined {
  const [athena] = allSteps(definition)
    .flatMap(({ step }) =>
      step.Type === "Processing" ? (step.Arguments.ProcessingInputs ?? []) : [],
    )
    .flatMap(({ DatasetDefinition: dataset }) => dataset?.AthenaDatasetDefinition ?? []);
  const query = literal(athena?.QueryString);
  const database = literal(athena?.Database);
  return query === undefined || database === undefined ? undefined : { query, database };
}

/**
 * Parses a row that DuckDB wrote as JSON. Numbers that are not finite, which JSON cannot express, become the strings "NaN"
 * and "Infinity", as in the pipeline's reports.
 */
function parseRow(line: string): JsonObject {
  const marked = line.replace(/"(?:[^"\\]|\\.)*"|-?(?:NaN|Infinity|nan|inf)\b/g, (token) =>
    token.startsWith('"') ? token : JSON.stringify(token),
  );
  return JSON.parse(marked) as JsonObject;
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
 * @param sql one SELECT in Athena's SQL; by default the pipeline's own
 * @param say receives a line before a download
 * @throws UserError if the query is wrong, or there is no data
 */
async function queryTable(
  options: MachineOptions,
  sql: string | undefined,
  say: (line: string) => void,
): Promise<Listing> {
  const program = await stackProgram(options);
  const [table] = program.tables;
  const own = pipelineQuery(program.definition);
  if (table === undefined || own === undefined) {
    throw new UserError(`the pipeline of stack ${program.stack} does not read a table`);
  }
  const source = { named: dataOf(options), uploaded: program.dataFile };
  const path = await findTableData(table, program.dataset, source, say);
  return inTemporaryFolder(async (folder) => {
    const output = join(folder, "output");
    await runService("local.standins.athena.query", {
      query: sql ?? own.query,
      database: own.database,
      tables: [{ ...table, paths: [path] }] as unknown as JsonObject[],
      output: { path: output, format: "JSON" },
    });
    const rows = readdirSync(output)
      .flatMap((file) => readFileSync(join(output, file), "utf8").split("\n"))
      .filter((line) => line !== "")
      .map(parseRow);
    return {
      head: Object.keys(rows[0] ?? {}),
      rows: rows.slice(0, maxShown).map((row) => Object.values(row).map(shown)),
      items: rows,
    };
  });
}

/** `query [sql]`: runs a query on the table's data as Athena does. */
export function query(terminal: Terminal): Command {
  return withJson(withWorld(new Command("query")))
    .argument("[sql]", "a SELECT statement in Athena's SQL (default: the pipeline's)")
    .option("--config-file <path>", "the stack's configuration (default: Pulumi.<stack>.yaml)")
    .option(
      "--data <path>",
      "file or folder with the table's data (default: restate:dataFile, else RESTATE_DATA)",
    )
    .action(
      async (sql: string | undefined, options: WorldOptions & MachineOptions & JsonOption) => {
        onThisMachine("query", options, "use Athena itself");
        const found = await queryTable(options, sql, (line) => {
          note(terminal, line);
        });
        const json = options.json === true;
        printListing(terminal, found, json);
        if (!json && found.rows.length < found.items.length) {
          note(
            terminal,
            `${found.rows.length} of ${found.items.length} rows are shown; --json prints all`,
          );
        }
      },
    );
}
