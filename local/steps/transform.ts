import { createReadStream, createWriteStream, existsSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { pipeline } from "node:stream/promises";

import type { JsonObject } from "../../pipeline/expressions";
import { object, text } from "../../pipeline/walk";
import { type Execution, makeJobFolder, StepFailure } from "../execution";
import { imageJob, placeOf } from "./imageJob";
import { failureReason, timeLimit } from "./jobFailure";
import { tryPort, unpackModel, waitForServer } from "../processes/server";
import { transformKey } from "../caching/stepKey";
import type { StoredObject } from "../storage/objectStore";
import { type ColumnFilter, columnFilter } from "./csvFilter";
import type { JobKind, JobOutcome } from "./jobStep";

/** Size of a request in MB, unless the job says another. Source: CreateTransformJob. */
const defaultPayload = 6;

/** The model of a transform job: the arguments of the Model step that made it. */
function modelOf(execution: Execution, args: JsonObject): JsonObject {
  const name = args["ModelName"];
  return [...execution.described.values()].find((one) => one["ModelName"] === name) ?? {};
}

/** How rows become requests, and answers become rows. */
interface Rows {
  readonly input: ColumnFilter;
  readonly joins: boolean;
  readonly output: ColumnFilter;
  /** Most bytes of a request. */
  readonly payload: number;
  readonly single: boolean;
  readonly ask: (body: string) => Promise<string>;
}

function readRows(args: JsonObject, ask: Rows["ask"]): Rows {
  const processing = object(args["DataProcessing"]);
  const filter = (name: string): ColumnFilter =>
    columnFilter(text(processing[name]) || "$") ?? ((columns) => columns);
  return {
    input: filter("InputFilter"),
    joins: processing["JoinSource"] === "Input",
    output: filter("OutputFilter"),
    payload: Number(args["MaxPayloadInMB"] ?? defaultPayload) * 1024 ** 2,
    single: args["BatchStrategy"] === "SingleRecord",
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
      const prediction = (predictions[index] ?? "").split(",");
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
    batch.push(line.split(","));
    size += line.length + 1;
  }
  if (batch.length > 0) {
    yield await flush();
  }
}

/** Predicts all objects of a prefix, each into a file of its name and `.out`. */
async function predictAll(from: readonly StoredObject[], to: string, rows: Rows): Promise<void> {
  for (const { name, path } of from) {
    const target = join(to, `${name}.out`);
    mkdirSync(dirname(target), { recursive: true });
    await pipeline(predict(path, rows), createWriteStream(target));
  }
}

async function run(execution: Execution, step: string, args: JsonObject): Promise<JobOutcome> {
  const model = modelOf(execution, args);
  const container = object(model["PrimaryContainer"]);
  const image = execution.images.find(text(container["Image"]));
  const folder = makeJobFolder(execution, step);
  const archive = execution.store.path(text(container["ModelDataUrl"]));
  if (!existsSync(archive)) {
    throw new StepFailure(step, `there is no model at ${text(container["ModelDataUrl"])}`);
  }
  const inputs = execution.store.objectsAt(inputUri(args));
  if (inputs.length === 0) {
    throw new StepFailure(step, `there is nothing at ${inputUri(args)}`);
  }
  await unpackModel(archive, join(folder.base, "model"));
  const port = await tryPort(0);
  const limit = timeLimit(args);
  let ended = false;
  const server = execution.jobs
    .run({
      id: folder.name,
      ...imageJob(placeOf(execution), image, folder, {
        image: text(container["Image"]),
        command: "serve",
        environment: {
          ...(object(container["Environment"]) as Record<string, string>),
          ...(object(args["Environment"]) as Record<string, string>),
          SAGEMAKER_BATCH: "true",
        },
        isIsolated: model["EnableNetworkIsolation"] === true,
        port,
      }),
      workingDirectory: folder.base,
      log: folder.log,
      timeLimit: limit,
    })
    .finally(() => {
      ended = true;
    });
  if (!(await waitForServer(port, () => ended))) {
    execution.jobs.stop(folder.name);
    const result = await server;
    const reason = failureReason(result, join(folder.base, "failure"), folder.log, limit);
    throw new StepFailure(step, `the model does not answer: ${reason}`, folder.log);
  }
  const output = join(folder.base, "output");
  const ask = async (body: string): Promise<string> => {
    const response = await fetch(`http://127.0.0.1:${port}/invocations`, {
      method: "POST",
      headers: {
        "content-type": text(object(args["TransformInput"])["ContentType"]) || "text/csv",
        accept: text(object(args["TransformOutput"])["Accept"]) || "text/csv",
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
    await predictAll(inputs, output, readRows(args, ask));
  } catch (error) {
    throw new StepFailure(step, (error as Error).message, folder.log);
  } finally {
    execution.jobs.stop(folder.name);
    await server;
  }
  await execution.store.moveIn(output, outputUri(args));
  return { facts: {} };
}

function inputUri(args: JsonObject): string {
  const source = object(object(args["TransformInput"])["DataSource"]);
  return text(object(source["S3DataSource"])["S3Uri"]);
}

function outputUri(args: JsonObject): string {
  return text(object(args["TransformOutput"])["S3OutputPath"]);
}

/** Batch transforms of CSV rows: the image serves the model here, and is asked by the container contract. */
export const transform: JobKind = {
  key: (execution, args) => transformKey(execution, args, modelOf(execution, args)),
  run,
  outputs: (args) => ({ output: outputUri(args) }),
};
