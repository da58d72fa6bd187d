import { algorithms } from "./algorithms";
import type { Candidate } from "./candidates";
import type { Data, Preprocess } from "./dataSteps";
import type { DefinitionArgs } from "./definition";
import { execution, type Expression, join, type JsonGet } from "./expressions";
import { comparesPairs } from "./selection";
import { modelStep } from "./steps/model";
import {
  exitMessage,
  folder,
  type ProcessingStep,
  processingStep,
  s3Input,
} from "./steps/processing";
import { registerModelStep } from "./steps/registerModel";
import type { Step } from "./steps/step";
import { transformStep } from "./steps/transform";
import { type Channel, type MetricDefinition, type TuningStep, tuningStep } from "./steps/tuning";
import { executionUri, prefixes } from "./storage";

/** A candidate with its steps. */
export interface CandidateSteps {
  readonly candidate: Candidate;
  readonly tuning: TuningStep;
  /** The steps that evaluate its best model, the report last. */
  readonly evaluationSteps: readonly Step[];
  /** R² on the test data. */
  readonly r2: JsonGet;
  /** Registers its best model. */
  readonly register: Step;
}

type Evaluation = ProcessingStep<"evaluation">;

/** What a candidate's algorithm means for its steps. */
interface Trainer {
  readonly imageUri: string;
  /** Undefined where SageMaker knows the metrics itself. */
  readonly metricDefinitions?: readonly MetricDefinition[];
  /** Whether it takes the channel that tells the names of the features, which CSV files do not. */
  readonly takesMetadata: boolean;
}

function trainer(args: DefinitionArgs, { algorithm }: Candidate): Trainer {
  if (typeof algorithm !== "string") {
    return {
      imageUri: algorithm.image,
      metricDefinitions: Object.entries(algorithm.metrics).map(([Name, Regex]) => ({
        Name,
        Regex,
      })),
      takesMetadata: false,
    };
  }
  const imageUri = args.images.algorithms[algorithm];
  return algorithm === "xgboost"
    ? { imageUri, takesMetadata: false }
    : {
        imageUri,
        metricDefinitions: algorithms[algorithm].MetricDefinitions,
        takesMetadata: true,
      };
}

function tune(
  args: DefinitionArgs,
  candidate: Candidate,
  { imageUri, metricDefinitions, takesMetadata }: Trainer,
  preprocess: Preprocess,
): TuningStep {
  const channels: Channel[] = [
    { name: "train", uri: preprocess.output("train"), contentType: "text/csv" },
    { name: "validation", uri: preprocess.output("validation"), contentType: "text/csv" },
  ];
  if (takesMetadata) {
    const uri = preprocess.output("metadata");
    channels.push({ name: "metadata", uri, contentType: "application/json" });
  }
  return tuningStep({
    name: `Tune${candidate.name}`,
    candidate,
    imageUri,
    ...(metricDefinitions === undefined ? {} : { metricDefinitions }),
    channels,
    output: { bucket: args.bucket, prefix: `${prefixes.models}/${candidate.name}` },
    checkpointUri: `s3://${args.bucket}/${prefixes.checkpoints}/${candidate.name}`,
    roleArn: args.roles.training,
    context: args.context,
    seed: args.dataset.seed,
  });
}

/** The step that writes the evaluation report, by a script that is given either model or predictions. */
function evaluate(
  args: DefinitionArgs,
  candidate: Candidate,
  imageUri: string,
  inputs: Readonly<Record<string, Expression>>,
  scriptArguments: readonly string[],
): Evaluation {
  return processingStep({
    name: `Evaluate${candidate.name}`,
    imageUri,
    roleArn: args.roles.evaluation,
    context: args.context,
    entrypoint: ["python3", `${folder("code")}/evaluate.py`],
    arguments: [
      ...scriptArguments,
      ...["--output", folder("evaluation"), "--message", exitMessage],
    ],
    inputs: [
      s3Input("code", args.sources.evaluate, folder("code")),
      ...Object.entries(inputs).map(([name, uri]) => s3Input(name, uri, folder(name))),
    ],
    outputs: {
      evaluation: {
        folder: folder("evaluation"),
        uri: executionUri(args.bucket, `evaluation/${candidate.name}`),
      },
    },
    propertyFile: { name: "Evaluation", output: "evaluation", path: "evaluation.json" },
    // A cached report would lie under another execution's prefix, where the comparison does not look.
    cached: comparesPairs(args.candidates.length),
  });
}

