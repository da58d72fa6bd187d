import { existsSync, readFileSync } from "node:fs";

import { Command, CommanderError, InvalidArgumentError } from "commander";

import { formatListing, type Listing } from "../terminal/listing";
import { collectParameter, typedPath } from "../terminal/options";
import { endWithReader } from "../terminal/output";
import { asUserError } from "../terminal/errors";
import { clean } from "./commands/clean";
import { compare } from "./commands/compare";
import { executions, models, trials } from "./commands/lists";
import { findModel, latestApproved, setApproval } from "./commands/models";
import { query } from "./commands/query";
import { report } from "./commands/report";
import { configOf, run, type RunOptions, workspaceOf } from "./commands/run";
import { invoke, serve } from "./commands/serve";
import { interruptible } from "./interruption";
import { loadProgram } from "./program/programCache";

interface Common {
  readonly workFolder?: string;
  readonly json?: boolean;
  readonly group?: string;
}

function readPort(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65535) {
    throw new InvalidArgumentError("It must be a whole number from 1 to 65535.");
  }
  return port;
}

const dockerHelp =
  "run training and serving jobs in containers where their images are on this machine, the Decision " +
  "Tree's, which is built, among them; jobs of SageMaker's own images run in processes";

const print = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

const program = new Command("local")
  .description("Runs the pipeline's definition on this machine, without an AWS account.")
  .exitOverride();

/** A command that works in a work folder. */
function command(usage: string, description: string): Command {
  return program
    .command(usage)
    .description(description)
    .option("--work-folder <path>", "where runs, models and the report are kept (default: .local)")
    .exitOverride();
}

/** Adds what says which stack's configuration the program is evaluated with. */
function withStack(command: Command, purpose = "stack whose configuration to use"): Command {
  return command
    .option("--stack <name>", purpose, "dev")
    .option(
      "--config-file <path>",
      "file with the stack's configuration (default: Pulumi.<stack>.yaml)",
    );
}

function listCommand(
  usage: string,
  description: string,
  list: (id: string | undefined, options: Common) => Listing,
): void {
  command(usage, description)
    .option("--json", "print one JSON document")
    .action((...values: unknown[]) => {
      // Commander hands over the arguments, then the options.
      const options = values.at(-2) as Common;
      const id = values.length > 2 ? (values[0] as string | undefined) : undefined;
      print(formatListing(list(id, options), options.json === true));
    });
}

withStack(program.command("run", { isDefault: true }))
  .description("run the pipeline (what is done without a command)")
  .option("--data <path>", "file or folder with the table's data (also RESTATE_DATA)")
  .option("--definition <file>", "definition to run instead of the program's")
  .option(
    "--parameter <name=value>",
    "value of a pipeline parameter; can be repeated",
    collectParameter,
    new Map<string, string>(),
  )
  .option("--work-folder <path>", "where runs, models and the report are kept (default: .local)")
  .option("--json", "print one JSON object and nothing else on standard output")
  .option("--quiet", "show no progress")
  .option("--s3 <folder>", "folder laid out as S3, BUCKET/KEY, whose objects the definition reads")
  .option("--no-cache", "run every job, also where an equal one has succeeded before")
  .option("--docker", dockerHelp)
  .exitOverride()
  .action(async (options: RunOptions) => {
    process.exitCode = await interruptible((stopped) => run(options, stopped));
  });

withStack(
  command(
    "query [sql]",
    "run a query on the table's data as Athena does, by default the pipeline's",
  ),
)
  .option("--data <path>", "file or folder with the table's data (also RESTATE_DATA)")
  .option("--json", "print one JSON document")
  .action(async (sql: string | undefined, options: Common & RunOptions) => {
    const note = (line: string): void => {
      process.stderr.write(`${line}\n`);
    };
    const found = await query(options, sql, note);
    print(formatListing(found, options.json === true));
    if (options.json !== true && found.rows.length < found.items.length) {
      note(`${found.rows.length} of ${found.items.length} rows; --json prints all`);
    }
  });

listCommand("runs", "list the executions", (_id, options) => executions(workspaceOf(options)));
listCommand(
  "trials [execution]",
  "list the trials of an execution, by default of the latest",
  (id, options) => trials(workspaceOf(options), id),
);
listCommand("models", "list the model packages", (_id, options) => models(workspaceOf(options)));

command("report [execution]", "write the report of an execution, by default of the latest").action(
  async (id: string | undefined, options: Common) => {
    print(await report(workspaceOf(options), id));
  },
);

command("compare <execution> <execution>", "compare two executions")
  .option("--json", "print one JSON document")
  .action((left: string, right: string, options: Common) => {
    print(compare(workspaceOf(options), [left, right], options.json === true));
  });

for (const [name, status] of [
  ["approve", "Approved"],
  ["reject", "Rejected"],
] as const) {
  command(`${name} <version>`, `set the approval status of a model package to ${status}`)
    .option("--group <name>", "its model package group, where there are several")
    .option("--comment <text>", "why")
    .action((version: string, options: Common & { readonly comment?: string }) => {
      const workspace = workspaceOf(options);
      const model = findModel(workspace, version, options.group);
      setApproval(workspace, model, status, options.comment);
      print(`version ${model.version} of ${model.group}: ${status}`);
    });
}

withStack(
  command(
    "serve [version]",
    "serve a model package on a local port, by default the latest approved",
  ),
  "stack whose images to know",
)
  .option("--group <name>", "its model package group, where there are several")
  .option("--port <number>", "port on this machine", readPort, 8080)
  .option("--docker", "serve in a container of its image, where that is on this machine")
  .action(
    async (
      version: string | undefined,
      options: Common &
        Pick<RunOptions, "configFile" | "docker" | "stack"> & { readonly port: number },
    ) => {
      const workspace = workspaceOf(options);
      const model =
        version === undefined
          ? latestApproved(workspace, options.group)
          : findModel(workspace, version, options.group);
      const { docker = false, port, stack } = options;
      const program = await loadProgram(workspace.cache, stack, configOf(options));
      process.exitCode = await serve(workspace, model, program, { docker, port }, print);
    },
  );

program
  .command("invoke <rows>")
  .description(
    "ask a served model for predictions: a CSV row, or a file of rows, without label and header",
  )
  .option("--port <number>", "port on this machine", readPort, 8080)
  .exitOverride()
  .action(async (rows: string, { port }: { readonly port: number }) => {
    const path = typedPath(rows);
    print(await invoke(port, existsSync(path) ? readFileSync(path, "utf8") : rows));
  });

command("clean", "remove the work folder: runs, models and the report")
  .option("--yes", "do not ask")
  .action(async (options: Common & { readonly yes?: boolean }) => {
    process.exitCode = await clean(workspaceOf(options), options.yes === true, print);
  });

endWithReader(process.stdout);

program.parseAsync().catch((error: unknown) => {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode;
    return;
  }
  const known = asUserError(error);
  if (known === undefined) {
    throw error;
  }
  process.stderr.write(`error: ${known.message}\n`);
  process.exitCode = 1;
});
