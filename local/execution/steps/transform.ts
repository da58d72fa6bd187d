import { createReadStream, createWriteStream, existsSync, mkdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { pipeline } from "node:stream/promises";

import type { ModelRequest, TransformRequest } from "../../../pipeline/language/evaluate";
import { environmentOf } from "../../environments/environmentOf";
import { makeJobFolder } from "../../environments/jobFolder";
import { type Execution, machineOf, StepFailure } from "../execution";
import { defaultTimeLimit, failureReason } from "./jobFailure";
import { tryPort, unpackModel, waitForServer } from "../../environments/server";
import { modelSource, placeSource } from "../../environments/sources";
import { transformKey } from "../../caching/stepKey";
import type { StoredObject } from "../../storage/objectStore";
import { type ColumnFilter, columnFilter, fieldsOf } from "./csvFilter";
import type { JobKind, JobOutcome } from "./jobStep";

/** Size of a request in MB, unless the job says another. Source: CreateTransformJob. */
const defaultPayload = 6;

/** The model of a transform job: the arguments of the Model step that made it. */
function modelOf(execution: Execution, { ModelName: name }: TransformRequest): ModelRequest {
  const found = [...execution.described.values()].find((one) => one["ModelName"] === name);
  return found ?? {};
}

/** How rows become requests, and answers become rows. */
interface Rows {
  readonly input: ColumnFilter;
  readonly joins: boolean;
  readonly output: ColumnFilter;
  /** Maximum size of a request in bytes. */
  readonly payload: number;
  readonly single: boolean;
  /** Whether rows are sent apart, or each file whole. */
  readonly split: boolean;
  readonly ask: (body: string) => Promise<string>;
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
    ask,
  };
}

/** The answer to each row of a request: a line each, or, of built-in algorithms, all in one line. */
function answers(body: string, count: number): readonly string[] {
  const lines = body.trimEnd().split("\n");
  const found = lines.length === count ? lines : body.trim().split(/[,\n]/);
  if (found.length !== count) {
    throw new Error(`the model gives ${found.length} answers for ${count} rows`);
  }
  return found;
}

/** Predicts the rows of a file, a request's worth at a time. */
async function* predict(path: string, rows: Rows): AsyncGenerator<string> {
  let batch: (readonly string[])[] = [];
  let size = 0;
  const flush = async (): Promise<string> => {
    const body = batch.map((row) => `${rows.input(row).join(",")}\n`).join("");
    const predictions = answers(await rows.ask(body), batch.length);
    const lines = batch.map((row, index) => {
      const prediction = fieldsOf(predictions[index] ?? "");
      return `${rows.output(rows.joins ? [...row, ...prediction] : prediction).join(",")}\n`;
    });
    [batch, size] = [[], 0];
    return lines.join("");
  };
  for await (const line of createInterface({ input: createReadStream(path) })) {
    if (line.trim() === "") {
      continue;
    }
    if (batch.length > 0 && (rows.single || size + line.length + 1 > rows.payload)) {
      yield await flush();
    }
    batch.push(fieldsOf(line));
    size += line.length + 1;
  }
  if (batch.length > 0) {
    yield await flush();
  }
}

/** Predicts a file whole, in one request: SplitType None, the default. Source: TransformInput. */
async function* predictWhole(path: string, { ask, payload }: Rows): AsyncGenerator<string> {
  const body = await readFile(path, "utf8");
  const bytes = Buffer.byteLength(body);
  if (bytes > payload) {
    throw new Error(
      `${basename(path)} has ${bytes} bytes, but MaxPayloadInMB lets a request have ${payload}; ` +
        "SplitType Line sends rows apart",
    );
  }
  yield await ask(body);
}

/** Predicts all objects of a prefix, each into a file of its name and `.out`. */
async function predictAll(from: readonly StoredObject[], to: string, rows: Rows): Promise<void> {
  for (const { name, path } of from) {
    const target = join(to, `${name}.out`);
    mkdirSync(dirname(target), { recursive: true });
    const answer = rows.split ? predict(path, rows) : predictWhole(path, rows);
    await pipeline(answer, createWriteStream(target));
  }
}

async function run(
  execution: Execution,
  step: string,
  request: TransformRequest,
): Promise<JobOutcome> {
  const model = modelOf(execution, request);
  const {
    Image: imageUri = "",
    ModelDataUrl: modelUri = "",
    ...container
  } = model.PrimaryContainer ?? {};
  const image = execution.images.find(imageUri);
  const folder = makeJobFolder(execution, step);
  const archive = execution.store.path(modelUri);
  if (!existsSync(archive)) {
    throw new StepFailure(step, `there is no model at ${modelUri}`);
  }
  const inputs = execution.store.objectsAt(inputUri(request));
  if (inputs.length === 0) {
    throw new StepFailure(step, `there is nothing at ${inputUri(request)}`);
  }
  await unpackModel(archive, join(folder.base, "model"));
  const port = await tryPort(0);
  const environment = { ...container.Environment, ...request.Environment };
  const source = modelSource(image, environment);
  if (source !== undefined) {
    await placeSource(execution.store, folder.base, source);
  }
  let ended = false;
  const server = execution.jobs
    .run({
      id: folder.name,
      ...environmentOf(machineOf(execution), image, "model").program({
        folder,
        image: imageUri,
        task: "serve",
        hasScript: source !== undefined,
        environment: { ...environment, SAGEMAKER_BATCH: "true" },
        isIsolated: model.EnableNetworkIsolation === true,
        port,
      }),
      workingDirectory: folder.base,
      log: folder.log,
      timeLimit: defaultTimeLimit,
    })
    .finally(() => {
      ended = true;
    });
  // A run that ends while the model starts rejects it before anybody waits for it.
  server.catch(() => undefined);
  if (!(await waitForServer(port, () => ended))) {
    execution.jobs.stop(folder.name);
    const result = await server;
    const reason = failureReason(
      result,
      join(folder.base, "failure"),
      folder.log,
      defaultTimeLimit,
    );
    throw new StepFailure(step, `the model does not answer: ${reason}`, folder.log);
  }
  const output = join(folder.base, "output");
  const ask = async (body: string): Promise<string> => {
    const response = await fetch(`http://127.0.0.1:${port}/invocations`, {
      method: "POST",
      headers: {
        "content-type": request.TransformInput?.ContentType ?? "text/csv",
        accept: request.TransformOutput?.Accept ?? "text/csv",
      },
      body,
    });
    const answer = await response.text();
    if (!response.ok) {
      throw new Error(`the model answers ${response.status}: ${answer.trim()}`);
    }
    return answer;
  };
  try {
    await predictAll(inputs, output, readRows(request, ask));
  } catch (error) {
    throw new StepFailure(step, (error as Error).message, folder.log);
  } finally {
    execution.jobs.stop(folder.name);
    await server;
  }
  await execution.store.moveIn(output, outputUri(request));
  return { facts: {} };
}

function inputUri({ TransformInput: input }: TransformRequest): string {
  return input?.DataSource?.S3DataSource?.S3Uri ?? "";
}

function outputUri({ TransformOutput: output }: TransformRequest): string {
  return output?.S3OutputPath ?? "";
}

/** Batch transforms of CSV rows: the image serves the model here, and is asked by the container contract. */
export const transform: JobKind<TransformRequest> = {
  key: (execution, request) => transformKey(execution, request, modelOf(execution, request)),
  run,
  outputs: (request) => ({ output: outputUri(request) }),
};
