import { Command, InvalidArgumentError } from "commander";
import { existsSync, readFileSync, statSync } from "node:fs";
import { availableParallelism } from "node:os";

import { serveJobs } from "../../local/api/server";
import { interruptible } from "../../local/execution/interruption";
import { JobRunner } from "../../local/environments/jobs";
import { writeFileAtomically } from "../../local/storage/files";
import { diagnose } from "../../report/diagnostics";
import { renderReport } from "../../report/report";
import { readReportData } from "../../report/reportData";
import { type Selection, readSelection } from "../../local/execution/selection";
import { runSession } from "../../local/execution/session";
import { findDocument } from "../../local/records/executions";
import type { PipelineDefinition } from "../../pipeline/language/definition";
import { allSteps } from "../../pipeline/language/graph";
import { imagesOf } from "../../pipeline/language/images";
import { asUserError, UserError } from "../../errors/userError";
import { typedPath } from "../../terminal/options";
import { type Progress, progressOn, silent } from "../../terminal/progress";
import { printLoggingHint } from "../loggingHint";
import { failureText } from "../failure";
import { printOutcome, stoppedText } from "../outcome";
import { parseDefinition } from "../../sageMaker/parseDefinition";
import { runOnChange } from "../watchSources";
import { describeExecution } from "../../sageMaker/executions";
import { type FullExecution, readExecution } from "../../sageMaker/fullExecution";
import type { Pipeline } from "../../sageMaker/inventory";
import { selectiveConfig } from "../selectedSteps";
import { startParameters } from "../warmStart";
import type { World } from "../../sageMaker/world";
import { stackProgram } from "../stackProgram";
import { note, print, type Terminal } from "../terminal";
import { dataOf, imageOptions, openMachine, workspaceOf } from "../world";
import { type StartOptions, startPipeline, withStart } from "./start";

type RunOptions = StartOptions & {
  readonly definition?: string;
  readonly pipelineName?: string;
  readonly quiet?: boolean;
  readonly s3?: string;
  readonly watch?: boolean;
  /** False if `--no-cache` is given. */
  readonly cache: boolean;
};

/**
 * Reads the name of a pipeline. Source: PipelineName of CreatePipeline.
 * @throws InvalidArgumentError if SageMaker would refuse it
 */
function readPipelineName(text: string): string {
  if (!/^[A-Za-z0-9](-*[A-Za-z0-9]){0,255}$/.test(text)) {
    throw new InvalidArgumentError(
      "It must be 1 to 256 letters, digits and hyphens, and not begin or end with a hyphen.",
    );
  }
  return text;
}

function readDefinition(path: string): PipelineDefinition {
  let content: string;
  try {
    content = readFileSync(path, "utf8");
  } catch {
    throw new UserError(`--definition: cannot read ${path}`);
  }
  return parseDefinition(`--definition: ${path}`, content);
}

/** @throws UserError if there is no folder at the path */
function namedFolder(named: string, path: string): string {
  if (!existsSync(path) || !statSync(path).isDirectory()) {
    throw new UserError(`${named}: folder does not exist: ${path}`);
  }
  return path;
}

function progressFor({ json, quiet }: RunOptions, { stderr, stdout }: Terminal): Progress {
  const stream = json === true ? stderr : stdout;
  return quiet === true ? silent(stderr) : progressOn(stream, availableParallelism());
}

/** @throws UserError if `--image` names an image that no step has */
function checkImages(definition: PipelineDefinition, { image = new Map() }: RunOptions): void {
  const known = new Set(allSteps(definition).flatMap(({ step }) => imagesOf(step)));
  for (const uri of image.keys() as Iterable<string>) {
    if (!known.has(uri)) {
      throw new UserError(
        `--image: no step of the definition uses the image ${uri}; ` +
          (known.size === 0 ? "none uses any" : `they use ${[...known].join(", ")}`),
      );
    }
  }
}

/** A world with the executions of one pipeline only. */
function ofPipeline(world: World, pipelineName: string): World {
  const pipelines = async (): Promise<readonly Pipeline[]> =>
    (await world.pipelines()).filter((one) => one.pipelineName === pipelineName);
  return { ...world, pipelines };
}

