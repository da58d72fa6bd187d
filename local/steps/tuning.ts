import { createWriteStream, mkdirSync, readdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { pipeline as pipeStreams } from "node:stream/promises";

import { create as createArchive } from "tar";

import type { Json, JsonObject } from "../../pipeline/expressions";
import { isObject, objects, text } from "../../pipeline/walk";
import { type Execution, makeJobFolder, StepFailure, type Trial } from "../execution";
import { writeJson } from "../files";
import { type Image, metricDefinitions } from "../images";
import { readMetrics } from "../logs";
import { failureReason, timeLimit } from "./processing";

function object(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {};
}

/** A tuning job, read out of its arguments. */
interface TuningJob {
  readonly step: string;
  readonly definition: JsonObject;
  readonly image: Image;
  readonly objectiveMetric: string;
  readonly maxJobs: number;
  readonly maxParallelJobs: number;
}

/** Writes the configuration that a training container finds: file names are in lower case. */
function writeConfiguration(
  base: string,
  job: TuningJob,
  hyperparameters: Readonly<Record<string, string>>,
): void {
  const config = (name: string): string => join(base, "input", "config", `${name}.json`);
  writeJson(config("hyperparameters"), {
    ...hyperparameters,
    _tuning_objective_metric: job.objectiveMetric,
  });
  writeJson(config("resourceconfig"), {
    current_host: "algo-1",
    hosts: ["algo-1"],
    network_interface_name: "lo",
  });
  writeJson(
    config("inputdataconfig"),
    Object.fromEntries(
      objects(job.definition["InputDataConfig"]).map((channel) => [
        text(channel["ChannelName"]),
        {
          ...(channel["ContentType"] === undefined ? {} : { ContentType: channel["ContentType"] }),
          TrainingInputMode:
            object(job.definition["AlgorithmSpecification"])["TrainingInputMode"] ?? "File",
          S3DistributionType: "FullyReplicated",
          RecordWrapperType: "None",
        },
      ]),
    ),
  );
}

/** Packs what a training job left in its model folder, and stores it where SageMaker does. */
async function storeModel(
  execution: Execution,
  job: TuningJob,
  name: string,
  model: string,
): Promise<string> {
  const prefix = text(object(job.definition["OutputDataConfig"])["S3OutputPath"]).replace(
    /\/$/,
    "",
  );
  const uri = `${prefix}/${name}/output/model.tar.gz`;
  const path = execution.store.path(uri);
  mkdirSync(join(path, ".."), { recursive: true });
  const archive = createArchive(
    { gzip: { level: 1 }, cwd: model, portable: true },
    readdirSync(model),
  );
  await pipeStreams(archive as unknown as NodeJS.ReadableStream, createWriteStream(path));
  return uri;
}

async function runTrial(
  execution: Execution,
  job: TuningJob,
  number: number,
  tuned: Readonly<Record<string, string>>,
): Promise<Trial> {
  const { definition, image, objectiveMetric, step } = job;
  const trainingJobName = `${execution.id}-${step}-${String(number + 1).padStart(3, "0")}`;
  const folder = makeJobFolder(execution, trainingJobName);
  const hyperparameters = {
    ...(object(definition["StaticHyperParameters"]) as Record<string, string>),
    ...tuned,
  };
  writeConfiguration(folder.base, job, hyperparameters);
  for (const channel of objects(definition["InputDataConfig"])) {
    const source = object(object(channel["DataSource"])["S3DataSource"]);
    const path = join(folder.base, "input", "data", text(channel["ChannelName"]));
    await execution.store.link(text(source["S3Uri"]), path);
  }
  for (const name of ["model", join("output", "data"), "checkpoints"]) {
    mkdirSync(join(folder.base, name), { recursive: true });
  }
  const limit = timeLimit(definition);
  const result = await execution.jobs.run({
    id: trainingJobName,
    program: { module: image.trainingModule ?? "" },
    arguments: ["train"],
    workingDirectory: folder.base,
    environment: {
      ...(object(definition["Environment"]) as Record<string, string>),
      SAGEMAKER_BASE_DIR: folder.base,
      // Trials run side by side; threads of their own would only get in each other's way.
      OMP_NUM_THREADS: "1",
    },
    log: folder.log,
    timeLimit: limit,
  });
  const metrics = readMetrics(
    folder.log,
    metricDefinitions(object(definition["AlgorithmSpecification"]), image),
  );
  const objective = metrics[objectiveMetric];
  const common = {
    step,
    number,
    trainingJobName,
    hyperparameters,
    objectiveMetric,
    metrics,
    seconds: result.seconds,
    log: folder.log,
  };
  if (result.exitCode !== 0 || objective === undefined) {
    const reason =
      result.exitCode === 0
        ? `the log has no ${objectiveMetric}`
        : failureReason(result, join(folder.base, "output", "failure"), folder.log, limit);
    return { ...common, status: "Failed", failureReason: reason };
  }
  const model = join(folder.base, "model");
  const modelArtifact = await storeModel(execution, job, trainingJobName, model);
  await rm(model, { recursive: true });
  return { ...common, status: "Completed", objective, modelArtifact };
}

/**
 * Runs the trials, as many at once as the definition says. A suggestion learns from the trials that are
 * at least two rounds back, told in their order: so it does not depend on which of the running ones
 * happens to end first, and equal seeds give equal searches on every machine.
 */
async function search(execution: Execution, job: TuningJob): Promise<readonly Trial[]> {
  const lag = 2 * job.maxParallelJobs;
  const trials: Promise<Trial>[] = [];
  const running = new Set<Promise<unknown>>();
  try {
    for (let number = 0; number < job.maxJobs; number += 1) {
      if (running.size >= job.maxParallelJobs) {
        await Promise.race(running);
      }
      const learnt = await trials[number - lag];
      if (learnt !== undefined) {
        await execution.tuner.tell(job.step, learnt.number, learnt.objective);
      }
      const tuned = await execution.tuner.ask(job.step, number);
      if (tuned === undefined) {
        break;
      }
      const trial = runTrial(execution, job, number, tuned).then((ended) => {
        execution.report({ kind: "trial", trial: ended, of: job.maxJobs });
        return ended;
      });
      trials.push(trial);
      const forget = (): boolean => running.delete(settled);
      const settled = trial.then(forget, forget);
      running.add(settled);
    }
    return await Promise.all(trials);
  } finally {
    await Promise.allSettled(trials);
  }
}

/**
 * Runs a Tuning step.
 *
 * @param args its arguments, without expressions
 * @returns what DescribeHyperParameterTuningJob would answer, with the training jobs, best first
 * @throws StepFailure where no trial completes
 */
export async function runTuning(
  execution: Execution,
  step: string,
  args: JsonObject,
): Promise<JsonObject> {
  const config = object(args["HyperParameterTuningJobConfig"]);
  const definition = object(args["TrainingJobDefinition"]);
  const objective = object(config["HyperParameterTuningJobObjective"]);
  const limits = object(config["ResourceLimits"]);
  const uri = text(object(definition["AlgorithmSpecification"])["TrainingImage"]);
  const job: TuningJob = {
    step,
    definition,
    image: execution.images.find(uri) ?? { runsScripts: false },
    objectiveMetric: text(objective["MetricName"]),
    maxJobs: Number(limits["MaxNumberOfTrainingJobs"]),
    maxParallelJobs: Number(limits["MaxParallelTrainingJobs"]),
  };
  await execution.tuner.open({
    tuning: step,
    strategy: text(config["Strategy"]),
    objectiveType: text(objective["Type"]),
    parameterRanges: object(config["ParameterRanges"]),
    seed: Number(config["RandomSeed"] ?? 0),
    maxJobs: job.maxJobs,
  });
  const trials = await search(execution, job);
  const direction = objective["Type"] === "Maximize" ? -1 : 1;
  const completed = trials
    .filter(({ objective: value }) => value !== undefined)
    .sort((left, right) => direction * ((left.objective ?? 0) - (right.objective ?? 0)));
  const [best] = completed;
  if (best === undefined) {
    const last = trials.at(-1);
    throw new StepFailure(
      step,
      `none of ${trials.length} training jobs completed; the last: ${last?.failureReason ?? ""}`,
      last?.log,
    );
  }
  const summaries = completed.map((trial) => ({
    TrainingJobName: trial.trainingJobName,
    TrainingJobStatus: trial.status,
    TunedHyperParameters: trial.hyperparameters,
    FinalHyperParameterTuningJobObjectiveMetric: {
      MetricName: trial.objectiveMetric,
      Value: trial.objective ?? null,
    },
  }));
  return {
    ...args,
    HyperParameterTuningJobName: step,
    HyperParameterTuningJobStatus: "Completed",
    BestTrainingJob: summaries[0] ?? null,
    TrainingJobSummaries: summaries,
  };
}
