import { createReadStream, createWriteStream, mkdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { pipeline } from "node:stream/promises";

import type { ModelRequest, TransformRequest } from "../../../pipeline/language/evaluate";
import { modelContainers } from "../../../pipeline/language/images";
import { invokeContainers, isPrediction } from "../../environments/inferencePipeline";
import { type JobFolder, makeJobFolder } from "../../environments/jobFolder";
import type { Job } from "../../environments/jobs";
import { type Execution, machineOf, StepFailure } from "../execution";
import { defaultTimeLimit, failureReason } from "./jobFailure";
import { predictionsIn } from "../../environments/predictions";
import { freePorts, waitForServers } from "../../environments/server";
import type { ServingContainer } from "../../environments/serving";
import { transformKey } from "../../caching/stepKey";
import type { StoredObject } from "../../storage/objectStore";
import { type ColumnFilter, columnFilter, fieldsOf } from "./csvFilter";
import type { JobKind, JobOutcome } from "./jobStep";
import { checkContainer, servingProgram } from "../../environments/serving";

/** Default max size of a request in MB. Source: CreateTransformJob. */
const defaultPayload = 6;

/** The request of a transform job's model: of its Model step, or of a model that exists. */
function modelOf(
  execution: Execution,
  { ModelName: name = "" }: TransformRequest,
): ModelRequest | undefined {
  const own = [...execution.described.values()].find((one) => one["ModelName"] === name);
  return own ?? execution.findModel(name);
}

/** The conversion of rows to requests, and of responses to rows. */
interface Rows {
  readonly input: ColumnFilter;
  readonly joins: boolean;
  readonly output: ColumnFilter;
  /** Maximum size of a request in bytes. */
  readonly payload: number;
  readonly single: boolean;
  /** Whether rows are sent separately, instead of whole files. */
  readonly split: boolean;
  /** Whether answers are kept unchanged: columns are only filtered and joined with CSV. */
  readonly asIs: boolean;
  /** What to append to such an answer if it does not end with a line break. */
  readonly end: string;
  readonly ask: (body: string) => Promise<string>;
}

const csv = "text/csv";

function contentType({ TransformInput: input }: TransformRequest): string {
  return input?.ContentType ?? csv;
}

function readRows(request: TransformRequest, ask: Rows["ask"]): Rows {
  const { InputFilter, JoinSource, OutputFilter } = request.DataProcessing ?? {};
  const filter = (path = "$"): ColumnFilter => columnFilter(path) ?? ((columns) => columns);
  return {
    input: filter(InputFilter),
    joins: JoinSource === "Input",
    output: filter(OutputFilter),
    payload: (request.MaxPayloadInMB ?? defaultPayload) * 1024 ** 2,
    single: request.BatchStrategy === "SingleRecord",
    split: request.TransformInput?.SplitType === "Line",
    asIs: contentType(request) !== csv,
    end: request.TransformOutput?.AssembleWith === "Line" ? "\n" : "",
    ask,
  };
}

/** @throws Error if the model has not answered a prediction for each row */
function answers(body: string, count: number): readonly string[] {
  const found = predictionsIn(body, count);
  if (found.length !== count) {
    throw new Error(`the model returned ${found.length} predictions for ${count} rows`);
  }
  return found;
}

/** Predicts the rows of a file, a request at a time. */
async function* predict(path: string, rows: Rows): AsyncGenerator<string> {
  let batch: string[] = [];
  let size = 0;
  const flush = async (): Promise<string> => {
    const sent = batch;
    [batch, size] = [[], 0];
    if (rows.asIs) {
      const answer = await rows.ask(sent.map((line) => `${line}\n`).join(""));
      return answer.endsWith("\n") ? answer : `${answer}${rows.end}`;
    }
    const all = sent.map(fieldsOf);
    const body = all.map((row) => `${rows.input(row).join(",")}\n`).join("");
    const predictions = answers(await rows.ask(body), all.length);
    const lines = all.map((row, index) => {
      const prediction = fieldsOf(predictions[index] ?? "");
      return `${rows.output(rows.joins ? [...row, ...prediction] : prediction).join(",")}\n`;
    });
    return lines.join("");
  };
  for await (const line of createInterface({ input: createReadStream(path) })) {
    if (line.trim() === "") {
      continue;
    }
    if (batch.length > 0 && (rows.single || size + line.length + 1 > rows.payload)) {
      yield await flush();
    }
    batch.push(line);
    size += line.length + 1;
  }
  if (batch.length > 0) {
    yield await flush();
  }
}

/** Predicts a whole file in one request: SplitType None, the default. Source: TransformInput. */
async function* predictWhole(path: string, { ask, payload }: Rows): AsyncGenerator<string> {
  const body = await readFile(path, "utf8");
  const bytes = Buffer.byteLength(body);
  if (bytes > payload) {
    throw new Error(
      `${basename(path)} has ${bytes} bytes, but MaxPayloadInMB limits a request to ${payload}; ` +
        "SplitType Line sends rows separately",
    );
  }
  yield await ask(body);
}

/** Predicts all objects of a prefix; each output has the object's name with `.out`. */
async function predictAll(from: readonly StoredObject[], to: string, rows: Rows): Promise<void> {
  for (const { name, path } of from) {
    const target = join(to, `${name}.out`);
    mkdirSync(dirname(target), { recursive: true });
    const answer = rows.split ? predict(path, rows) : predictWhole(path, rows);
    await pipeline(answer, createWriteStream(target));
  }
}

/** A job that serves a container of the model. */
interface Server {
  readonly folder: JobFolder;
  readonly job: Job;
  readonly port: number;
}

/** Unpacks a container's model, and returns the job that serves it. */
async function serverOf(
  execution: Execution,
  name: string,
  container: ServingContainer,
  { job, port }: { readonly job: Pick<Job, "beside">; readonly port: number },
  { isIsolated, request }: { readonly isIsolated: boolean; readonly request: TransformRequest },
): Promise<Server> {
  const folder = makeJobFolder(execution, name);
  const machine = { ...machineOf(execution), store: execution.store };
  const program = await servingProgram(machine, execution.images, folder, container, {
    environment: { ...request.Environment, SAGEMAKER_BATCH: "true" },
    isIsolated,
    port,
  });
  return {
    folder,
    port,
    job: {
      ...job,
      id: folder.name,
      ...program,
      workingDirectory: folder.base,
      log: folder.log,
      timeLimit: defaultTimeLimit,
    },
  };
}

/** Serves the containers during some work. */
async function whileServing<Result>(
  execution: Execution,
  step: string,
  servers: readonly Server[],
  work: () => Promise<Result>,
): Promise<Result> {
  const runs = servers.map((server) => {
    const state = { ...server, ended: false, result: execution.jobs.run(server.job) };
    const end = (): void => {
      state.ended = true;
    };
    // If the run ends while the model starts, it rejects before anything awaits it.
    state.result.then(end, end);
    return state;
  });
  try {
    const ports = servers.map(({ port }) => port);
    if (!(await waitForServers(ports, () => runs.some(({ ended }) => ended)))) {
      const silent = runs.find(({ ended }) => ended) ?? runs[0];
      if (silent === undefined) {
        throw new StepFailure(step, "the model has no container");
      }
      const { folder, job, result } = silent;
      execution.jobs.stop(job.id);
      const failure = join(folder.base, "failure");
      const reason = failureReason(await result, failure, folder.log, defaultTimeLimit);
      throw new StepFailure(step, `the model does not respond: ${reason}`, folder.log);
    }
    return await work();
  } finally {
    runs.forEach(({ job }) => {
      execution.jobs.stop(job.id);
    });
    await Promise.all(runs.map(({ result }) => result));
  }
}

async function run(
  execution: Execution,
  step: string,
  request: TransformRequest,
): Promise<JobOutcome> {
  const model = modelOf(execution, request);
  const title = `model ${request.ModelName}`;
  if (model === undefined) {
    throw new StepFailure(step, `there is no ${title}`);
  }
  const containers = modelContainers(model);
  containers.forEach((container) => {
    if (container.ModelPackageName !== undefined) {
      throw new StepFailure(
        step,
        `ModelPackageName of ${title} is not supported in transforms here`,
      );
    }
    checkContainer(execution.store, execution.images, title, container);
  });
  const inputs = execution.store.objectsAt(inputUri(request));
  if (inputs.length === 0) {
    throw new StepFailure(step, `there is no object at ${inputUri(request)}`);
  }
  const ports = await freePorts(containers.length);
  const how = { isIsolated: model.EnableNetworkIsolation === true, request };
  const servers: Server[] = [];
  for (const [index, container] of containers.entries()) {
    const name = index === 0 ? step : `${step}-${index + 1}`;
    const place = { job: { beside: index > 0 }, port: ports[index] ?? 0 };
    servers.push(await serverOf(execution, name, container, place, how));
  }
  const [first] = servers;
  const output = join(first?.folder.base ?? "", "output");
  // Source of the defaults: ModelClientConfig.
  const { InvocationsMaxRetries: retries = 3, InvocationsTimeoutInSeconds: maxSeconds = 600 } =
    request.ModelClientConfig ?? {};
  const send = async (body: string, retriesLeft = retries): Promise<string> => {
    const type = contentType(request);
    const accept = request.TransformOutput?.Accept ?? (type === csv ? csv : undefined);
    const answer = await invokeContainers(
      ports,
      {
        headers: { "content-type": type, ...(accept === undefined ? {} : { accept }) },
        body: new TextEncoder().encode(body),
      },
      { maxSeconds },
    );
    const text = new TextDecoder().decode(answer.body);
    if (!isPrediction(answer)) {
      if (retriesLeft > 0) {
        return send(body, retriesLeft - 1);
      }
      const who = containers.length === 1 ? "the model" : answer.container;
      const did = answer.status === 0 ? "did not respond" : `returned ${answer.status}`;
      throw new Error(`${who} ${did}: ${text.trim()}`);
    }
    return text;
  };
  await whileServing(execution, step, servers, async () => {
    try {
      await predictAll(inputs, output, readRows(request, send));
    } catch (error) {
      throw new StepFailure(step, (error as Error).message, first?.folder.log);
    }
  });
  await execution.store.moveIn(output, outputUri(request));
  return { facts: {} };
}

function inputUri({ TransformInput: input }: TransformRequest): string {
  return input?.DataSource?.S3DataSource?.S3Uri ?? "";
}

function outputUri({ TransformOutput: output }: TransformRequest): string {
  return output?.S3OutputPath ?? "";
}

/** Batch transforms of rows in CSV or JSON, by serving the model and invoking it by the container contract. */
export const transform: JobKind<TransformRequest> = {
  key: (execution, request) => transformKey(execution, request, modelOf(execution, request) ?? {}),
  run,
  outputs: (request) => ({ output: outputUri(request) }),
};