/** The selected steps, and the execution whose results replace the others. */
async function selectionOf(
  options: RunOptions,
  world: World,
  definition: PipelineDefinition,
): Promise<Selection | undefined> {
  const config = await selectiveConfig(world, definition, options);
  if (config === undefined) {
    return undefined;
  }
  const { SourcePipelineExecutionArn: arn = "" } = config;
  const source = findDocument(workspaceOf(options), arn.slice(arn.lastIndexOf("/") + 1));
  return readSelection(definition, config, source);
}

/**
 * Runs the pipeline on this machine, and shows its progress and result.
 *
 * @param stopped stops the run in order
 * @returns the exit code: 0 only if the pipeline succeeded
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
    const program = await stackProgram(options);
    const s3 = options.s3 === undefined ? undefined : namedFolder("--s3", typedPath(options.s3));
    const definition =
      options.definition === undefined
        ? program.definition
        : readDefinition(typedPath(options.definition));
    checkImages(definition, options);
    const { pipelineName = program.pipelineName } = options;
    const world = openMachine(options, { program });
    const earlier = ofPipeline(world, pipelineName);
    const parameter = await startParameters(earlier, definition, options);
    const analysed: { execution?: FullExecution } = {};
    const { executionArn: arn } = await runSession({
      program,
      definition,
      request: {
        pipelineName,
        selection: await selectionOf(options, earlier, definition),
      },
      data: dataOf(options),
      parameters: parameter,
      workspace,
      ...imageOptions(options),
      authorization: options.authorization,
      cache: options.cache,
      continues: options.cache,
      s3,
      stopped,
      jobs,
      diagnose: async (execution) => {
        if (allSteps(definition).some(({ step }) => step.Type === "Tuning")) {
          progress.say(
            "Analysing the candidates for the report: errors, importance and SHAP values",
          );
        }
        analysed.execution = await diagnose(world, execution);
      },
      serve: () => serveJobs(world.machine),
      report: progress.report,
      say: progress.say,
    });
    const state = await describeExecution(world, { arn, pipelineName });
    const execution = { ...(analysed.execution ?? (await readExecution(world, state))), ...state };
    const data = await readReportData(world, execution);
    writeFileAtomically(workspace.report, await renderReport(data));
    progress.close();
    printOutcome(data, workspace.report, options.json === true, terminal);
    if (execution.status === "Failed") {
      const typed = { options: { ...options, parameter }, isProgram: true };
      note(terminal, `error: ${await failureText(world, execution, typed)}`);
    } else if (execution.status === "Stopped") {
      note(terminal, stoppedText(execution, options.cache));
    }
    printLoggingHint(world, definition, execution.id, terminal);
    return execution.status === "Succeeded" ? 0 : 1;
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

/** @throws UserError if an option only applies to this machine */
function refuseLocalOptions({
  cache,
  definition,
  pipelineName,
  quiet,
  s3,
  watch,
}: RunOptions): void {
  for (const [option, given] of [
    ["--definition", definition !== undefined],
    ["--pipeline-name", pipelineName !== undefined],
    ["--s3", s3 !== undefined],
    ["--quiet", quiet === true],
    ["--watch", watch === true],
    ["--no-cache", !cache],
  ] as const) {
    if (given) {
      throw new UserError(`${option} only applies to runs on this machine: add --local`);
    }
  }
}

/** `run`: runs the current program on this machine, or the deployed pipeline in AWS. */
export function run(terminal: Terminal): Command {
  return withStart(new Command("run"))
    .option("--definition <file>", "with --local: run this definition instead of the program's")
    .option(
      "--pipeline-name <name>",
      "with --local: the execution's pipeline (default: the stack's)",
      readPipelineName,
    )
    .option(
      "--s3 <folder>",
      "with --local: folder laid out like S3, BUCKET/KEY, with the objects that the definition reads",
    )
    .option("--no-cache", "with --local: rerun every job, in a new execution")
    .option("--quiet", "with --local: only show warnings and errors")
    .option("--watch", "with --local: rerun when a source, the configuration or the data changes")
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
