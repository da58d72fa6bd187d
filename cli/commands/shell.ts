import { Command, type ParseOptions } from "commander";
import { spawn } from "node:child_process";
import { basename, delimiter, dirname, join } from "node:path";

import { pythonWords } from "../../local/environments/environment";
import { type FailedJob, readFailedJob } from "../../local/environments/failedJob";
import { pythonInterpreter, pythonPath } from "../../local/environments/python";
import { findDefinition, findDocument, listHeads } from "../../local/records/executions";
import { executionId } from "../../local/records/executionDocument";
import type { Workspace } from "../../local/records/workspace";
import { allSteps } from "../../pipeline/language/graph";
import { nearest } from "../../pipeline/language/nearest";
import { UserError } from "../../errors/userError";
import { shellWord } from "../../terminal/options";
import { withWorld } from "../options";
import { note, type Terminal } from "../terminal";
import { onThisMachine, workspaceOf, type WorldOptions } from "../world";

/**
 * The id of the given execution, or of the latest that failed: only failed jobs' folders are kept.
 * @throws UserError if there is none
 */
function findId(workspace: Workspace, named: string | undefined): string {
  const heads = listHeads(workspace);
  const found = heads.find((head) =>
    named === undefined
      ? head.execution.PipelineExecutionStatus === "Failed"
      : executionId(head) === named || head.execution.PipelineExecutionArn === named,
  );
  if (found !== undefined) {
    return executionId(found);
  }
  if (named === undefined) {
    throw new UserError(`${workspace.folder} has no failed execution`);
  }
  const similar = nearest(named, heads.map(executionId));
  const hint = similar === undefined ? "`runs` lists them" : `did you mean ${similar}?`;
  throw new UserError(`there is no execution ${named}; ${hint}`);
}

/**
 * The failed job of a step.
 * @throws UserError if there is none
 */
function findJob(workspace: Workspace, step: string, named: string | undefined): FailedJob {
  const id = findId(workspace, named);
  const folder = workspace.execution(id);
  const definition = findDefinition(folder);
  const names = definition ? allSteps(definition).map((one) => one.step.Name) : [];
  if (!names.includes(step)) {
    const similar = nearest(step, names);
    const hint = similar === undefined ? `it has ${names.join(", ")}` : `did you mean ${similar}?`;
    throw new UserError(`execution ${id} has no step ${step}; ${hint}`);
  }
  const { Log: log, StepStatus: status = "NotExecuted" } =
    findDocument(workspace, id)?.steps.find(({ StepName }) => StepName === step) ?? {};
  const job =
    status === "Failed" && log !== undefined
      ? readFailedJob(join(folder, "jobs", basename(log, ".log")))
      : undefined;
  if (job === undefined) {
    throw new UserError(
      `there is no job folder for step ${step} of execution ${id} (${status}): only the job that made the latest failed ` +
        `execution fail keeps its folder; \`run --only ${step} --source ${id}\` reruns the step`,
    );
  }
  return job;
}

/** Whether a job runs in a container. */
function isContained({ program }: FailedJob): boolean {
  return "module" in program && program.module === "local.standins.jobs.container";
}

/** Runs a shell, or a command, where a job ran. @returns its exit code */
function runThere(job: FailedJob, command: readonly string[], terminal: Terminal): Promise<number> {
  const python = pythonInterpreter();
  const environment = {
    ...process.env,
    PATH: [dirname(python), process.env["PATH"] ?? ""].join(delimiter),
    PYTHONPATH: pythonPath.join(delimiter),
    ...job.environment,
  };
  const words = isContained(job)
    ? [python, ...pythonWords(job), "--shell", ...command]
    : command.length > 0
      ? command
      : [process.env["SHELL"] ?? "sh"];
  if (command.length === 0) {
    const again = isContained(job)
      ? ""
      : `; the job ran: python ${pythonWords(job).map(shellWord).join(" ")}`;
    note(terminal, `in ${job.workingDirectory}, the job's /opt/ml${again}`);
  }
  const [program = "", ...rest] = words;
  // An interactive shell needs the real terminal.
  const isTerminal = terminal.stdout === process.stdout;
  const child = spawn(program, rest, {
    cwd: job.workingDirectory,
    env: environment,
    stdio: isTerminal ? "inherit" : ["inherit", "pipe", "pipe"],
  });
  child.stdout?.pipe(terminal.stdout, { end: false });
  child.stderr?.pipe(terminal.stderr, { end: false });
  return new Promise((done, failed) => {
    child.once("error", failed).once("close", (code) => {
      done(code ?? 1);
    });
  });
}

/** A command that separates what follows `--` from its arguments. */
class CommandWithRest extends Command {
  rest: readonly string[] = [];

  override parseAsync(words: readonly string[], options?: ParseOptions): Promise<this> {
    const mark = words.includes("--") ? words.indexOf("--") : words.length;
    this.rest = words.slice(mark + 1);
    return super.parseAsync(words.slice(0, mark), options);
  }
}

/** `shell <step> [execution] [-- command...]`: opens a shell where the job of a failed step ran. */
export function shell(terminal: Terminal): Command {
  const command = new CommandWithRest("shell");
  return withWorld(command)
    .usage("<step> [execution] [options] [-- <command>...]")
    .argument("<step>", "its name")
    .argument("[execution]", "its id (default: the latest failed one)")
    .action(async (step: string, execution: string | undefined, options: WorldOptions) => {
      onThisMachine(
        "shell",
        options,
        `\`logs ${step}\` prints the job's log, and \`run --local --only ${step}\` runs the step here`,
      );
      const job = findJob(workspaceOf(options), step, execution);
      terminal.exit(await runThere(job, command.rest, terminal));
    });
}
