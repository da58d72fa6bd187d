import type { MLflowConfiguration, PipelineExperimentConfig } from "@aws-sdk/client-sagemaker";
import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { rm } from "node:fs/promises";
import { basename, join } from "node:path";

import type { PipelineDefinition } from "../../pipeline/language/definition";
import { evaluate } from "../../pipeline/language/evaluate";
import { allSteps } from "../../pipeline/language/graph";
import type { Json } from "../../pipeline/language/json";
import { UserError } from "../../errors/userError";
import type { ShownEvent } from "../../terminal/events";
import { Cache } from "../caching/cache";
import { AwsServices, type ServedApi } from "../environments/awsServices";
import { removeContainers } from "../environments/docker";
import { type Execution, isShown, type Properties, type Trial } from "./execution";
import { writeJson } from "../storage/files";
import type { Images } from "../standins/images";
import type { Jobs } from "../environments/jobs";
import { Authorization, obedienceOf, ownRoles } from "./authorization";
import { findEarlierTuning } from "../records/earlierTuning";
import { ModelRegistry } from "../records/modelRegistry";
import { ObjectStore } from "../storage/objectStore";
import { type AskedExecution, findInterrupted, inputsHash } from "./interrupted";
import { type PreparationOptions, prepare, type Prepared } from "../preparation/preparation";
import { type ExecutionDocument, executionId, pipelineArnOf } from "../records/executionDocument";
import { type Challenge, challengeOf } from "../records/challenge";
import { type BegunExecution, endKilled, Recorder } from "../records/recorder";
import { runDefinition, type RunResult } from "./scheduler";
import {
  type CandidateSummary,
  readDocument,
  readPropertyFile,
  summarise,
} from "../records/summary";
import { keepDataReport } from "../records/dataReport";
import { findEncoding } from "../preparation/encoding";
import { findTableData, loadTable } from "../preparation/tableData";
import { updateTrials } from "../records/trials";
import { awaitStopRequest } from "./stopRequest";
import { doneSteps, leftSteps, type TakenResults } from "./selection";
import { Tuner } from "../environments/tuner";

/** The start request of an execution, apart from its definition and parameters. */
export interface ExecutionRequest extends TakenResults {
  readonly pipelineName: string;
  /** The pipeline version of the definition. Default: none, for example for a file. */
  readonly pipelineVersionId?: number | undefined;
  readonly displayName?: string | undefined;
  readonly description?: string | undefined;
  readonly clientRequestToken?: string | undefined;
  /** The experiment in the MLflow app, in place of the definition's. */
  readonly mlflowExperimentName?: string | undefined;
  /** Max concurrent steps. Default: unlimited. */
  readonly maxParallelSteps?: number | undefined;
}

/**
 * Analyses the candidates of an execution whose steps have ended.
 *
 * @param detailed name of the candidate to analyse in detail: the winner, otherwise the best
 */
export type Diagnose = (
  execution: Execution,
  candidates: readonly CandidateSummary[],
  detailed: string | undefined,
) => Promise<void>;

/** The options of a run. */
export interface SessionOptions extends PreparationOptions {
  /** The definition to run. Default: the program's. */
  readonly definition?: PipelineDefinition | undefined;
  /** The API's request. Default: a new execution of the program's pipeline. */
  readonly request?: ExecutionRequest | undefined;
  /** File or folder with the data of the program's table, and the option that set it. Default: see the README. */
  readonly data?: { readonly path: string; readonly named: string } | undefined;
  /** Whether steps reuse results of earlier executions, if their CacheConfig allows it. */
  readonly cache: boolean;
  /** Whether it continues the pipeline's latest execution if that was interrupted and has the same request. Default false. */
  readonly continues?: boolean;
  /** Whether steps that the stack's policies would deny fail. Default true. */
  readonly authorization?: boolean | undefined;
  /** Receives events. */
  readonly report: (event: ShownEvent) => void;
  /** Analyses the candidates once the steps have ended. Default: none. */
  readonly diagnose?: Diagnose | undefined;
  /** Serves this machine's SageMaker API and S3 to jobs that call them. Default: none. */
  readonly serve?: (() => Promise<ServedApi>) | undefined;
  /** Runs the jobs; closed when the session ends. */
  readonly jobs: Jobs;
}

/** A finished run. */
export interface Session {
  readonly executionId: string;
  readonly definition: PipelineDefinition;
  readonly execution: Execution;
  readonly result: RunResult;
  readonly candidates: readonly CandidateSummary[];
  /** The trials of all tunings, in the order of their end. */
  readonly trials: readonly Trial[];
  /** The candidate that was registered. */
  readonly winner?: CandidateSummary;
  /** The result of its comparison with the champion, if configured. */
  readonly challenge?: Challenge | undefined;
  readonly startTime: Date;
  readonly seconds: number;
}

