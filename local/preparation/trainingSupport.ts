import type { TrainingArguments, TuningArguments } from "../../pipeline/language/definition";
import { literal } from "../../pipeline/language/expressions";
import { howToRun, type Images, trains } from "../standins/images";
import { checkOnly, type Report } from "./report";

const noPipe = "Pipe does not run here; File and FastFile do";

/** Common arguments of Training steps and tuning jobs' definitions. */
type Job = Partial<
  Pick<TrainingArguments, "AlgorithmSpecification" | "InputDataConfig" | "OutputDataConfig">
>;

/** Checks that an image trains here, with its own algorithm or a script. */
function checkImage(job: Job, hasScript: boolean, images: Images, report: Report): void {
  const uri = job.AlgorithmSpecification?.TrainingImage;
  const image = typeof uri === "string" ? images.find(uri) : undefined;
  if (hasScript ? image?.framework !== undefined : trains(image)) {
    return;
  }
  const reason = hasScript
    ? "cannot run training scripts here; the images sagemaker-scikit-learn and sagemaker-xgboost can"
    : image?.framework === undefined
      ? `is not an image that can train here; ${howToRun(uri)}`
      : "only trains with a script, but the hyperparameter sagemaker_program is not set";
  report("AlgorithmSpecification.TrainingImage", `${JSON.stringify(uri)} ${reason}`);
}

function checkJob(job: Job, hasScript: boolean, images: Images, report: Report): void {
  const {
    AlgorithmSpecification: specification,
    InputDataConfig: channels,
    OutputDataConfig: output,
  } = job;
  checkImage(job, hasScript, images, report);
  for (const field of ["ContainerArguments", "ContainerEntrypoint"] as const) {
    if (specification?.[field]) {
      report(`AlgorithmSpecification.${field}`, "only the image's own entry point runs here");
    }
  }
  if (specification?.TrainingInputMode === "Pipe") {
    report("AlgorithmSpecification.TrainingInputMode", noPipe);
  }
  specification?.MetricDefinitions?.forEach(({ Regex: regex }, index) => {
    try {
      new RegExp(typeof regex === "string" ? regex : "");
    } catch {
      report(
        `AlgorithmSpecification.MetricDefinitions[${index}].Regex`,
        "is not a regular expression",
      );
    }
  });
  checkOnly(output, "OutputDataConfig", { CompressionType: "GZIP" }, report);
  channels?.forEach((channel, index) => {
    const { DataSource: source } = channel;
    const field = `InputDataConfig[${index}]`;
    if (channel.InputMode === "Pipe") {
      report(`${field}.InputMode`, noPipe);
    }
    checkOnly(channel, field, { RecordWrapperType: "None", CompressionType: "None" }, report);
    if (!source?.S3DataSource) {
      report(`${field}.DataSource`, "only S3DataSource runs here");
    }
    const place = `${field}.DataSource.S3DataSource`;
    checkOnly(source?.S3DataSource, place, { S3DataType: "S3Prefix" }, report);
  });
}

function checkInstances(
  name: string,
  resources: { readonly InstanceCount?: unknown } | null | undefined,
  report: Report,
): void {
  const count = resources?.InstanceCount;
  if (typeof count === "number" && count > 1) {
    report(`${name}.InstanceCount`, `${count}; jobs train on 1 here`);
  }
}

/** Checks the arguments of a Training step. */
export function checkTraining(args: TrainingArguments, images: Images, report: Report): void {
  checkJob(args, args.HyperParameters?.["sagemaker_program"] !== undefined, images, report);
  checkInstances("ResourceConfig", args.ResourceConfig, report);
}

const strategies = ["Bayesian", "Grid", "Hyperband", "Random"];

/** Checks the arguments of a Tuning step. */
export function checkTuning(args: TuningArguments, images: Images, report: Report): void {
  checkConfig(args.HyperParameterTuningJobConfig ?? undefined, report);
  if (args.TrainingJobDefinitions) {
    report("TrainingJobDefinitions", "only one TrainingJobDefinition runs here");
    return;
  }
  if (args.Autotune) {
    report("Autotune", "does not run here");
  }
  const strategy = args.HyperParameterTuningJobConfig?.Strategy;
  if (args.WarmStartConfig && strategy !== "Bayesian" && strategy !== "Random") {
    report("WarmStartConfig", "is for the strategies Bayesian and Random");
  }
  const reportOfJob: Report = (field, problem) => {
    report(`TrainingJobDefinition.${field}`, problem);
  };
  const job = args.TrainingJobDefinition;
  const hasScript = job?.StaticHyperParameters?.["sagemaker_program"] !== undefined;
  checkJob(job ?? {}, hasScript, images, reportOfJob);
  const name = "HyperParameterTuningResourceConfig";
  checkInstances(name, job?.[name], reportOfJob);
  checkObjective(args, hasScript, images, report);
}

/** Features of a Tuning step that are ignored here. */
export function checkIgnored(args: TuningArguments, report: Report): void {
  const criteria = args.HyperParameterTuningJobConfig?.TuningJobCompletionCriteria;
  if (criteria?.ConvergenceDetected?.CompleteOnConvergence === "Enabled") {
    report(
      "HyperParameterTuningJobConfig.TuningJobCompletionCriteria.ConvergenceDetected",
      "is ignored here, because SageMaker's algorithm is not public: all trials run unless another criterion is met",
    );
  }
}

type Config = NonNullable<TuningArguments["HyperParameterTuningJobConfig"]>;

function checkConfig(config: Config | undefined, reportOf: Report): void {
  const report: Report = (field, problem) => {
    reportOf(`HyperParameterTuningJobConfig.${field}`, problem);
  };
  const strategy = config?.Strategy;
  if (typeof strategy !== "string" || !strategies.includes(strategy)) {
    report(
      "Strategy",
      `${JSON.stringify(strategy)} does not run here; ${strategies.join(", ")} do`,
    );
  }
  if (strategy === "Hyperband" && config?.TrainingJobEarlyStoppingType === "Auto") {
    report("TrainingJobEarlyStoppingType", "must be Off for Hyperband, which stops trials itself");
  }
  if (config?.ParameterRanges?.AutoParameters) {
    report("ParameterRanges.AutoParameters", "does not run here");
  }
  // The SDK does not set the number of jobs for Grid: it is that of all combinations.
  if (strategy !== "Grid" && typeof config?.ResourceLimits?.MaxNumberOfTrainingJobs !== "number") {
    report("ResourceLimits.MaxNumberOfTrainingJobs", "missing; only Grid can omit it");
  }
}

/** Checks that the objective is a metric that the training jobs report. */
function checkObjective(
  args: TuningArguments,
  hasScript: boolean,
  images: Images,
  report: Report,
): void {
  const specification = args.TrainingJobDefinition?.AlgorithmSpecification;
  const uri = specification?.TrainingImage;
  const image = typeof uri === "string" ? images.find(uri) : undefined;
  const config = args.HyperParameterTuningJobConfig;
  const objective = config?.HyperParameterTuningJobObjective?.MetricName;
  const names = specification?.MetricDefinitions?.length
    ? specification.MetricDefinitions.map(({ Name: name }) => literal(name) ?? "")
    : (image?.builtInMetrics ?? []).map(({ name }) => name);
  if ((hasScript || trains(image)) && !names.includes(literal(objective) ?? "")) {
    report(
      "HyperParameterTuningJobConfig.HyperParameterTuningJobObjective.MetricName",
      `${JSON.stringify(objective)} is not a metric of the training job; its metrics are ${names.join(", ") || "none"}`,
    );
  }
}
