import type { Json, JsonObject } from "../../pipeline/expressions";
import { allSteps, at, object, objects, type PlacedStep, text } from "../../pipeline/walk";
import { conditionTypes } from "../../pipeline/language/evaluate";
import { type Images, trains } from "../standins/images";
import { columnFilter } from "../steps/csvFilter";
import { checkProcessing } from "./processingSupport";
import {
  checkPrefix,
  checkStrings,
  checkTraining,
  checkTuning,
  type Report,
} from "./trainingSupport";

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

function checkModel(args: JsonObject, images: Images, report: Report): void {
  const uri = at(args, "PrimaryContainer", "Image");
  if (args["Containers"] !== undefined) {
    report("Containers", "only one PrimaryContainer runs here");
  } else if (typeof uri !== "string" || !trains(images.find(uri))) {
    report(
      "PrimaryContainer.Image",
      `${JSON.stringify(uri)} is none of the images that serve here`,
    );
  }
}

function checkTransform(args: JsonObject, report: Report): void {
  checkStrings(args["Environment"], "Environment", report);
  const type = text(at(args, "TransformInput", "ContentType")) || "text/csv";
  if (type !== "text/csv") {
    report("TransformInput.ContentType", `"${type}"; only text/csv runs here`);
  }
  const source = "TransformInput.DataSource.S3DataSource";
  checkPrefix(at(args, ...source.split(".")), source, report);
  const split = at(args, "TransformInput", "SplitType");
  if (split !== "Line") {
    report("TransformInput.SplitType", `${JSON.stringify(split ?? "None")}; only Line runs here`);
  }
  const compression = at(args, "TransformInput", "CompressionType") ?? "None";
  if (compression !== "None") {
    report("TransformInput.CompressionType", "only None runs here");
  }
  for (const name of ["InputFilter", "OutputFilter"]) {
    const path = at(args, "DataProcessing", name);
    if (path !== undefined && columnFilter(text(path)) === undefined) {
      report(
        `DataProcessing.${name}`,
        `${JSON.stringify(path)}; $, $[1:] and $[0,-1] are of the kind that runs here`,
      );
    }
  }
}

function checkStep({ step, type }: PlacedStep, images: Images, report: Report): void {
  const args = object(step["Arguments"]);
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
    case "Training":
      checkTraining(args, images, report);
      break;
    case "Model":
      checkModel(args, images, report);
      break;
    case "Transform":
      checkTransform(args, report);
      break;
    case "Condition":
      checkConditions(args["Conditions"], "Conditions", report);
      break;
    case "RegisterModel":
      if (args["ModelPackageGroupName"] === undefined) {
        report("ModelPackageGroupName", "missing; packages without a group do not run here");
      }
      break;
    case "Fail":
      break;
    default:
      report(
        "Type",
        `"${type}" does not run here; Condition, Fail, Model, Processing, QualityCheck, RegisterModel, ` +
          "Training, Transform, Tuning do",
      );
  }
}

/**
 * Finds what a local run does not support in a definition, all at once.
 *
 * @param definition with its parameters' values in their places
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
