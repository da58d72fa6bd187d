import { mkdirSync, statSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { basename, join } from "node:path";

import { check } from "../pipeline/check";
import type { JsonObject } from "../pipeline/expressions";
import { californiaHousingFile, namedData } from "./data";
import { UserError } from "./errors";
import { type Event, type Execution, makeJobFolder, type Trial } from "./execution";
import { copy, replaceFolder, writeJson } from "./files";
import { Images } from "./images";
import { JobRunner } from "./jobs";
import { ModelRegistry } from "./modelRegistry";
import { ObjectStore } from "./objectStore";
import { parameterValues } from "./parameters";
import type { Program, Table } from "./program";
import { runDefinition, type RunResult } from "./run";
import { failureReason } from "./steps/processing";
import { type CandidateSummary, readPropertyFile, summarise } from "./summary";
import { unsupported } from "./support";
import { appendTrials } from "./trials";
import { Tuner } from "./tuner";
import type { Workspace } from "./workspace";

/** What a run is to do. */
export interface SessionOptions {
  readonly program: Program;
  /** The definition to run. Default: the program's. */
  readonly definition?: JsonObject | undefined;
  /** File or folder with the data of the program's table, and what named it. Default: see the README. */
  readonly data?: { readonly path: string; readonly named: string } | undefined;
  /** Values of the pipeline's parameters, as text. */
  readonly parameters: ReadonlyMap<string, string>;
  readonly workspace: Workspace;
  /** Takes what happens. */
  readonly report: (event: Event) => void;
  /** Takes lines to show. */
  readonly say: (line: string) => void;
}

/** A finished run. */
export interface Session {
  readonly executionId: string;
  readonly definition: JsonObject;
  readonly execution: Execution;
  readonly result: RunResult;
  readonly candidates: readonly CandidateSummary[];
  /** The candidate that was registered. */
  readonly winner?: CandidateSummary;
  readonly startTime: Date;
  readonly seconds: number;
}

const dataCheckSeconds = 86_400;

/**
 * Refuses a definition that is broken, or needs what a local run does not have.
 * @throws UserError with every problem
 */
function checkDefinition(definition: JsonObject, images: Images): void {
  const problems = check(definition, { unusedParametersAllowed: true });
  const all = problems.length > 0 ? problems : unsupported(definition, images);
  if (all.length > 0) {
    throw new UserError(`the definition cannot run:\n  ${all.join("\n  ")}`);
  }
}

/** Checks a data file against its table, and puts it where the table says its files are. */
async function loadTable(execution: Execution, table: Table, path: string): Promise<void> {
  const folder = makeJobFolder(execution, "data-check");
  const reasonFile = join(folder.base, "output", "message");
  const request = join(folder.base, "table.json");
  mkdirSync(join(folder.base, "output"), { recursive: true });
  const { location, ...rest } = table;
  writeJson(request, { table: { ...rest, paths: [path] }, failure: reasonFile });
  const result = await execution.jobs.run({
    id: folder.name,
    program: { module: "local.services.table_data" },
    arguments: [request],
    workingDirectory: folder.base,
    environment: {},
    log: folder.log,
    timeLimit: dataCheckSeconds,
  });
  if (result.exitCode !== 0) {
    throw new UserError(failureReason(result, reasonFile, folder.log, dataCheckSeconds));
  }
  const incoming = join(execution.folder, "data");
  await mkdir(incoming, { recursive: true });
  await copy(path, statSync(path).isDirectory() ? incoming : join(incoming, basename(path)));
  await replaceFolder(incoming, execution.store.path(location).replace(/\/$/, ""));
}

/** The data of the program's table: what the user names, or else what the project knows. */
async function findData(options: SessionOptions, table: Table): Promise<string> {
  if (options.data !== undefined) {
    return namedData(options.data.path, options.data.named);
  }
  if (options.program.dataFile !== undefined) {
    return namedData(options.program.dataFile, "restate:dataFile");
  }
  if (table.name === "california_housing") {
    return californiaHousingFile(options.say);
  }
  throw new UserError(`the table ${table.name} has no data here; give it by --data PATH`);
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
  const images = new Images(program.decisionTreeImageUri);
  checkDefinition(definition, images);
  const parameters = parameterValues(definition, options.parameters);
  const [table] = program.tables;
  const path = table && (await findData(options, table));

  const unlock = await workspace.lock();
  const store = new ObjectStore(workspace.objects);
  const startTime = new Date();
  const executionId = workspace.newExecutionId();
  const folder = workspace.execution(executionId);
  const arn = `arn:aws:sagemaker:${program.region}:${program.accountId}`;
  const described = new Map<string, JsonObject>();
  const trials: Trial[] = [];
  const execution: Execution = {
    id: executionId,
    folder,
    described,
    scope: {
      parameters,
      execution: new Map([
        ["CurrentDateTime", startTime.toISOString()],
        ["PipelineArn", `${arn}:pipeline/${program.pipelineName}`],
        [
          "PipelineExecutionArn",
          `${arn}:pipeline/${program.pipelineName}/execution/${executionId}`,
        ],
        ["PipelineExecutionId", executionId],
        ["PipelineName", program.pipelineName],
        ["StartDateTime", startTime.toISOString()],
      ]),
      steps: described,
      propertyFile: (step, name) => readPropertyFile(definition, { described, store }, step, name),
    },
    store,
    jobs: new JobRunner(),
    tuner: new Tuner(),
    images,
    tables: program.tables,
    registry: new ModelRegistry(workspace.models, arn),
    report: (event) => {
      if (event.kind === "trial") {
        trials.push(event.trial);
      }
      options.report(event);
    },
  };
  mkdirSync(folder, { recursive: true });
  try {
    try {
      if (table !== undefined && path !== undefined) {
        await loadTable(execution, table, path);
      }
    } catch (error) {
      await rm(folder, { recursive: true });
      throw error;
    }
    for (const [uri, content] of program.uploads) {
      store.write(uri, content);
    }
    const result = await runDefinition(definition, execution);
    const candidates = summarise(definition, execution, result, trials);
    const winner = candidates.find(({ model }) => model !== undefined);
    const session: Session = {
      executionId,
      definition,
      execution,
      result,
      candidates,
      ...(winner === undefined ? {} : { winner }),
      startTime,
      seconds: (Date.now() - startTime.getTime()) / 1000,
    };
    record(session, trials, workspace);
    await rm(join(folder, "jobs"), { recursive: true, force: true });
    return session;
  } finally {
    await Promise.all([execution.jobs.close(), execution.tuner.close()]);
    await unlock();
  }
}

/** Keeps what an execution was and came to, beside those of earlier ones. */
function record(session: Session, trials: readonly Trial[], workspace: Workspace): void {
  const { definition, execution, executionId, result, seconds, startTime, winner } = session;
  writeJson(join(execution.folder, "execution.json"), {
    id: executionId,
    status: result.status,
    ...(result.failureReason === undefined ? {} : { failureReason: result.failureReason }),
    startTime: startTime.toISOString(),
    seconds,
    parameters: Object.fromEntries(execution.scope.parameters),
    steps: result.steps,
    trials,
    ...(winner?.model === undefined
      ? {}
      : {
          winner: {
            name: winner.name,
            version: winner.model.version,
            r2: winner.metrics?.r2 ?? Number.NaN,
          },
        }),
  });
  writeJson(join(execution.folder, "definition.json"), definition);
  appendTrials(workspace.trials, executionId, trials);
}
