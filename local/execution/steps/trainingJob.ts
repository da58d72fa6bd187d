import { createWriteStream, mkdirSync, readdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { pipeline as pipeStreams } from "node:stream/promises";

import { create as createArchive } from "tar";

import type { TrainingRequest } from "../../../pipeline/language/evaluate";
import { environmentOf } from "../../environments/environmentOf";
import { makeJobFolder } from "../../environments/jobFolder";
import { type Execution, machineOf, type StepFailure } from "../execution";
import { writeJson } from "../../storage/files";
import { metricDefinitions } from "../../standins/images";
import { failureReason, faultOf, timeLimit } from "./jobFailure";
import { readMetrics } from "../../environments/logs";
import { placeSource, trainingSource } from "../../environments/sources";

/** Members that CreateTrainingJob and a tuning job's TrainingJobDefinition have in common. */
export type TrainingDefinition = Pick<
  TrainingRequest,
  | "AlgorithmSpecification"
  | "EnableNetworkIsolation"
  | "Environment"
  | "InputDataConfig"
  | "OutputDataConfig"
  | "RetryStrategy"
  | "StoppingCondition"
>;

/** A training job to run. */
export interface TrainingJob {
  /** Unique among the jobs of an execution. */
  readonly name: string;
  readonly definition: TrainingDefinition;
  readonly hyperparameters: Readonly<Record<string, string>>;
  /** The objective metric of a tuning job, for the container. */
  readonly objectiveMetric?: string;
  /** Watches the log of the running job, and may stop it. */
  readonly watch?: (log: string, stop: () => void) => () => void;
  /** Stops it. */
  readonly signal?: AbortSignal | undefined;
}

/** The result of a training job. */
export interface TrainingResult {
  readonly status: "Completed" | "Failed";
  readonly failureReason?: string;
  readonly fault?: StepFailure["fault"];
  /** The last value of each metric in the log. */
  readonly metrics: Readonly<Record<string, number>>;
  /** Its start, ISO 8601. */
  readonly startTime: string;
  readonly seconds: number;
  /** S3 URI of the model artifact. */
  readonly modelArtifact?: string;
  readonly log: string;
}

/** Writes the configuration files of a training container, with names in lower case. */
function writeConfiguration(base: string, job: TrainingJob): void {
  const write = (name: string, value: unknown): void => {
    writeJson(join(base, "input", "config", `${name}.json`), value, { durable: false });
  };
  write("hyperparameters", {
    ...job.hyperparameters,
    _tuning_objective_metric: job.objectiveMetric,
  });
  write("resourceconfig", {
    current_host: "algo-1",
    hosts: ["algo-1"],
    network_interface_name: "lo",
  });
  const { AlgorithmSpecification: specification, InputDataConfig: channels = [] } = job.definition;
  write(
    "inputdataconfig",
    Object.fromEntries(
      channels.map((channel) => [
        channel.ChannelName ?? "",
        {
          ContentType: channel.ContentType,
          TrainingInputMode: specification?.TrainingInputMode ?? "File",
          S3DistributionType: "FullyReplicated",
          RecordWrapperType: "None",
        },
      ]),
    ),
  );
}

/** S3 URI of a training job's model artifact. */
export function artifactUri(
  { OutputDataConfig: output }: Partial<Pick<TrainingDefinition, "OutputDataConfig">>,
  name: string,
): string {
  const prefix = (output?.S3OutputPath ?? "").replace(/\/$/, "");
  return `${prefix}/${name}/output/model.tar.gz`;
}

/** S3 URI of a training job's other output files, which may not exist. */
export function outputUri(modelArtifact: string): string {
  return modelArtifact.replace(/model\.tar\.gz$/, "output.tar.gz");
}

/** Packs a folder of a training job into a reproducible archive. */
async function storeArchive(execution: Execution, uri: string, folder: string): Promise<void> {
  const files = readdirSync(folder).sort();
  const archive = createArchive(
    { gzip: { level: 1 }, cwd: folder, portable: true, noMtime: true },
    // An empty folder gets an archive too.
    files.length === 0 ? ["."] : files,
  );
  await execution.store.put(uri, (path) =>
    pipeStreams(archive as unknown as NodeJS.ReadableStream, createWriteStream(path)),
  );
}

/**
 * Runs a training job, with retries by its RetryStrategy if the machine ended it. MaxRuntimeInSeconds limits all attempts
 * together (source: the service model, StoppingCondition).
 */
export async function runTrainingJob(
  execution: Execution,
  job: TrainingJob,
): Promise<TrainingResult> {
  const { RetryStrategy: strategy } = job.definition;
  const limit = timeLimit(job.definition);
  let earlier = 0;
  for (let retries = strategy?.MaximumRetryAttempts ?? 0; ; retries -= 1) {
    const result = await attemptTrainingJob(execution, job, limit - earlier);
    const { wasStopped, ...rest } = result;
    const seconds = earlier + result.seconds;
    if (rest.fault === undefined || wasStopped || retries <= 0 || seconds >= limit) {
      return { ...rest, seconds };
    }
    earlier = seconds;
  }
}

/** @param secondsLeft of the time limit of the job */
async function attemptTrainingJob(
  execution: Execution,
  job: TrainingJob,
  secondsLeft: number,
): Promise<TrainingResult & { readonly wasStopped: boolean }> {
  const { definition, name } = job;
  const { AlgorithmSpecification: specification } = definition;
  const { TrainingImage: imageUri = "" } = specification ?? {};
  const image = execution.images.find(imageUri);
  const folder = makeJobFolder(execution, name);
  writeConfiguration(folder.base, job);
  for (const { ChannelName: channel = "", DataSource: source } of definition.InputDataConfig ??
    []) {
    const path = join(folder.base, "input", "data", channel);
    await execution.store.link(source?.S3DataSource?.S3Uri ?? "", path);
  }
  for (const part of ["model", join("output", "data"), "checkpoints"]) {
    mkdirSync(join(folder.base, part), { recursive: true });
  }
  const early = { isStopped: false };
  const unwatch = job.watch?.(folder.log, () => {
    early.isStopped = true;
    execution.jobs.stop(name);
  });
  const source = trainingSource(job.hyperparameters);
  if (source !== undefined) {
    await placeSource(execution.store, folder.base, source);
  }
  const result = await execution.jobs
    .run({
      id: name,
      ...environmentOf(machineOf(execution), image, "model").program({
        folder,
        image: imageUri,
        task: "train",
        hasScript: source !== undefined,
        environment: {
          ...definition.Environment,
          TRAINING_JOB_NAME: name,
          // Training jobs run concurrently, so more threads would only compete.
          OMP_NUM_THREADS: "1",
        },
        isIsolated: definition.EnableNetworkIsolation === true,
      }),
      workingDirectory: folder.base,
      log: folder.log,
      timeLimit: secondsLeft,
      signal: job.signal,
    })
    .finally(() => unwatch?.());
  const metrics =
    image === undefined
      ? {}
      : readMetrics(folder.log, metricDefinitions(specification?.MetricDefinitions, image));
  const common = {
    metrics,
    startTime: new Date(Date.now() - 1000 * result.seconds).toISOString(),
    seconds: result.seconds,
    log: folder.log,
    wasStopped: early.isStopped || job.signal?.aborted === true,
  };
  if (result.exitCode !== 0) {
    const reasonFile = join(folder.base, "output", "failure");
    const reason = failureReason(result, reasonFile, folder.log, timeLimit(definition));
    return {
      ...common,
      status: "Failed",
      failureReason: reason,
      fault: faultOf(result, reason),
    };
  }
  const modelArtifact = artifactUri(definition, name);
  const model = join(folder.base, "model");
  await storeArchive(execution, modelArtifact, model);
  await rm(model, { recursive: true });
  const output = join(folder.base, "output", "data");
  if (readdirSync(output).length > 0) {
    await storeArchive(execution, outputUri(modelArtifact), output);
  }
  return { ...common, status: "Completed", modelArtifact };
}
