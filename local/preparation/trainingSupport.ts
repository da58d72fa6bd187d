import type { Json, JsonObject } from "../../pipeline/expressions";
import { at, isObject, object, objects, text } from "../../pipeline/walk";
import { type Images, trains } from "../standins/images";

/** Takes a field of a step's arguments, and what is the matter with it. */
export type Report = (field: string, problem: string) => void;

/** Checks that the data of a job are objects below a prefix, not those that a manifest lists. */
export function checkPrefix(source: Json | undefined, field: string, report: Report): void {
  const type = at(source, "S3DataType") ?? "S3Prefix";
  if (type !== "S3Prefix") {
    report(`${field}.S3DataType`, `${JSON.stringify(type)}; only S3Prefix runs here`);
  }
}

/** Checks a map of strings, such as an environment. A parameter's number becomes one by a Std:Join. */
export function checkStrings(map: Json | undefined, field: string, report: Report): void {
  for (const [name, value] of Object.entries(object(map))) {
    if (typeof value === "number" || typeof value === "boolean") {
      report(`${field}.${name}`, `${value} is no string`);
    }
  }
}

/** Checks what training jobs and the definitions of tuning jobs have in common. */
function checkJob(job: JsonObject, images: Images, report: Report): void {
  const specification = "AlgorithmSpecification";
  const uri = at(job, specification, "TrainingImage");
  if (typeof uri !== "string" || !trains(images.find(uri))) {
    report(
      `${specification}.TrainingImage`,
      `${JSON.stringify(uri)} is none of the images that train here`,
    );
  }
  for (const field of ["Environment", "HyperParameters", "StaticHyperParameters"]) {
    checkStrings(job[field], field, report);
  }
  const mode = at(job, specification, "TrainingInputMode") ?? "File";
  if (mode === "Pipe") {
    report(`${specification}.TrainingInputMode`, "Pipe does not run here; File and FastFile do");
  }
  objects(at(job, specification, "MetricDefinitions")).forEach((metric, index) => {
    try {
      new RegExp(text(metric["Regex"]));
    } catch {
      report(`${specification}.MetricDefinitions[${index}].Regex`, "is no regex");
    }
  });
  for (const resources of ["ResourceConfig", "HyperParameterTuningResourceConfig"]) {
    const count = at(job, resources, "InstanceCount");
    if (typeof count === "number" && count > 1) {
      report(`${resources}.InstanceCount`, `${count}; jobs train on 1 here`);
    }
  }
  objects(job["InputDataConfig"]).forEach((channel, index) => {
    const field = `InputDataConfig[${index}]`;
    if (!isObject(at(channel, "DataSource", "S3DataSource"))) {
      report(`${field}.DataSource`, "only S3DataSource runs here");
    }
    checkPrefix(
      at(channel, "DataSource", "S3DataSource"),
      `${field}.DataSource.S3DataSource`,
      report,
    );
    if ((channel["CompressionType"] ?? "None") !== "None") {
      report(`${field}.CompressionType`, "only None runs here");
    }
  });
}

/** Checks the arguments of a Training step. */
export function checkTraining(args: JsonObject, images: Images, report: Report): void {
  checkJob(args, images, report);
  const entrypoint = at(args, "HyperParameters", "sagemaker_program");
  if (entrypoint !== undefined) {
    report("HyperParameters.sagemaker_program", "script mode does not run here");
  }
}

const strategies = ["Bayesian", "Grid", "Hyperband", "Random"];

/** Checks the arguments of a Tuning step. */
export function checkTuning(args: JsonObject, images: Images, report: Report): void {
  const config = "HyperParameterTuningJobConfig";
  const job = "TrainingJobDefinition";
  const strategy = text(at(args, config, "Strategy"));
  if (!strategies.includes(strategy)) {
    report(`${config}.Strategy`, `"${strategy}" does not run here; ${strategies.join(", ")} do`);
  }
  const earlyStopping = at(args, config, "TrainingJobEarlyStoppingType");
  if (strategy === "Hyperband" && earlyStopping === "Auto") {
    report(
      `${config}.TrainingJobEarlyStoppingType`,
      "Hyperband stops by itself; it takes Off only",
    );
  }
  for (const path of [
    ["Autotune"],
    ["ParameterRanges", "AutoParameters"],
    ["ResourceLimits", "MaxRuntimeInSeconds"],
    ["TuningJobCompletionCriteria"],
  ]) {
    if (at(args, config, ...path) !== undefined) {
      report([config, ...path].join("."), "does not run here");
    }
  }
  for (const limit of ["MaxNumberOfTrainingJobs", "MaxParallelTrainingJobs"]) {
    const value = at(args, config, "ResourceLimits", limit);
    if (typeof value !== "number" || value < 1) {
      report(`${config}.ResourceLimits.${limit}`, `${JSON.stringify(value)} is not 1 or more`);
    }
  }
  if (args["TrainingJobDefinitions"] !== undefined) {
    report("TrainingJobDefinitions", "only one TrainingJobDefinition runs here");
    return;
  }
  if (args["WarmStartConfig"] !== undefined) {
    report("WarmStartConfig", "does not run here");
  }
  const definition = object(args[job]);
  checkJob(definition, images, (field, problem) => {
    report(`${job}.${field}`, problem);
  });
  const uri = at(definition, "AlgorithmSpecification", "TrainingImage");
  const image = typeof uri === "string" ? images.find(uri) : undefined;
  const metrics = objects(at(definition, "AlgorithmSpecification", "MetricDefinitions"));
  const objective = text(at(args, config, "HyperParameterTuningJobObjective", "MetricName"));
  const names =
    metrics.length > 0
      ? metrics.map((metric) => text(metric["Name"]))
      : (image?.builtInMetrics ?? []).map(({ name }) => name);
  if (trains(image) && !names.includes(objective)) {
    report(
      `${config}.HyperParameterTuningJobObjective.MetricName`,
      `"${objective}" is no metric of the training job, which has ${names.join(", ")}`,
    );
  }
}
