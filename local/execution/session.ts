import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { rm } from "node:fs/promises";
import { basename, join } from "node:path";

import { UserError } from "../../errors/userError";
import type { PipelineDefinition } from "../../pipeline/language/definition";
import { allSteps } from "../../pipeline/language/graph";
import { removeContainers } from "../environments/docker";
import { findEncoding } from "../preparation/encoding";
import { prepare } from "../preparation/preparation";
import { findTableData, loadTable } from "../preparation/tableData";
import { keepDataReport } from "../records/dataReport";
import { definitionPath } from "../records/executions";
import { endKilled, Recorder } from "../records/recorder";
import { updateTrials } from "../records/trials";
import { writeJson } from "../storage/files";
import { Authorization, obedienceOf } from "./authorization";
import { makeExecution } from "./context";
import { type Execution, isShown } from "./execution";
import { inputsHash, withRetried } from "./interrupted";
import type { SessionOptions } from "./options";
import { begunExecution } from "./request";
import { runDefinition, type RunResult } from "./scheduler";
import { doneSteps, leftSteps } from "./selection";
import { awaitStopRequest } from "./stopRequest";

/** A finished run. */
export interface Session {
  readonly executionId: string;
  readonly executionArn: string;
  readonly execution: Execution;
  readonly result: RunResult;
}

/** A started run. */
interface StartedSession extends Pick<Session, "executionArn" | "executionId"> {
  /** Resolves when it has ended in any way. */
  readonly ended: Promise<Session>;
}

/**
 * Runs a pipeline in a work folder. The configuration, the definition, the parameters and the data are checked before
 * anything of earlier runs is changed.
 *
 * @throws UserError for users' mistakes
 */
export async function runSession(options: SessionOptions): Promise<Session> {
  return (await startSession(options)).ended;
}

/**
 * Starts a run; see {@link runSession}.
 * @returns as soon as the first step can begin
 * @throws UserError for users' mistakes
 */
export async function startSession(options: SessionOptions): Promise<StartedSession> {
  const { program, say, workspace } = options;
  const definition = options.definition ?? program.definition;
  const asked = options.request ?? { pipelineName: program.pipelineName };
  const { images, parameters } = await prepare(options, definition);
  const obedience = obedienceOf(program, definition, options.authorization ?? true, asked.roleArn);
  if (obedience === "not checked: roles of others") {
    say(
      `the definition uses roles other than those of stack ${program.stack}, so permissions are not checked`,
    );
  }
  const data = await dataOf(options, definition);
  const inputs = await inputsHash(definition, images, [data, options.s3]);

  const lost = new AbortController();
  const stopping = new AbortController();
  const stop = (): void => {
    stopping.abort();
  };
  const unlock = await workspace.lock(
    () => {
      lost.abort();
      stop();
    },
    {
      say,
      opened: async () => {
        endKilled(workspace);
        if (options.docker) {
          await removeContainers(workspace.folder);
        }
      },
    },
  );
  const startTime = new Date();
  const request = withRetried(options, asked, { definition, inputs, parameters });
  const execution = makeExecution(options, definition, request, images, parameters, startTime);
  const { arnPrefix, folder, id, scope } = execution;
  const known = { authorization: obedience, inputs, startTime };
  const begun = begunExecution(scope, definition, request, known);
  const { PipelineExecutionArn: executionArn } = begun.execution;
  const recorder = new Recorder(folder, arnPrefix, begun, leftSteps(request));
  const authorization =
    obedience === "checked" ? new Authorization(program, definition, workspace.cache) : undefined;
  const watched: Execution = {
    ...execution,
    authorize: authorization && ((step, args) => authorization.check(execution, step, args)),
    report: (event) => {
      // A deleted folder is not created again.
      if (!lost.signal.aborted) {
        recorder.note(event);
      }
      if (isShown(event)) {
        options.report?.(event);
      }
      if (event.kind === "step" && event.step.status === "Succeeded" && !lost.signal.aborted) {
        const report = keepDataReport(execution, event.step.name);
        [report?.summary ?? [], report?.findings.map(({ text }) => `warning: ${text}`) ?? []]
          .flat()
          .forEach(say);
      }
    },
  };
  options.stopped.addEventListener("abort", stop);
  stopping.signal.addEventListener("abort", () => {
    if (!lost.signal.aborted) {
      recorder.stopping();
    }
    void execution.jobs.close();
  });
  let stopLooking = (): void => undefined;
  const leave = async (): Promise<void> => {
    stopLooking();
    options.stopped.removeEventListener("abort", stop);
    await Promise.all([execution.jobs.close(), execution.tuner.close()]);
    await execution.services?.close();
    await unlock();
  };
  try {
    mkdirSync(folder, { recursive: true });
    stopLooking = awaitStopRequest(folder, stop);
    writeJson(definitionPath(folder), definition);
    recorder.begin();
    try {
      await placeObjects(options, definition, execution, data);
    } catch (error) {
      if (request.retried === undefined) {
        await rm(folder, { recursive: true, force: true });
      }
      throw stopping.signal.aborted ? new UserError("stopped before any step began") : error;
    }
  } catch (error) {
    await leave();
    throw error;
  }

  const finish = async (): Promise<Session> => {
    const ran = await runDefinition(definition, watched, stopping.signal, {
      done: doneSteps(request),
      selected: request.selection?.selected,
      maxParallel: request.maxParallelSteps,
    });
    if (lost.signal.aborted) {
      throw new UserError(`stopped: ${workspace.folder} was removed, or is used by another run`);
    }
    if (ran.status !== "Stopped") {
      await options.diagnose?.(execution).catch((error: unknown) => {
        if (!stopping.signal.aborted) {
          throw error;
        }
      });
    }
    // A stop that was accepted is not undone by steps that end meanwhile. Source: StopPipelineExecution, "Lambda Step".
    const wasStopped = stopping.signal.aborted && ran.status === "Succeeded";
    const result: RunResult = wasStopped ? { ...ran, status: "Stopped" } : ran;
    recorder.end(result);
    updateTrials(workspace, id);
    removeJobs(folder, result);
    return { executionId: id, executionArn, execution, result };
  };
  return {
    executionId: id,
    executionArn,
    ended: finish()
      .catch((error: unknown) => {
        if (!lost.signal.aborted) {
          recorder.fail((error as Error).message);
        }
        throw error;
      })
      .finally(leave),
  };
}

