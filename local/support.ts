import type { Json, JsonObject } from "../pipeline/expressions";
import { allSteps, isObject, items, objects, type PlacedStep, text } from "../pipeline/walk";
import { conditionTypes } from "./evaluate";
import type { Images } from "./images";

type Report = (field: string, problem: string) => void;

function at(value: Json | undefined, ...path: readonly string[]): Json | undefined {
  return path.reduce<Json | undefined>(
    (current, key) => (isObject(current) ? current[key] : undefined),
    value,
  );
}

function checkProcessing(args: JsonObject, images: Images, report: Report): void {
  const uri = at(args, "AppSpecification", "ImageUri");
  const image = typeof uri === "string" ? images.find(uri) : undefined;
  const entrypoint = items(at(args, "AppSpecification", "ContainerEntrypoint")).map(text);
  const count = at(args, "ProcessingResources", "ClusterConfig", "InstanceCount");
  if (image === undefined) {
    report(
      "AppSpecification.ImageUri",
      `${JSON.stringify(uri)} is none of the images that run here: ${images.known}`,
    );
  } else if (entrypoint.length === 0 && image.processingModule === undefined) {
    report("AppSpecification.ContainerEntrypoint", "missing; this image runs scripts only");
  }
  if (entrypoint.length > 0) {
    const [interpreter = "", script = ""] = entrypoint;
    if (!/(^|\/)python3?$/.test(interpreter) || !script.endsWith(".py")) {
      report(
        "AppSpecification.ContainerEntrypoint",
        `${JSON.stringify(entrypoint)} is not of the form ["python3", "SCRIPT.py", ...]`,
      );
    } else if (image?.runsScripts === false) {
      report("AppSpecification.ContainerEntrypoint", "this image runs no scripts here");
    }
    if (typeof count === "number" && count > 1) {
      report("ProcessingResources.ClusterConfig.InstanceCount", `${count}; scripts run on 1 here`);
    }
  }
  objects(args["ProcessingInputs"]).forEach((input, index) => {
    const field = `ProcessingInputs[${index}]`;
    const dataset = input["DatasetDefinition"];
    if (dataset !== undefined && !isObject(at(dataset, "AthenaDatasetDefinition"))) {
      report(`${field}.DatasetDefinition`, "only AthenaDatasetDefinition runs here");
    }
    if (dataset === undefined && input["S3Input"] === undefined) {
      report(field, "has neither S3Input nor DatasetDefinition");
    }
    const distribution = at(input, "S3Input", "S3DataDistributionType") ?? "FullyReplicated";
    if (distribution !== "FullyReplicated") {
      report(`${field}.S3Input.S3DataDistributionType`, "only FullyReplicated runs here");
    }
    const compression = at(input, "S3Input", "S3CompressionType") ?? "None";
    if (compression !== "None") {
      report(`${field}.S3Input.S3CompressionType`, "only None runs here");
    }
  });
  objects(at(args, "ProcessingOutputConfig", "Outputs")).forEach((output, index) => {
    if (!isObject(output["S3Output"])) {
      report(`ProcessingOutputConfig.Outputs[${index}]`, "only S3Output runs here");
    }
  });
}

const strategies = ["Bayesian", "Grid", "Random"];

function checkTuning(args: JsonObject, images: Images, report: Report): void {
  const config = "HyperParameterTuningJobConfig";
  const job = "TrainingJobDefinition";
  const strategy = text(at(args, config, "Strategy"));
  if (!strategies.includes(strategy)) {
    report(`${config}.Strategy`, `"${strategy}" does not run here; ${strategies.join(", ")} do`);
  }
  if (at(args, config, "TrainingJobEarlyStoppingType") === "Auto") {
    report(`${config}.TrainingJobEarlyStoppingType`, "Auto does not run here; Off does");
  }
  if (args["TrainingJobDefinitions"] !== undefined) {
    report("TrainingJobDefinitions", "only one TrainingJobDefinition runs here");
    return;
  }
  if (args["WarmStartConfig"] !== undefined) {
    report("WarmStartConfig", "does not run here");
  }
  const uri = at(args, job, "AlgorithmSpecification", "TrainingImage");
  const image = typeof uri === "string" ? images.find(uri) : undefined;
  if (image?.trainingModule === undefined) {
    report(
      `${job}.AlgorithmSpecification.TrainingImage`,
      `${JSON.stringify(uri)} is none of the images that train here`,
    );
  }
  const metrics = objects(at(args, job, "AlgorithmSpecification", "MetricDefinitions"));
  metrics.forEach((metric, index) => {
    try {
      new RegExp(text(metric["Regex"]));
    } catch {
      report(`${job}.AlgorithmSpecification.MetricDefinitions[${index}].Regex`, "is no regex");
    }
  });
  const objective = text(at(args, config, "HyperParameterTuningJobObjective", "MetricName"));
  const names =
    metrics.length > 0
      ? metrics.map((metric) => text(metric["Name"]))
      : (image?.builtInMetrics ?? []).map(({ name }) => name);
  if (image?.trainingModule !== undefined && !names.includes(objective)) {
    report(
      `${config}.HyperParameterTuningJobObjective.MetricName`,
      `"${objective}" is no metric of the training job, which has ${names.join(", ")}`,
    );
  }
  objects(at(args, job, "InputDataConfig")).forEach((channel, index) => {
    if (!isObject(at(channel, "DataSource", "S3DataSource"))) {
      report(`${job}.InputDataConfig[${index}].DataSource`, "only S3DataSource runs here");
    }
  });
}

function checkConditions(conditions: Json | undefined, field: string, report: Report): void {
  objects(conditions).forEach((condition, index) => {
    const type = text(condition["Type"]);
    if (!conditionTypes.includes(type)) {
      report(
        `${field}[${index}].Type`,
        `"${type}" is no type of condition; ${conditionTypes.join(", ")} are`,
      );
    }
    if (type === "Not") {
      checkConditions([condition["Condition"] ?? null], `${field}[${index}].Condition`, report);
    }
    if (type === "Or") {
      checkConditions(condition["Conditions"], `${field}[${index}].Conditions`, report);
    }
  });
}

function checkStep({ step, type }: PlacedStep, images: Images, report: Report): void {
  const args = isObject(step["Arguments"]) ? step["Arguments"] : {};
  switch (type) {
    case "Processing":
      checkProcessing(args, images, report);
      break;
    case "QualityCheck":
      checkProcessing(args, images, report);
      if (step["CheckType"] !== "DATA_QUALITY" || step["SkipCheck"] !== true) {
        report("CheckType", "only a DATA_QUALITY baseline, with SkipCheck, runs here");
      }
      break;
    case "Tuning":
      checkTuning(args, images, report);
      break;
    case "Condition":
      checkConditions(args["Conditions"], "Conditions", report);
      break;
    case "Fail":
    case "RegisterModel":
      break;
    default:
      report(
        "Type",
        `"${type}" does not run here; Condition, Fail, Processing, QualityCheck, RegisterModel, Tuning do`,
      );
  }
}

/**
 * Finds what a local run does not support in a definition, all at once.
 *
 * @returns a sentence for each, with the step and the field
 */
export function unsupported(definition: JsonObject, images: Images): readonly string[] {
  return allSteps(definition["Steps"]).flatMap((placed) => {
    const problems: string[] = [];
    checkStep(placed, images, (field, problem) => {
      const path = ["CheckType", "Type"].includes(field) ? field : `Arguments.${field}`;
      problems.push(`step "${placed.name}", ${path}: ${problem}`);
    });
    return problems;
  });
}
