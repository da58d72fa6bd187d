import { posix } from "node:path";

import type { Json, JsonObject } from "../../pipeline/expressions";
import { at, isObject, items, objects, text } from "../../pipeline/walk";
import type { Images } from "../standins/images";
import { checkPrefix, checkStrings, type Report } from "./trainingSupport";

/** Whether a path is in the folder that a job has for itself: elsewhere is the user's machine. */
function isInside(path: Json | undefined): boolean {
  return posix.normalize(text(path)).startsWith("/opt/ml/");
}

function checkLocalPath(source: Json | undefined, field: string, report: Report): void {
  const path = at(source, "LocalPath");
  if (source !== undefined && !isInside(path)) {
    report(`${field}.LocalPath`, `${JSON.stringify(path)} is not below /opt/ml`);
  }
}

/** What queries can write here, of what Athena can: see local/standins/athena/query.py. */
const queryOutputs: Readonly<Record<string, readonly string[]>> = {
  PARQUET: ["GZIP", "SNAPPY"],
  TEXTFILE: ["GZIP"],
  JSON: ["GZIP"],
};

function checkAthena(athena: Json | undefined, field: string, report: Report): void {
  const format = text(at(athena, "OutputFormat")) || "PARQUET";
  const compressions = queryOutputs[format];
  const compression = at(athena, "OutputCompression");
  if (compressions === undefined) {
    const formats = Object.keys(queryOutputs).join(", ");
    report(`${field}.OutputFormat`, `"${format}" does not run here; ${formats} do`);
  } else if (compression !== undefined && !compressions.includes(text(compression))) {
    report(
      `${field}.OutputCompression`,
      `${JSON.stringify(compression)} does not run here for ${format}; ${compressions.join(", ")} may`,
    );
  }
}

/** Checks the arguments of a processing step. */
export function checkProcessing(args: JsonObject, images: Images, report: Report): void {
  checkStrings(args["Environment"], "Environment", report);
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
    } else if (!isInside(script)) {
      report("AppSpecification.ContainerEntrypoint", `"${script}" is not below /opt/ml`);
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
    checkAthena(
      at(dataset, "AthenaDatasetDefinition"),
      `${field}.DatasetDefinition.AthenaDatasetDefinition`,
      report,
    );
    if (dataset === undefined && input["S3Input"] === undefined) {
      report(field, "has neither S3Input nor DatasetDefinition");
    }
    checkPrefix(input["S3Input"], `${field}.S3Input`, report);
    checkLocalPath(input["S3Input"], `${field}.S3Input`, report);
    checkLocalPath(dataset, `${field}.DatasetDefinition`, report);
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
    checkLocalPath(output["S3Output"], `ProcessingOutputConfig.Outputs[${index}].S3Output`, report);
  });
}
