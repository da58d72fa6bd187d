import { posix } from "node:path";

import type { ProcessingArguments } from "../../pipeline/language/definition";
import { isComputed, literal } from "../../pipeline/language/expressions";
import { readEntrypoint } from "../environments/entrypoint";
import { howToRun, type Images } from "../standins/images";
import { checkOnly, type Report } from "./report";

type ProcessingInput = NonNullable<ProcessingArguments["ProcessingInputs"]>[number];
type AthenaDatasetDefinition = NonNullable<
  NonNullable<ProcessingInput["DatasetDefinition"]>["AthenaDatasetDefinition"]
>;

/** Whether a path is in the job's own folder, not elsewhere on the user's machine. */
function isInside(path: unknown): boolean {
  return typeof path === "string" && posix.normalize(path).startsWith("/opt/ml/");
}

function checkLocalPath(
  source: { readonly LocalPath?: unknown } | null | undefined,
  field: string,
  report: Report,
): void {
  const path = source?.LocalPath;
  if (source && !isInside(path)) {
    report(`${field}.LocalPath`, `${JSON.stringify(path)} is not below /opt/ml`);
  }
}

/** The only supported values of members of an S3Input. */
const s3Input = {
  S3DataType: "S3Prefix",
  S3DataDistributionType: "FullyReplicated",
  S3InputMode: "File",
  S3CompressionType: "None",
} as const;

/** Supported formats and compressions of queries: see local/standins/athena/query.py. */
const queryOutputs: Readonly<Record<string, readonly string[]>> = {
  PARQUET: ["GZIP", "SNAPPY"],
  TEXTFILE: ["GZIP"],
  JSON: ["GZIP"],
};

function checkAthena(
  { OutputCompression: compression, OutputFormat }: AthenaDatasetDefinition,
  field: string,
  report: Report,
): void {
  const format = literal(OutputFormat) ?? "";
  const compressions = queryOutputs[format];
  if (compressions === undefined) {
    const formats = Object.keys(queryOutputs).join(", ");
    report(`${field}.OutputFormat`, `"${format}" does not run here; ${formats} do`);
  } else if (typeof compression === "string" && !compressions.includes(compression)) {
    report(
      `${field}.OutputCompression`,
      `${JSON.stringify(compression)} does not run here for ${format}; ${compressions.join(", ")} do`,
    );
  }
}

/** Checks the arguments of a processing step. */
export function checkProcessing(args: ProcessingArguments, images: Images, report: Report): void {
  const { ContainerEntrypoint, ImageUri: uri } = args.AppSpecification ?? {};
  const image = typeof uri === "string" ? images.find(uri) : undefined;
  const entrypoint = (ContainerEntrypoint ?? []).map((one) => (isComputed(one) ? "" : one));
  const count = args.ProcessingResources?.ClusterConfig?.InstanceCount;
  const isContained = image?.container?.runsProcessing === true;
  if (image === undefined) {
    report(
      "AppSpecification.ImageUri",
      `${JSON.stringify(uri)} is not an image that can run here (${images.known}); ${howToRun(uri)}`,
    );
  } else if (entrypoint.length === 0 && image.processingModule === undefined && !isContained) {
    report("AppSpecification.ContainerEntrypoint", "missing; this image only runs scripts");
  }
  if (entrypoint.length > 0 && !isContained) {
    const entry = readEntrypoint(entrypoint);
    if (entry === undefined) {
      report(
        "AppSpecification.ContainerEntrypoint",
        `${JSON.stringify(entrypoint)} is neither ["python3", "SCRIPT.py", ...] nor the runproc.sh ` +
          "of the SDK's FrameworkProcessor",
      );
    } else if (entry.kind === "script" && !isInside(entry.script)) {
      report("AppSpecification.ContainerEntrypoint", `"${entry.script}" is not below /opt/ml`);
    } else if (image?.runsScripts === false) {
      report("AppSpecification.ContainerEntrypoint", "this image cannot run scripts here");
    }
    if (typeof count === "number" && count > 1) {
      report("ProcessingResources.ClusterConfig.InstanceCount", `${count}; scripts run on 1 here`);
    }
  }
  args.ProcessingInputs?.forEach(({ DatasetDefinition: dataset, S3Input: input }, index) => {
    const field = `ProcessingInputs[${index}]`;
    if (!dataset && !input) {
      report(field, "has neither S3Input nor DatasetDefinition");
    }
    const athena = dataset?.AthenaDatasetDefinition;
    if (athena) {
      checkAthena(athena, `${field}.DatasetDefinition.AthenaDatasetDefinition`, report);
    } else if (dataset) {
      report(`${field}.DatasetDefinition`, "only AthenaDatasetDefinition runs here");
    }
    checkOnly(input, `${field}.S3Input`, s3Input, report);
    checkLocalPath(input, `${field}.S3Input`, report);
    checkLocalPath(dataset, `${field}.DatasetDefinition`, report);
  });
  args.ProcessingOutputConfig?.Outputs?.forEach(({ S3Output: output }, index) => {
    if (!output) {
      report(`ProcessingOutputConfig.Outputs[${index}]`, "only S3Output runs here");
    }
    checkLocalPath(output, `ProcessingOutputConfig.Outputs[${index}].S3Output`, report);
  });
}