/** Whether a step queries Athena. */
function readsTables(definition: PipelineDefinition): boolean {
  return allSteps(definition).some(
    ({ step }) =>
      step.Type === "Processing" &&
      step.Arguments.ProcessingInputs?.some(
        (input) => input.DatasetDefinition?.AthenaDatasetDefinition,
      ),
  );
}

/** A started run. */
interface StartedSession {
  readonly executionId: string;
  readonly executionArn: string;
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
  const { program, workspace } = options;
  const definition = options.definition ?? program.definition;
  const asked = options.request ?? { pipelineName: program.pipelineName };
  const { images, parameters } = await prepare(options, definition);
  const obedience = obedienceOf(program, definition, options.authorization ?? true);
  if (obedience === "not checked: roles of others") {
    options.say(
      `the definition uses roles other than those of stack ${program.stack}, so permissions are not checked`,
    );
  }
  const [table] = program.tables;
  const source = { named: options.data, uploaded: program.dataFile };
  const path =
    table &&
    readsTables(definition) &&
    (await findTableData(table, program.dataset, source, options.say));
  const data = typeof path === "string" ? path : undefined;
  const inputs = await inputsHash(definition, images, [data, options.s3]);

  const lost = new AbortController();
  const stopping = new AbortController();
  const unlock = await workspace.lock(
    () => {
      lost.abort();
      stopping.abort();
    },
    {
      say: options.say,
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
  const recorder = new Recorder(
    folder,
    arnPrefix,
    begunExecution(execution, definition, request, {
      authorization: obedience,
      inputs,
      startTime,
    }),
    leftSteps(definition, request),
  );
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
        options.report(event);
      }
      if (event.kind === "step" && event.step.status === "Succeeded" && !lost.signal.aborted) {
        const data = keepDataReport(execution, event.step.name);
        [data?.summary ?? [], data?.findings.map(({ text }) => `warning: ${text}`) ?? []]
          .flat()
          .forEach(options.say);
      }
    },
  };
  const stop = (): void => {
    stopping.abort();
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
    writeJson(join(folder, "definition.json"), definition);
    recorder.begin();
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
      for (const [uri, content] of program.uploads) {
        execution.store.write(uri, content);
      }
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
      done: doneSteps(definition, request),
      selected: request.selection?.selected,
      maxParallel: request.maxParallelSteps,
    });
    if (lost.signal.aborted) {
      throw new UserError(`stopped: ${workspace.folder} was removed, or is used by another run`);
    }
    const candidates = summarise(definition, execution, ran, recorder.trials);
    const winner = candidates.find(({ model }) => model !== undefined);
    if (ran.status !== "Stopped") {
      const detailed = (winner ?? best(candidates))?.name;
      await options.diagnose?.(execution, candidates, detailed).catch((error: unknown) => {
        if (!stopping.signal.aborted) {
          throw error;
        }
      });
    }
    // A stop that was accepted is not undone by steps that end meanwhile. Source: StopPipelineExecution, "Lambda Step".
    const wasStopped = stopping.signal.aborted && ran.status === "Succeeded";
    const result: RunResult = wasStopped ? { ...ran, status: "Stopped" } : ran;
    const challenge = challengeOf(definition, execution);
    recorder.end(result, candidates, winner, challenge);
    updateTrials(workspace, id);
    removeJobs(folder, result);
    return {
      executionId: id,
      definition,
      execution,
      result,
      candidates,
      trials: recorder.trials,
      ...(winner === undefined ? {} : { winner }),
      challenge,
      startTime,
      seconds: (Date.now() - startTime.getTime()) / 1000,
    };
  };
  return {
    executionId: id,
    executionArn: variable(scope, "PipelineExecutionArn"),
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

const variable = ({ execution }: Execution["scope"], name: string): string =>
  execution.get(name) as string;

/** The experiment of an execution. `check` ensures that its members are strings. */
function experimentOf(
  { PipelineExperimentConfig: experiment }: PipelineDefinition,
  scope: Execution["scope"],
): PipelineExperimentConfig | undefined {
  return experiment ? (evaluate(experiment, scope) as PipelineExperimentConfig) : undefined;
}

/** The MLflow app of an execution, to which nothing is logged here. Its members are strings, which `check` sees to. */
function mlflowOf(
  { MlflowConfig: config }: PipelineDefinition,
  scope: Execution["scope"],
  named: string | undefined,
): MLflowConfiguration | undefined {
  if (!config) {
    return undefined;
  }
  const { MlflowExperimentName: own, ...app } = evaluate(config, scope) as MLflowConfiguration;
  // The SDK writes null where it has no name.
  return { ...app, MlflowExperimentName: named ?? own ?? undefined };
}

/** The values of parameters, in the form of ListPipelineParametersForExecution. */
function parameterList(values: ReadonlyMap<string, Json>): ExecutionDocument["parameters"] {
  return [...values].map(([Name, value]) => ({
    Name,
    Value: typeof value === "string" ? value : JSON.stringify(value),
  }));
}

/**
 * A request, with the execution to retry: the requested one, or an interrupted one. Prints which, and whether its
 * dependencies have changed since.
 */
function withRetried(
  { continues = false, program, say, workspace }: SessionOptions,
  request: ExecutionRequest,
  asked: Pick<AskedExecution, "definition" | "inputs"> & Pick<Prepared, "parameters">,
): ExecutionRequest {
  const { pipelineName, retried: named, selection } = request;
  const arnPrefix = `arn:aws:sagemaker:${program.region}:${program.accountId}`;
  const retried =
    named ??
    (continues
      ? findInterrupted(workspace, {
          ...asked,
          parameters: parameterList(asked.parameters),
          pipelineArn: pipelineArnOf(arnPrefix, pipelineName),
          selection: selection?.config,
        })
      : undefined);
  if (retried === undefined) {
    return request;
  }
  if (named === undefined) {
    const done = retried.steps.filter(({ StepStatus }) => StepStatus === "Succeeded").length;
    say(
      `continuing execution ${executionId(retried)}, which was interrupted with ${done} steps done`,
    );
  } else if (named.inputs !== undefined && named.inputs !== asked.inputs) {
    say(
      `warning: the data or the code have changed since execution ${executionId(named)} began; ` +
        "its finished steps are not run again",
    );
  }
  return { ...request, retried };
}

/** The record of an execution that begins or continues. */
function begunExecution(
  { scope }: Execution,
  definition: PipelineDefinition,
  request: ExecutionRequest,
  {
    startTime,
    ...known
  }: Pick<BegunExecution, "authorization" | "inputs"> & { readonly startTime: Date },
): BegunExecution {
  const { clientRequestToken, description, displayName, pipelineName, retried } = request;
  return {
    pipelineName,
    clientRequestToken,
    ...known,
    parameters: parameterList(scope.parameters),
    execution: (retried && { ...retried.execution, FailureReason: undefined }) ?? {
      PipelineArn: variable(scope, "PipelineArn"),
      PipelineExecutionArn: variable(scope, "PipelineExecutionArn"),
      PipelineVersionId: request.pipelineVersionId,
      PipelineExecutionDisplayName: displayName,
      PipelineExecutionDescription: description,
      PipelineExperimentConfig: experimentOf(definition, scope),
      MLflowConfig: mlflowOf(definition, scope, request.mlflowExperimentName),
      CreationTime: startTime.toISOString(),
      ParallelismConfiguration:
        request.maxParallelSteps === undefined
          ? undefined
          : { MaxParallelExecutionSteps: request.maxParallelSteps },
      SelectiveExecutionConfig: request.selection?.config,
    },
  };
}

/** The evaluated candidate with the best R², if any. */
function best(candidates: readonly CandidateSummary[]): CandidateSummary | undefined {
  const score = ({ metrics }: CandidateSummary): number => metrics?.r2 ?? -Infinity;
  return candidates.reduce<CandidateSummary | undefined>(
    (first, one) => (first === undefined || score(one) > score(first) ? one : first),
    undefined,
  );
}

/** The context of the steps. */
function makeExecution(
  options: SessionOptions,
  definition: PipelineDefinition,
  request: ExecutionRequest,
  images: Images,
  parameters: ReadonlyMap<string, Json>,
  startTime: Date,
): Execution {
  const { program, workspace } = options;
  const { pipelineName, retried } = request;
  const id = retried === undefined ? workspace.newExecutionId() : executionId(retried);
  const arnPrefix = `arn:aws:sagemaker:${program.region}:${program.accountId}`;
  const pipelineArn = pipelineArnOf(arnPrefix, pipelineName);
  const started = retried?.execution.CreationTime ?? startTime.toISOString();
  const store = new ObjectStore(workspace.objects);
  const described = new Map<string, Properties>();
  return {
    id,
    arnPrefix,
    workFolder: workspace.folder,
    folder: workspace.execution(id),
    described,
    queried: new Map(),
    scope: {
      parameters,
      execution: new Map([
        ["CurrentDateTime", started],
        ["PipelineArn", pipelineArn],
        ["PipelineExecutionArn", `${pipelineArn}/execution/${id}`],
        ["PipelineExecutionId", id],
        ["PipelineName", pipelineName],
        ["StartDateTime", started],
      ]),
      steps: described,
      propertyFile: (step, name) => readPropertyFile(definition, { described, store }, step, name),
      document: (uri) => readDocument(store, uri),
    },
    store,
    jobs: options.jobs,
    tuner: new Tuner(allSteps(definition).some(({ step }) => step.Type === "Tuning")),
    images,
    tables: program.tables,
    workGroups: program.workGroups,
    cache: new Cache(workspace.cache, store, id, options.cache),
    registry: new ModelRegistry(workspace.models, arnPrefix),
    earlierTuning: (name) => findEarlierTuning(workspace, name),
    services: options.serve && new AwsServices(options.serve, program.region, ownRoles(program)),
    // Events are only reported once there is a recorder.
    report: () => undefined,
  };
}