/** The file or folder with the table's data; undefined if no step queries a table. */
async function dataOf(
  { data: named, program, say }: SessionOptions,
  definition: PipelineDefinition,
): Promise<string | undefined> {
  const [table] = program.tables;
  const queries = allSteps(definition).some(
    ({ step }) =>
      step.Type === "Processing" &&
      step.Arguments.ProcessingInputs?.some(
        (input) => input.DatasetDefinition?.AthenaDatasetDefinition,
      ),
  );
  if (table === undefined || !queries) {
    return undefined;
  }
  return findTableData(table, program.dataset, { named, uploaded: program.dataFile }, say);
}

/** Places the objects that a definition reads: those of the user, the table's data and the program's uploads. */
async function placeObjects(
  { program, s3, say }: SessionOptions,
  definition: PipelineDefinition,
  execution: Execution,
  data: string | undefined,
): Promise<void> {
  const [table] = program.tables;
  if (s3 !== undefined) {
    await execution.store.takeAll(s3);
  }
  if (table !== undefined && data !== undefined) {
    const encoding = findEncoding(definition, program.uploads);
    for (const warning of await loadTable(execution, table, program.dataset, data, encoding)) {
      say(`warning: ${warning}`);
    }
  }
  for (const [uri, content] of program.uploads) {
    execution.store.write(uri, content);
  }
}

/** Deletes the folders of an execution's jobs, except that of a failed job, which `shell` opens. */
function removeJobs(folder: string, { steps }: RunResult): void {
  const log = steps.find(({ status }) => status === "Failed")?.log;
  const kept = log === undefined ? undefined : basename(log, ".log");
  const jobs = join(folder, "jobs");
  for (const name of existsSync(jobs) ? readdirSync(jobs) : []) {
    if (name !== kept) {
      rmSync(join(jobs, name), { recursive: true, force: true });
    }
  }
  if (kept === undefined) {
    rmSync(jobs, { recursive: true, force: true });
  }
}
