import { algorithms, imageOf } from "./algorithms";
import type { Candidate } from "./candidates";
import { championMetadata } from "./champion";
import { crossValidationStep } from "./crossValidationSteps";
import type { Preprocess } from "./dataSteps";
import type { DefinitionArgs } from "./definitionArgs";
import { evaluationSteps } from "./evaluationSteps";
import type { Step } from "./language/definition";
import { execution, folderUri, join, type JsonGet } from "./language/expressions";
import { modelCard } from "./modelCard";
import type { Processing } from "./steps/processing";
import type { DataQuality } from "./steps/qualityCheck";
import { registerModelStep, type RegisterModelStepArgs } from "./steps/registerModel";
import { type Trainer, type Tuning, tuningStep } from "./steps/tuning";

export interface CandidateSteps {
  readonly candidate: Candidate;
  readonly tuning: Tuning;
  /** The steps that evaluate its best model, and those that retrain it on other rows. */
  readonly evaluationSteps: readonly Step[];
  /** R² on the test data. */
  readonly r2: JsonGet;
  /** What candidates are compared by before that: R² of the folds; undefined if it is not cross-validated. */
  readonly foldScore: JsonGet | undefined;
  /** Registers its best model. */
  readonly register: Step;
}

/** Whether all candidates are cross-validated, so that the folds decide. */
export function foldsDecide(all: readonly CandidateSteps[]): boolean {
  return all.every(({ foldScore }) => foldScore !== undefined);
}

function trainer(
  { images }: DefinitionArgs,
  { algorithm }: Candidate,
  preprocess: Preprocess,
): Trainer {
  const channels = {
    train: folderUri(preprocess.output("train")),
    validation: folderUri(preprocess.output("validation")),
  };
  if (typeof algorithm !== "string") {
    const metrics = Object.entries(algorithm.metrics);
    const metricDefinitions = metrics.map(([Name, Regex]) => ({ Name, Regex }));
    return { imageUri: algorithm.image, metricDefinitions, channels };
  }
  const image = imageOf(algorithm);
  const imageUri = images.algorithms[image];
  if (image === "xgboost") {
    return { imageUri, channels };
  }
  // The names of the features, which CSV files do not have.
  const metadata = folderUri(preprocess.output("metadata"));
  const { MetricDefinitions: metricDefinitions } = algorithms[algorithm];
  return { imageUri, metricDefinitions, channels: { ...channels, metadata } };
}

/** R² on the test data. */
const r2Of = (report: Processing<"evaluation">): JsonGet =>
  report.jsonGet("regression_metrics.r2.value");

/**
 * The metadata of a model package. Values have at most 256 characters, without quotes and commas, so it has the flow
 * instead of the query.
 */
function metadata(
  args: DefinitionArgs,
  candidate: Candidate,
  imageUri: string,
  tuning: Tuning,
  report: Processing<"evaluation">,
  preprocess: Preprocess,
): RegisterModelStepArgs["metadata"] {
  const { algorithm, name } = candidate;
  const { sampleWeight, table, target } = args.dataset;
  const unweightedR2 = sampleWeight && report.jsonGet("sample_weight.unweighted_r2");
  const { driftReference } = args.sources;
  return {
    Table: table,
    Target: target,
    Candidate: name,
    Algorithm: typeof algorithm === "string" ? algorithm : "custom",
    Image: imageUri,
    TrainingJob: tuning.bestTrainingJobName,
    PipelineExecution: execution("PipelineExecutionId"),
    R2: join("", [r2Of(report)]),
    SampleWeight: sampleWeight,
    UnweightedR2: unweightedR2 && join("", [unweightedR2]),
    Flow: args.sources.flow,
    DriftReference:
      driftReference && join("/", [report.output("evaluation"), "drift_reference.json"]),
    ...(args.champion && championMetadata(candidate, preprocess)),
    GitRevision: args.gitRevision,
    RowEncoding: preprocess.encoder?.documentUri,
  };
}

/** Media types that the stack's own image supports as the first or last container. */
const ownTypes = ["text/csv", "application/json", "application/jsonlines"];

/**
 * The containers that serve a candidate's model. The stack's own image returns intervals itself; after any other image,
 * a container of it adds them. Their width is only known after the model is packed, so it is in the environment.
 * Sources: "support JsonGet for all step types" (CHANGELOG of aws/sagemaker-python-sdk); models get the environment of
 * their package's containers (aws/sagemaker-python-sdk#3397).
 */
function servingContainers(
  { dataset, images }: DefinitionArgs,
  imageUri: string,
  { bestModelUri: modelUri }: Tuning,
  { encoder }: Preprocess,
  report: Processing<"evaluation">,
): RegisterModelStepArgs["containers"] {
  const own = images.algorithms["decision-tree"];
  const encoders = encoder === undefined ? [] : [{ imageUri: own, modelUri: encoder.archiveUri }];
  if (dataset.predictionIntervals === undefined) {
    return [...encoders, { imageUri, modelUri }];
  }
  const halfWidth = join("", [report.jsonGet("prediction_interval.half_width")]);
  const environment = { PREDICTION_INTERVAL: halfWidth };
  return imageUri === own
    ? [...encoders, { imageUri, modelUri, environment }]
    : [...encoders, { imageUri, modelUri }, { imageUri: own, environment }];
}

/** The data of a candidate's steps. */
interface CandidateData {
  readonly preprocess: Preprocess;
  /** The baseline that its model is registered with, if any. */
  readonly baseline: DataQuality | undefined;
  /** Whether its evaluation may use SageMaker's cache. */
  readonly cachedEvaluation: boolean;
}

/** The steps of a candidate: its tuning, the evaluation of its best model, and that model's registration. */
export function candidateSteps(
  args: DefinitionArgs,
  candidate: Candidate,
  { baseline, cachedEvaluation: cached, preprocess }: CandidateData,
): CandidateSteps {
  const { name } = candidate;
  const training = trainer(args, candidate, preprocess);
  const { imageUri } = training;
  const tuning = tuningStep(args, candidate, training);
  const tuned = { candidate, imageUri, tuning, preprocess, cached };
  const { before, report } = evaluationSteps(args, tuned);
  const crossValidation = crossValidationStep(args, tuned);
  const { encoder } = preprocess;
  const register = registerModelStep({
    name: `Register${name}`,
    modelPackageGroupName: args.modelPackageGroupName,
    containers: servingContainers(args, imageUri, tuning, preprocess, report),
    evaluationUri: join("/", [report.output("evaluation"), "evaluation.json"]),
    dataQualityBaseline: baseline,
    contentTypes: encoder === undefined ? ["text/csv"] : ownTypes,
    responseTypes: args.dataset.predictionIntervals === undefined ? ["text/csv"] : ownTypes,
    metadata: metadata(args, candidate, imageUri, tuning, report, preprocess),
    modelCard: modelCard(args, tuned, report),
  });
  const after = crossValidation === undefined ? [] : [crossValidation.step];
  return {
    candidate,
    tuning,
    evaluationSteps: [...before, report.step, ...after],
    r2: r2Of(report),
    foldScore: crossValidation?.jsonGet("score"),
    register,
  };
}
