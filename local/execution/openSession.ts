import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { rm } from "node:fs/promises";
import { basename, join } from "node:path";

import { asUserError, UserError } from "../../errors/userError";
import type { PipelineDefinition } from "../../pipeline/language/definition";
import type { Json } from "../../pipeline/language/json";
import { findEncoding } from "../preparation/encoding";
import { loadTable } from "../preparation/tableData";
import { keepDataReport } from "../records/dataReport";
import type { Obedience } from "../records/executionDocument";
import { definitionPath } from "../records/executions";
import { Recorder } from "../records/recorder";
import { updateTrials } from "../records/trials";
import type { Images } from "../standins/images";
import { writeJson } from "../storage/files";
import { Authorization } from "./authorization";
import { makeExecution } from "./context";
import { type Event, type Execution, isShown } from "./execution";
import { withRetried } from "./interrupted";
import type { SessionOptions } from "./options";
import { begunExecution, type ExecutionRequest } from "./request";
import { runDefinition, type RunResult } from "./scheduler";
import { doneSteps, leftSteps } from "./selection";
import type { Stopping } from "./stopping";
import { awaitStopRequest } from "./stopRequest";

/** A run that was checked, and can begin. */
export interface Checked {
  readonly definition: PipelineDefinition;
  readonly request: ExecutionRequest;
  readonly images: Images;
  readonly parameters: ReadonlyMap<string, Json>;
  readonly obedience: Obedience;
  /** The file or folder with the table's data; undefined if no step queries a table. */
  readonly data: string | undefined;
  /** The hash of what else it depends on. */
  readonly inputs: string;
}

/** A run that has its work folder to itself, apart from others of this process. */
export class OpenSession {
  readonly execution: Execution;
  readonly executionArn: string;
  /** The execution, which checks permissions and reports. */
  private readonly watched: Execution;
  private readonly request: ExecutionRequest;
  private readonly recorder: Recorder;
  private stopPolling = (): void => undefined;

  constructor(
    private readonly options: SessionOptions,
    private readonly checked: Checked,
    private readonly stopping: Stopping,
  ) {
    const { definition, images, inputs, obedience, parameters } = checked;
    const { program, workspace } = options;
    const startTime = new Date();
    this.request = withRetried(options, checked.request, { definition, inputs, parameters });
    const { request } = this;
    const execution = makeExecution(options, definition, request, images, parameters, startTime);
    this.execution = execution;
    const authorization =
      obedience === "checked" ? new Authorization(program, definition, workspace.cache) : undefined;
    this.watched = {
      ...execution,
      authorize: authorization && ((step, args) => authorization.check(execution, step, args)),
      report: (event) => {
        this.note(event);
      },
    };
    const known = { authorization: obedience, inputs, startTime };
    const begun = begunExecution(execution.scope, definition, request, known);
    this.executionArn = begun.execution.PipelineExecutionArn;
    const left = leftSteps(request);
    this.recorder = new Recorder(execution.folder, execution.arnPrefix, begun, left);
    stopping.stopped.addEventListener("abort", () => {
      if (!stopping.hasLostFolder) {
        this.recorder.stopping();
      }
      void execution.jobs.close();
    });
  }

  /**
   * Creates its folder and record, and places the objects that it reads.
   * @throws UserError if these cannot be read, or it is stopped
   */
  async begin(): Promise<void> {
    const { folder } = this.execution;
    mkdirSync(folder, { recursive: true });
    this.stopPolling = awaitStopRequest(folder, this.stopping.stop);
    writeJson(definitionPath(folder), this.checked.definition);
    this.recorder.begin();
    try {
      await this.placeObjects();
    } catch (error) {
      const isStopped = this.stopping.stopped.aborted;
      const reason = isStopped
        ? new UserError("stopped before any step began")
        : (asUserError(error) ?? (error as Error));
      if (this.request.retried === undefined) {
        await rm(folder, { recursive: true, force: true });
      } else if (!this.stopping.hasLostFolder) {
        this.recorder.fail(reason.message, isStopped ? "Stopped" : "Failed");
      }
      throw reason;
    }
  }

  /** Runs its steps, and records the result. */
  async run(): Promise<RunResult> {
    try {
      return await this.runSteps();
    } catch (error) {
      if (!this.stopping.hasLostFolder) {
        this.recorder.fail((error as Error).message);
      }
      throw error;
    }
  }

  /** Ends what runs for it. */
  async close(): Promise<void> {
    const { jobs, services, tuner } = this.execution;
    this.stopPolling();
    await Promise.all([jobs.close(), tuner.close()]);
    await services?.close();
  }

  private async runSteps(): Promise<RunResult> {
    const { execution, options, request, stopping, watched } = this;
    const { stopped } = stopping;
    const ran = await runDefinition(this.checked.definition, watched, stopped, {
      done: doneSteps(request),
      selected: request.selection?.selected,
      maxParallel: request.maxParallelSteps,
    });
    if (stopping.hasLostFolder) {
      const { folder } = options.workspace;
      throw new UserError(`stopped: ${folder} was removed, or is used by another run`);
    }
    if (ran.status !== "Stopped") {
      await options.diagnose?.(execution).catch((error: unknown) => {
        if (!stopped.aborted) {
          throw error;
        }
      });
    }
    // A stop that was accepted is not undone by steps that end meanwhile. Source: StopPipelineExecution, "Lambda Step".
    const wasStopped = stopped.aborted && ran.status === "Succeeded";
    const result: RunResult = wasStopped ? { ...ran, status: "Stopped" } : ran;
    this.recorder.end(result);
    updateTrials(options.workspace, execution.id);
    removeJobs(execution.folder, result);
    return result;
  }

  /** Records an event, shows it, and keeps the report on the data. */
  private note(event: Event): void {
    const { report, say } = this.options;
    // A deleted folder is not created again.
    if (!this.stopping.hasLostFolder) {
      this.recorder.note(event);
    }
    if (isShown(event)) {
      report?.(event);
    }
    if (
      event.kind === "step" &&
      event.step.status === "Succeeded" &&
      !this.stopping.hasLostFolder
    ) {
      const found = keepDataReport(this.execution, event.step.name);
      const warnings = found?.findings.map(({ text }) => `warning: ${text}`) ?? [];
      [found?.summary ?? [], warnings].flat().forEach(say);
    }
  }

  /** Places the objects that the definition reads: those of the user, the table's data and the program's uploads. */
  private async placeObjects(): Promise<void> {
    const { program, s3, say } = this.options;
    const { data, definition } = this.checked;
    const { store } = this.execution;
    const [table] = program.tables;
    if (s3 !== undefined) {
      await store.takeAll(s3);
    }
    if (table !== undefined && data !== undefined) {
      const encoding = findEncoding(definition, program.uploads);
      const { dataset } = program;
      for (const warning of await loadTable(this.execution, table, dataset, data, encoding)) {
        say(`warning: ${warning}`);
      }
    }
    for (const [uri, content] of program.uploads) {
      store.write(uri, content);
    }
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
