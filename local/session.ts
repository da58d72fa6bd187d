import { mkdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";

import type { Json, JsonObject } from "../pipeline/expressions";
import { canonicalJson } from "../pipeline/language/canonicalJson";
import { allSteps } from "../pipeline/walk";
import { UserError } from "../terminal/errors";
import { Cache } from "./caching/cache";
import { removeContainers } from "./docker/docker";
import type { Event, Execution, Trial } from "./execution";
import { writeJson } from "./storage/files";
import type { Images } from "./images/images";
import type { JobRunner } from "./processes/jobs";
import { ModelRegistry } from "./records/modelRegistry";
import { ObjectStore } from "./storage/objectStore";
import { type PreparationOptions, prepare } from "./preparation/preparation";
import { diagnose } from "./report/diagnostics";
import { endKilled, Recorder } from "./records/recorder";
import { runDefinition, type RunResult } from "./run";
import { type CandidateSummary, readPropertyFile, summarise } from "./records/summary";
import { findEncoding } from "./preparation/encoding";
import { findTableData, loadTable } from "./preparation/tableData";
import { appendTrials } from "./records/trials";
import { Tuner } from "./processes/tuner";

/** What a run is to do. */
export interface SessionOptions extends PreparationOptions {
  /** The definition to run. Default: the program's. */
  readonly definition?: JsonObject | undefined;
  /** File or folder with the data of the program's table, and what named it. Default: see the README. */
  readonly data?: { readonly path: string; readonly named: string } | undefined;
  /** Whether results of earlier, equal jobs are taken. */
  readonly cache: boolean;
  /** Takes what happens. */
  readonly report: (event: Event) => void;
  /** Runs the jobs; closed when the session ends. */
  readonly jobs: JobRunner;
}

/** A finished run. */
export interface Session {
  readonly executionId: string;
  readonly definition: JsonObject;
  readonly execution: Execution;
  readonly result: RunResult;
  readonly candidates: readonly CandidateSummary[];
  /** The trials of all tunings, in the order in which they ended. */
  readonly trials: readonly Trial[];
  /** The candidate that was registered. */
  readonly winner?: CandidateSummary;
  readonly startTime: Date;
  readonly seconds: number;
}

/** Whether a step asks Athena. */
function readsTables(definition: JsonObject): boolean {
  return canonicalJson(definition).includes('"AthenaDatasetDefinition"');
}

/**
 * Runs a pipeline in a work folder. Nothing of earlier runs is touched before the configuration, the
 * definition, the parameters and the data have proved good.
 *
 * @throws UserError for what the user must mend
 */
export async function runSession(options: SessionOptions): Promise<Session> {
  const { program, workspace } = options;
  const definition = options.definition ?? program.definition;
  const { images, parameters } = await prepare(options, definition);
  const [table] = program.tables;
  const source = { named: options.data, uploaded: program.dataFile };
  const path =
    table &&
    readsTables(definition) &&
    (await findTableData(table, program.dataset, source, options.say));

  const lost = new AbortController();
  const stopping = new AbortController();
  const unlock = await workspace.lock(() => {
    lost.abort();
    stopping.abort();
  });
  const startTime = new Date();
  const execution = makeExecution(options, definition, images, parameters, startTime);
  const { folder, id } = execution;
  const recorder = new Recorder(execution, startTime);
  const watched: Execution = {
    ...execution,
    report: (event) => {
      recorder.note(event);
      options.report(event);
    },
  };
  const stop = (): void => {
    stopping.abort();
  };
  options.stopped.addEventListener("abort", stop);
  stopping.signal.addEventListener("abort", () => {
    void execution.jobs.close();
  });
  try {
    endKilled(workspace);
    if (options.docker) {
      await removeContainers(workspace.folder);
    }
    mkdirSync(folder, { recursive: true });
    try {
      if (options.s3 !== undefined) {
        await execution.store.takeAll(options.s3);
      }
      if (table !== undefined && typeof path === "string") {
        const encoding = findEncoding(definition, program.uploads);
        for (const warning of await loadTable(execution, table, program.dataset, path, encoding)) {
          options.say(`warning: ${warning}`);
        }
      }
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw stopping.signal.aborted ? new UserError("stopped, before a step had begun") : error;
    }
    for (const [uri, content] of program.uploads) {
      execution.store.write(uri, content);
    }
    recorder.begin();
    writeJson(join(folder, "definition.json"), definition);
    const result = await runDefinition(definition, watched, stopping.signal);
    if (lost.signal.aborted) {
      throw new UserError(`stopped: ${workspace.folder} was removed, or taken by another run`);
    }
    const candidates = summarise(definition, execution, result, recorder.trials);
    const winner = candidates.find(({ model }) => model !== undefined);
    if (result.status !== "Stopped") {
      await diagnose(execution, candidates, (winner ?? best(candidates))?.name);
    }
    recorder.end(result, candidates, winner);
    appendTrials(workspace.trials, id, recorder.trials);
    await rm(join(folder, "jobs"), { recursive: true, force: true });
    return {
      executionId: id,
      definition,
      execution,
      result,
      candidates,
      trials: recorder.trials,
      ...(winner === undefined ? {} : { winner }),
      startTime,
      seconds: (Date.now() - startTime.getTime()) / 1000,
    };
  } finally {
    options.stopped.removeEventListener("abort", stop);
    await Promise.all([execution.jobs.close(), execution.tuner.close()]);
    await unlock();
  }
}

/** The candidate with the best R², where one was evaluated. */
function best(candidates: readonly CandidateSummary[]): CandidateSummary | undefined {
  const score = ({ metrics }: CandidateSummary): number => metrics?.r2 ?? -Infinity;
  return candidates.reduce<CandidateSummary | undefined>(
    (first, one) => (first === undefined || score(one) > score(first) ? one : first),
    undefined,
  );
}

/** What the steps work with. */
function makeExecution(
  options: SessionOptions,
  definition: JsonObject,
  images: Images,
  parameters: ReadonlyMap<string, Json>,
  startTime: Date,
): Execution {
  const { program, workspace } = options;
  const id = workspace.newExecutionId();
  const arn = `arn:aws:sagemaker:${program.region}:${program.accountId}`;
  const pipelineArn = `${arn}:pipeline/${program.pipelineName}`;
  const store = new ObjectStore(workspace.objects);
  const described = new Map<string, JsonObject>();
  return {
    id,
    workFolder: workspace.folder,
    folder: workspace.execution(id),
    described,
    scope: {
      parameters,
      execution: new Map([
        ["CurrentDateTime", startTime.toISOString()],
        ["PipelineArn", pipelineArn],
        ["PipelineExecutionArn", `${pipelineArn}/execution/${id}`],
        ["PipelineExecutionId", id],
        ["PipelineName", program.pipelineName],
        ["StartDateTime", startTime.toISOString()],
      ]),
      steps: described,
      propertyFile: (step, name) => readPropertyFile(definition, { described, store }, step, name),
    },
    store,
    jobs: options.jobs,
    tuner: new Tuner(allSteps(definition["Steps"]).some(({ type }) => type === "Tuning")),
    images,
    tables: program.tables,
    cache: new Cache(workspace.cache, store, options.cache),
    registry: new ModelRegistry(workspace.models, arn),
    report: options.report,
  };
}