/** Evaluates a model in the image that trained it, whose libraries the script knows. */
function evaluateModel(
  args: DefinitionArgs,
  candidate: Candidate,
  algorithm: string,
  tuning: TuningStep,
  preprocess: Preprocess,
): { readonly evaluation: Evaluation; readonly before: readonly Step[] } {
  const inputs = { model: tuning.bestModelUri, test: preprocess.output("test") };
  const { imageUri } = trainer(args, candidate);
  const evaluation = evaluate(args, candidate, imageUri, inputs, [
    ...["--algorithm", algorithm, "--model", folder("model"), "--test", folder("test")],
  ]);
  return { evaluation, before: [] };
}

/** Evaluates a model of which nothing is known but that it serves: by what a batch transform predicts. */
function evaluatePredictions(
  args: DefinitionArgs,
  candidate: Candidate,
  tuning: TuningStep,
  preprocess: Preprocess,
): { readonly evaluation: Evaluation; readonly before: readonly Step[] } {
  const { name } = candidate;
  const model = modelStep({
    name: `CreateModel${name}`,
    imageUri: trainer(args, candidate).imageUri,
    modelUri: tuning.bestModelUri,
    roleArn: args.roles.evaluation,
    context: args.context,
  });
  const transform = transformStep({
    name: `Transform${name}`,
    modelName: model.modelName,
    inputUri: preprocess.output("test"),
    outputUri: executionUri(args.bucket, `predictions/${name}`),
    context: args.context,
  });
  const inputs = { predictions: transform.outputUri };
  const evaluation = evaluate(args, candidate, args.images.scikitLearn, inputs, [
    ...["--predictions", folder("predictions")],
  ]);
  return { evaluation, before: [model.step, transform.step] };
}

/**
 * What is kept with a model package: values of at most 256 characters, without quotes and commas, so the
 * query is kept by the flow that holds it.
 */
function metadata(
  args: DefinitionArgs,
  { algorithm, name }: Candidate,
  imageUri: string,
  tuning: TuningStep,
  r2: JsonGet,
): Readonly<Record<string, Expression>> {
  return {
    Candidate: name,
    Algorithm: typeof algorithm === "string" ? algorithm : "custom",
    Image: imageUri,
    TrainingJob: tuning.bestTrainingJobName,
    PipelineExecution: execution("PipelineExecutionId"),
    R2: join("", [r2]),
    Flow: args.sources.flow,
    ...(args.gitRevision === undefined ? {} : { GitRevision: args.gitRevision }),
  };
}

/** The steps of a candidate: its tuning, the evaluation of its best model, and that model's registration. */
export function candidateSteps(
  args: DefinitionArgs,
  candidate: Candidate,
  { baseline, preprocess }: Data,
): CandidateSteps {
  const { algorithm, name } = candidate;
  const training = trainer(args, candidate);
  const tuning = tune(args, candidate, training, preprocess);
  const { before, evaluation } =
    typeof algorithm === "string"
      ? evaluateModel(args, candidate, algorithm, tuning, preprocess)
      : evaluatePredictions(args, candidate, tuning, preprocess);
  const r2 = evaluation.jsonGet("regression_metrics.r2.value");
  const register = registerModelStep({
    name: `Register${name}`,
    modelPackageGroupName: args.modelPackageGroupName,
    imageUri: training.imageUri,
    modelUri: tuning.bestModelUri,
    evaluationUri: join("/", [evaluation.output("evaluation"), "evaluation.json"]),
    ...(baseline === undefined ? {} : { dataQualityBaseline: baseline }),
    contentTypes: ["text/csv"],
    responseTypes: ["text/csv"],
    metadata: metadata(args, candidate, training.imageUri, tuning, r2),
  });
  return { candidate, tuning, evaluationSteps: [...before, evaluation.step], r2, register };
}
