import { Command } from "commander";
import { existsSync, readFileSync, statSync } from "node:fs";
import { availableParallelism } from "node:os";

import { interruptible } from "../../local/execution/interruption";
import { JobRunner } from "../../local/environments/jobs";
import { diagnose } from "../../report/diagnostics";
import { writeReport } from "../../report/report";
import { type Selection, readSelection } from "../../local/execution/selection";
import { runSession } from "../../local/execution/session";
import type { RunnableProgram } from "../../offline/program";
import { findDocument } from "../../local/records/executions";
import type { PipelineDefinition } from "../../pipeline/language/definition";
import { asUserError, UserError } from "../../errors/userError";
import { typedPath } from "../../terminal/options";
import { type Progress, progressOn, silent } from "../../terminal/progress";
import { printOutcome } from "../outcome";
import { parseDefinition } from "../parseDefinition";
import { runOnChange } from "../watchSources";
import { sageMaker } from "../sageMaker/clients";
import { selectiveConfig } from "../sageMaker/selectedSteps";
import { note, print, type Terminal } from "../terminal";
import { dataOf, openMachine, programOf, workspaceOf } from "../world";
import { type StartOptions, startPipeline, withStart } from "./start";

/** The options of `run`. */
export type RunOptions = StartOptions & {
  readonly definition?: string;
  readonly quiet?: boolean;
  readonly s3?: string;
  readonly watch?: boolean;
  /** False where `--no-cache` is given. */
  readonly cache: boolean;
};

function readDefinition(path: string): PipelineDefinition {
  let content: string;
  try {
    content = readFileSync(path, "utf8");
  } catch {
    throw new UserError(`--definition: cannot read ${path}`);
  }
  return parseDefinition(`--definition: ${path}`, content);
}

/** @throws UserError where there is no folder at the path */
function namedFolder(named: string, path: string): string {
  if (!existsSync(path) || !statSync(path).isDirectory()) {
    throw new UserError(`${named}: there is no folder ${path}`);
  }
  return path;
}

function progressFor({ json, quiet }: RunOptions, { stderr, stdout }: Terminal): Progress {
  const stream = json === true ? stderr : stdout;
  return quiet === true ? silent(stderr) : progressOn(stream, availableParallelism());
}

/** The steps to run of those that the options name, and the execution that the others are taken from. */
async function selectionOf(
  options: RunOptions,
  program: RunnableProgram,
  definition: PipelineDefinition,
): Promise<Selection | undefined> {
  const world = openMachine(options, { program });
  const client = sageMaker(world.client);
  const config = await selectiveConfig(client, world, definition, options);
  if (config === undefined) {
    return undefined;
  }
  const { SourcePipelineExecutionArn: arn = "" } = config;
  const source = findDocument(workspaceOf(options), arn.slice(arn.lastIndexOf("/") + 1));
  return readSelection(definition, config, source);
}

/**
 * Runs the pipeline on this machine, and shows how it goes and its result.
 *
 * @param stopped stops the run in order
 * @returns the exit code: 0 only where the pipeline succeeded
 */
async function runHere(
  options: RunOptions,
  stopped: AbortSignal,
  terminal: Terminal,
): Promise<number> {
  const progress = progressFor(options, terminal);
  const jobs = new JobRunner();
  try {
    const workspace = workspaceOf(options);
    jobs.warmUp();
    const program = await programOf(options);
    const s3 = options.s3 === undefined ? undefined : namedFolder("--s3", typedPath(options.s3));
    const definition =
      options.definition === undefined
        ? program.definition
        : readDefinition(typedPath(options.definition));
    const { pipelineName } = program;
    const session = await runSession({
      program,
      definition,
      request: { pipelineName, selection: await selectionOf(options, program, definition) },
      data: dataOf(options),
      parameters: options.parameter,
      workspace,
      docker: options.docker === true,
      cache: options.cache,
      s3,
      stopped,
      jobs,
      diagnose,
      report: progress.report,
      say: progress.say,
    });
    await writeReport(workspace.execution(session.executionId), workspace.report);
    progress.close();
    const { command } = openMachine(options, { program });
    printOutcome(session, workspace.report, options.json === true, command, terminal);
    return session.result.status === "Succeeded" ? 0 : 1;
  } catch (error) {
    progress.close();
    const known = asUserError(error);
    if (known === undefined) {
      throw error;
    }
    if (options.json === true) {
      print(terminal, JSON.stringify({ status: "Failed", failureReason: known.message }));
    }
    note(terminal, `error: ${known.message}`);
    return 1;
  } finally {
    await jobs.close();
  }
}

/** @throws UserError where an option is given that a stack in AWS cannot honour */
function refuseLocalOptions({ cache, definition, quiet, s3, watch }: RunOptions): void {
  for (const [option, given] of [
    ["--definition", definition !== undefined],
    ["--s3", s3 !== undefined],
    ["--quiet", quiet === true],
    ["--watch", watch === true],
    ["--no-cache", !cache],
  ] as const) {
    if (given) {
      throw new UserError(`${option} is for runs on this machine: add --local`);
    }
  }
}

/** `run`: on this machine the program as it is now; in AWS the pipeline as it is deployed. */
export function run(terminal: Terminal): Command {
  return withStart(new Command("run"))
    .option("--definition <file>", "with --local: a definition to run instead of the program's")
    .option(
      "--s3 <folder>",
      "with --local: folder laid out as S3, BUCKET/KEY, whose objects the definition reads",
    )
    .option(
      "--no-cache",
      "with --local: run every job, also where an equal one has succeeded before",
    )
    .option("--quiet", "with --local: show warnings and errors only")
    .option(
      "--watch",
      "with --local: run again when a source, the configuration or the data changes",
    )
    .action(async (options: RunOptions) => {
      if (options.local === true) {
        const here = options.watch === true ? runOnChange : runHere;
        terminal.exit(await interruptible((stopped) => here(options, stopped, terminal)));
        return;
      }
      refuseLocalOptions(options);
      terminal.exit(await startPipeline({ ...options, wait: true }, terminal));
    });
}
