import type {
  ModelArguments,
  PipelineDefinition,
  Step,
  TransformArguments,
} from "../../pipeline/language/definition";
import { allSteps } from "../../pipeline/language/graph";
import { modelContainers } from "../../pipeline/language/images";
import { howToRun, type Images, trains } from "../standins/images";
import { columnFilter } from "../execution/steps/csvFilter";
import { unservedMember } from "../environments/serving";
import { checkProcessing } from "./processingSupport";
import { checkOnly, type Report } from "./report";
import { checkIgnored, checkTraining, checkTuning } from "./trainingSupport";

function checkModel(args: ModelArguments, images: Images, report: Report): void {
  modelContainers(args).forEach((container, index) => {
    const { Environment: environment, Image: uri } = container;
    const place = args.Containers ? `Containers[${index}]` : "PrimaryContainer";
    if (container.ModelPackageName) {
      report(place, "ModelPackageName is not supported in Model steps here");
      return;
    }
    const member = unservedMember(container);
    if (member !== undefined) {
      report(place, `${member} is not supported on this machine`);
    }
    const image = typeof uri === "string" ? images.find(uri) : undefined;
    const framework = image?.framework;
    const isScript = framework !== undefined && (environment?.["SAGEMAKER_PROGRAM"] ?? "") !== "";
    if (!isScript && !trains(image)) {
      const reason =
        framework === undefined
          ? `is not an image that can serve here; ${howToRun(uri)}`
          : "only serves with a script, but SAGEMAKER_PROGRAM in Environment is not set";
      report(`${place}.Image`, `${JSON.stringify(uri)} ${reason}`);
    }
  });
  const config = args.InferenceExecutionConfig;
  checkOnly(config, "InferenceExecutionConfig", { Mode: "Serial" }, report);
}

/** Supported media types of a transform's rows; columns can be filtered and joined with the first. */
const transformTypes = ["text/csv", "application/json", "application/jsonlines"] as const;

function checkTransform(
  {
    DataCaptureConfig: capture,
    DataProcessing: processing,
    TransformInput: input,
  }: TransformArguments,
  report: Report,
): void {
  if (capture) {
    report("DataCaptureConfig", "does not run here");
  }
  const type = input?.ContentType ?? transformTypes[0];
  if (!transformTypes.some((one) => one === type)) {
    report(
      "TransformInput.ContentType",
      `${JSON.stringify(type)}; ${transformTypes.join(", ")} run here`,
    );
  }
  const source = input?.DataSource?.S3DataSource;
  const place = "TransformInput.DataSource.S3DataSource";
  checkOnly(source, place, { S3DataType: "S3Prefix" }, report);
  const split = input?.SplitType ?? "None";
  if (split !== "Line" && split !== "None") {
    report("TransformInput.SplitType", `${JSON.stringify(split)}; Line and None run here`);
  }
  const { InputFilter, JoinSource, OutputFilter } = processing ?? {};
  const isPlain = [InputFilter, OutputFilter].every((filter) => (filter ?? "$") === "$");
  if (!(isPlain && (JoinSource ?? "None") === "None")) {
    if (split === "None") {
      report("DataProcessing", "needs SplitType Line");
    }
    if (type !== transformTypes[0]) {
      report("DataProcessing", `needs ContentType ${transformTypes[0]} here`);
    }
  }
  checkOnly(input, "TransformInput", { CompressionType: "None" }, report);
  for (const name of ["InputFilter", "OutputFilter"] as const) {
    const path = processing?.[name] ?? "$";
    if (typeof path !== "string" || columnFilter(path) === undefined) {
      report(
        `DataProcessing.${name}`,
        `${JSON.stringify(path)}; only paths such as $, $[1:] and $[0,-1] run here`,
      );
    }
  }
}

function checkStep(step: Step, images: Images, report: Report): void {
  for (const dependency of step.DependsOn ?? []) {
    // Source: StepDependency of sagemaker-mlops; a name alone means Completed.
    const trigger = typeof dependency === "string" ? undefined : dependency.Trigger;
    if ((trigger ?? "Completed") !== "Completed") {
      report("DependsOn", `Trigger ${JSON.stringify(trigger)}; only Completed runs here`);
    }
  }
  switch (step.Type) {
    case "Processing":
      checkProcessing(step.Arguments, images, report);
      break;
    case "QualityCheck":
      checkProcessing(step.Arguments, images, report);
      if (step.CheckType !== "DATA_QUALITY" || step.SkipCheck !== true) {
        report("CheckType", "only a DATA_QUALITY baseline, with SkipCheck, runs here");
      }
      break;
    case "Tuning":
      checkTuning(step.Arguments, images, report);
      break;
    case "Training":
      checkTraining(step.Arguments, images, report);
      break;
    case "Model":
      checkModel(step.Arguments, images, report);
      break;
    case "Transform":
      checkTransform(step.Arguments, report);
      break;
    case "RegisterModel":
      if (!step.Arguments.ModelPackageGroupName) {
        report("ModelPackageGroupName", "missing; packages without a group do not run here");
      }
      break;
    case "Condition":
    case "Fail":
      break;
    default:
      report(
        "Type",
        `"${step.Type}" does not run here; Condition, Fail, Model, Processing, QualityCheck, RegisterModel, ` +
          "Training, Transform, Tuning do",
      );
  }
}

/** The findings of a check, each with the step and the field. */
function findings(
  definition: PipelineDefinition,
  checkOne: (step: Step, report: Report) => void,
): readonly string[] {
  return allSteps(definition).flatMap(({ step }) => {
    const found: string[] = [];
    checkOne(step, (field, problem) => {
      const path = ["CheckType", "DependsOn", "Type"].includes(field)
        ? field
        : `Arguments.${field}`;
      found.push(`step "${step.Name}", ${path}: ${problem}`);
    });
    return found;
  });
}

/**
 * Finds all features of a definition that a local run does not support.
 *
 * @param definition with its parameters' values
 * @returns a sentence for each, with the step and the field
 */
export function unsupported(definition: PipelineDefinition, images: Images): readonly string[] {
  return findings(definition, (step, report) => {
    checkStep(step, images, report);
  });
}

/** Finds features of a definition that a local run ignores; see {@link unsupported}. */
export function ignored(definition: PipelineDefinition): readonly string[] {
  return findings(definition, (step, report) => {
    if (step.Type === "Tuning") {
      checkIgnored(step.Arguments, report);
    }
  });
}
