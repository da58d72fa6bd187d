import { existsSync, readFileSync, statSync } from "node:fs";
import { availableParallelism } from "node:os";

import type { JsonObject } from "../../pipeline/expressions";
import { isObject } from "../../pipeline/walk";
import { typedPath } from "../../terminal/options";
import { type Progress, progressOn, silent } from "../../terminal/progress";
import { asUserError, UserError } from "../../terminal/errors";
import { JobRunner } from "../processes/jobs";
import { loadProgram } from "../program/programCache";
import { runSession } from "../session";
import { stackConfig } from "../program/stackConfig";
import { Workspace } from "../records/workspace";
import { printOutcome } from "./outcome";
import { report } from "./report";

/** The options of a run. */
export interface RunOptions {
  readonly stack: string;
  readonly configFile?: string;
  readonly data?: string;
  readonly definition?: string;
  readonly parameter: ReadonlyMap<string, string>;
  readonly workFolder?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly s3?: string;
  readonly docker?: boolean;
  /** False where `--no-cache` is given. */
  readonly cache: boolean;
}

/** The configuration that the options name. */
export function configOf({
  configFile,
  stack,
}: Pick<RunOptions, "configFile" | "stack">): Readonly<Record<string, string>> {
  return stackConfig(stack, configFile === undefined ? undefined : typedPath(configFile));
}

/** The data that the options or the environment name, and which of them. */
export function dataOf({
  data,
}: Pick<RunOptions, "data">): { readonly path: string; readonly named: string } | undefined {
  if (data !== undefined) {
    return { path: typedPath(data), named: "--data" };
  }
  const path = process.env["RESTATE_DATA"] ?? "";
  return path === "" ? undefined : { path: typedPath(path), named: "RESTATE_DATA" };
}

/** The work folder that the options name. */
export function workspaceOf({ workFolder }: { readonly workFolder?: string }): Workspace {
  return new Workspace(workFolder === undefined ? ".local" : typedPath(workFolder));
}

function readDefinition(path: string): JsonObject {
  let content: string;
  try {
    content = readFileSync(path, "utf8");
  } catch {
    throw new UserError(`--definition: cannot read ${path}`);
  }
  try {
    const definition = JSON.parse(content) as JsonObject;
    if (isObject(definition)) {
      return definition;
    }
  } catch (error) {
    throw new UserError(`--definition: ${path} is not JSON: ${(error as Error).message}`);
  }
  throw new UserError(`--definition: ${path} holds no JSON object`);
}

/** @throws UserError where there is no folder at the path */
function namedFolder(named: string, path: string): string {
  if (!existsSync(path) || !statSync(path).isDirectory()) {
    throw new UserError(`${named}: there is no folder ${path}`);
  }
  return path;
}

function progressFor(options: RunOptions): Progress {
  const stream = options.json === true ? process.stderr : process.stdout;
  return options.quiet === true ? silent() : progressOn(stream, availableParallelism());
}

/**
 * Runs the pipeline, and shows how it goes and what came of it.
 * @param stopped stops the run in order
 * @returns the exit code: 0 only where the pipeline succeeded
 */
export async function run(options: RunOptions, stopped: AbortSignal): Promise<number> {
  const progress = progressFor(options);
  const jobs = new JobRunner();
  try {
    const workspace = workspaceOf(options);
    jobs.warmUp();
    const program = await loadProgram(workspace.cache, options.stack, configOf(options));
    const s3 = options.s3 === undefined ? undefined : namedFolder("--s3", typedPath(options.s3));
    const session = await runSession({
      program,
      definition:
        options.definition === undefined
          ? undefined
          : readDefinition(typedPath(options.definition)),
      data: dataOf(options),
      parameters: options.parameter,
      workspace,
      docker: options.docker === true,
      cache: options.cache,
      s3,
      stopped,
      jobs,
      report: progress.report,
      say: progress.say,
    });
    const path = await report(workspace, session.executionId);
    progress.close();
    printOutcome(session, path, options.json === true);
    return session.result.status === "Succeeded" ? 0 : 1;
  } catch (error) {
    progress.close();
    const known = asUserError(error);
    if (known === undefined) {
      throw error;
    }
    if (options.json === true) {
      const failure = { status: "Failed", failureReason: known.message };
      process.stdout.write(`${JSON.stringify(failure)}\n`);
    }
    process.stderr.write(`error: ${known.message}\n`);
    return 1;
  } finally {
    await jobs.close();
  }
}
