import { existsSync, mkdirSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";

import type { ProcessingRequest } from "../../../pipeline/language/evaluate";
import type { Environment } from "../../environments/environment";
import { environmentOf } from "../../environments/environmentOf";
import { intoFolder, type JobFolder, makeJobFolder } from "../../environments/jobFolder";
import { type Execution, machineOf, type QueriedRows, StepFailure } from "../execution";
import { writeJson } from "../../storage/files";
import { failureReason, faultOf, timeLimit } from "./jobFailure";
import { hashJson } from "../../caching/contentHash";
import { processingKey } from "../../caching/stepKey";
import { jobName } from "./jobNames";
import type { WorkGroup } from "../../../offline/program";
import { inputDatabase, inputTablePrefix } from "../../service/calls/athenaInput";
import type { Attempt, JobKind, JobOutcome } from "./jobStep";

type ProcessingInput = NonNullable<ProcessingRequest["ProcessingInputs"]>[number];
type AthenaDatasetDefinition = NonNullable<
  NonNullable<ProcessingInput["DatasetDefinition"]>["AthenaDatasetDefinition"]
>;

/** The workgroup of a query: the program's, or an unknown one. */
function workGroupOf(
  { workGroups }: Execution,
  { WorkGroup: name = "primary" }: AthenaDatasetDefinition,
): WorkGroup {
  const known = workGroups.find((one) => one.name === name);
  return known ?? { name, enforcesConfiguration: false };
}

/**
 * Writes an Athena query's result to files, as SageMaker does before the container starts, by a temporary table. KMS keys
 * have no effect here.
 * @returns the rows; undefined if it reads several tables
 */
async function runQuery(
  execution: Execution,
  step: string,
  definition: AthenaDatasetDefinition,
  output: string,
): Promise<QueriedRows | undefined> {
  const folder = makeJobFolder(execution, `${step}-athena`);
  const reasonFile = join(folder.base, "output", "message");
  const request = join(folder.base, "query.json");
  const rows = join(folder.base, "output", "rows.json");
  await mkdir(join(folder.base, "output"), { recursive: true });
  writeJson(request, {
    query: definition.QueryString,
    database: definition.Database,
    tables: execution.tables.map(({ location, ...table }) => ({
      ...table,
      paths: [execution.store.path(location)],
    })),
    output: {
      path: output,
      format: definition.OutputFormat,
      compression: definition.OutputCompression,
    },
    inputTable: {
      name: `${inputDatabase}.${inputTablePrefix}${hashJson([execution.id, step]).slice(0, 16)}`,
      location: definition.OutputS3Uri,
      workGroup: workGroupOf(execution, definition),
    },
    rows,
    failure: reasonFile,
  });
  const result = await execution.jobs.run({
    id: folder.name,
    program: { module: "local.standins.athena.query" },
    arguments: [request],
    workingDirectory: folder.base,
    environment: {},
    log: folder.log,
    timeLimit: 86_400,
  });
  if (result.exitCode !== 0) {
    const reason = failureReason(result, reasonFile, folder.log, 86_400);
    throw new StepFailure(
      step,
      `the Athena query failed: ${reason}`,
      folder.log,
      faultOf(result, reason),
    );
  }
  return existsSync(rows) ? (JSON.parse(await readFile(rows, "utf8")) as QueriedRows) : undefined;
}

async function placeInput(
  execution: Execution,
  step: string,
  { DatasetDefinition: dataset, S3Input: s3Input }: ProcessingInput,
  folder: JobFolder,
): Promise<QueriedRows | undefined> {
  if (s3Input !== undefined) {
    const { LocalPath: path = "", S3Uri: uri = "" } = s3Input;
    await execution.store.link(uri, intoFolder(path, folder));
  }
  if (dataset?.AthenaDatasetDefinition !== undefined) {
    const path = intoFolder(dataset.LocalPath ?? "", folder);
    await mkdir(path, { recursive: true });
    return runQuery(execution, step, dataset.AthenaDatasetDefinition, path);
  }
  return undefined;
}

/**
 * Replaces `/opt/ml` in a script by the job's folder, in a copy, because inputs are links.
 */
async function placeScript(path: string, { base }: JobFolder): Promise<void> {
  // Byte by byte, whatever the script's encoding.
  const script = await readFile(path, "latin1");
  const escaped = Buffer.from(base)
    .toString("latin1")
    .replace(/["'\\]/g, "\\$&");
  const placed = script.replace(/(?<![\w./}-])\/opt\/ml(?![\w-])/g, () => escaped);
  if (placed !== script) {
    await rm(path);
    await writeFile(path, placed, "latin1");
  }
}

/**
 * Writes SageMaker's configuration files of a processing container.
 * Source: "How Amazon SageMaker Processing Configures Your Processing Container".
 */
function writeConfiguration(
  { paths }: Environment,
  folder: JobFolder,
  name: string,
  request: ProcessingRequest,
): void {
  const write = (file: string, value: unknown): void => {
    writeJson(join(folder.base, "config", file), value, { durable: false });
  };
  const count = request.ProcessingResources?.ClusterConfig?.InstanceCount ?? 1;
  const hosts = Array.from({ length: count }, (_, index) => `algo-${index + 1}`);
  write("processingjobconfig.json", { ...paths(request, folder), ProcessingJobName: name });
  write("resourceconfig.json", { current_host: "algo-1", hosts });
}

/** The outputs that go to S3. */
function s3Outputs({ ProcessingOutputConfig: config }: ProcessingRequest): readonly {
  readonly name: string;
  readonly localPath: string;
  readonly uri: string;
}[] {
  return (config?.Outputs ?? []).flatMap(({ OutputName: name = "", S3Output: output }) =>
    output === undefined
      ? []
      : [{ name, localPath: output.LocalPath ?? "", uri: output.S3Uri ?? "" }],
  );
}

async function run(
  execution: Execution,
  step: string,
  request: ProcessingRequest,
  attempt: Attempt,
): Promise<JobOutcome> {
  const name = jobName(execution.id, step, attempt.number);
  const folder = makeJobFolder(execution, step);
  const { AppSpecification: application } = request;
  const { ImageUri: imageUri = "" } = application ?? {};
  const image = execution.images.find(imageUri);
  const environment = environmentOf(machineOf(execution), image, "processing");
  const isIsolated = request.NetworkConfig?.EnableNetworkIsolation === true;
  const outputs = s3Outputs(request).map(({ localPath, uri }) => ({
    folder: intoFolder(localPath, folder),
    uri,
  }));
  for (const output of outputs) {
    mkdirSync(output.folder, { recursive: true });
  }
  mkdirSync(join(folder.base, "output"), { recursive: true });
  writeConfiguration(environment, folder, name, request);
  let queried: QueriedRows | undefined;
  for (const input of request.ProcessingInputs ?? []) {
    queried = (await placeInput(execution, step, input, folder)) ?? queried;
  }
  const work = environment.program({
    folder,
    image: imageUri,
    task: {
      entrypoint: application?.ContainerEntrypoint,
      arguments: application?.ContainerArguments,
    },
    environment: {
      ...(isIsolated ? {} : await execution.services?.environment(request.RoleArn)),
      ...request.Environment,
    },
    isIsolated,
  });
  if ("script" in work.program) {
    const { script: path } = work.program;
    if (!existsSync(path)) {
      const name = relative(folder.base, path);
      throw new StepFailure(step, `none of the inputs has the script /opt/ml/${name}`);
    }
    await placeScript(path, folder);
  }
  const limit = timeLimit(request);
  const result = await execution.jobs.run({
    id: folder.name,
    ...work,
    workingDirectory: folder.base,
    log: folder.log,
    timeLimit: limit,
  });
  const hasFailed = result.exitCode !== 0;
  if (!hasFailed || image?.writesToS3 === true) {
    for (const output of outputs) {
      await execution.store.moveIn(output.folder, output.uri);
    }
  }
  if (hasFailed) {
    const reasonFile = join(folder.base, "output", "message");
    const reason = failureReason(result, reasonFile, folder.log, limit);
    throw new StepFailure(step, reason, folder.log, faultOf(result, reason));
  }
  return { facts: {}, queried };
}

/** Processing jobs: scripts, and images with stand-ins. */
export const processing: JobKind<ProcessingRequest> = {
  key: processingKey,
  run,
  outputs: (request) => Object.fromEntries(s3Outputs(request).map(({ name, uri }) => [name, uri])),
};
