import { imageOf, type TrainingImage } from "./algorithms";
import type { Candidate } from "./candidates";
import type { Preprocess } from "./dataSteps";
import { categoricalColumns } from "./dataset";
import type { DefinitionArgs } from "./definitionArgs";
import type { Step } from "./language/definition";
import { folderUri, stepProperty, type StringExpression } from "./language/expressions";
import { modelStep } from "./steps/model";
import {
  exitMessage,
  folder,
  joinedNames,
  type Processing,
  processingStep,
  type ProcessingStepArgs,
  s3Input,
} from "./steps/processing";
import { transformStep } from "./steps/transform";
import type { Tuning } from "./steps/tuning";
import { executionUri } from "./storage";

/** A tuned candidate, and its test data. */
export interface TunedCandidate {
  readonly candidate: Candidate;
  /** Image that trained it, which also evaluates and serves it. */
  readonly imageUri: string;
  readonly tuning: Tuning;
  readonly preprocess: Preprocess;
  /** Whether to reuse an equal earlier evaluation. */
  readonly cached: boolean;
}

/** The step that writes the evaluation report, and the steps that it needs. */
export interface Evaluation {
  readonly report: Processing<"evaluation">;
  readonly before: readonly Step[];
}

/** A script that evaluates, with its arguments apart from the model and its test data. */
interface Evaluator {
  readonly script: NonNullable<ProcessingStepArgs<string>["script"]>;
  readonly inputs: Readonly<Record<string, StringExpression>>;
  readonly arguments: readonly string[];
}

/** The evaluation's scripts, including that of the drift reference if configured. */
function evaluator({ dataset, sources }: DefinitionArgs, preprocess: Preprocess): Evaluator {
  const { driftReference } = sources;
  if (driftReference === undefined) {
    return { script: { name: "evaluate", source: sources.evaluate }, inputs: {}, arguments: [] };
  }
  const categories = categoricalColumns(dataset);
  return {
    script: { name: "drift_reference", source: driftReference },
    inputs: {
      train: folderUri(preprocess.output("train")),
      metadata: folderUri(preprocess.output("metadata")),
    },
    arguments: [
      ...["--train", folder("train"), "--metadata", folder("metadata")],
      ...(categories.length === 0 ? [] : ["--categories", ...joinedNames(categories)]),
    ],
  };
}

/** Writes the report with a script, from inputs and arguments. */
function reportStep(
  args: DefinitionArgs,
  { cached, candidate: { name }, preprocess }: TunedCandidate,
  imageUri: string,
  inputs: Readonly<Record<string, StringExpression>>,
  scriptArguments: readonly string[],
): Processing<"evaluation"> {
  const by = evaluator(args, preprocess);
  const { segmentsUri } = preprocess;
  const allInputs: Readonly<Record<string, StringExpression>> = {
    ...inputs,
    ...by.inputs,
    ...(segmentsUri === undefined ? {} : { segments: folderUri(segmentsUri) }),
  };
  return processingStep({
    name: `Evaluate${name}`,
    imageUri,
    roleArn: args.roles.evaluation,
    context: args.context,
    script: by.script,
    arguments: [
      ...by.arguments,
      ...scriptArguments,
      ...(segmentsUri === undefined ? [] : ["--segments", folder("segments")]),
      ...["--output", folder("evaluation"), "--message", exitMessage],
    ],
    inputs: Object.entries(allInputs).map(([input, uri]) => s3Input(input, uri)),
    outputs: {
      evaluation: {
        folder: folder("evaluation"),
        uri: executionUri(args.bucket, `evaluation/${name}`),
      },
    },
    propertyFile: { name: "Evaluation", output: "evaluation", path: "evaluation.json" },
    cached,
  });
}

/** Evaluates a model on the image that trained it, whose libraries the script uses. */
function evaluateModel(
  args: DefinitionArgs,
  tuned: TunedCandidate,
  image: TrainingImage,
): Evaluation {
  const { predictionIntervals: confidence, sampleWeight } = args.dataset;
  const inputs = {
    model: tuned.tuning.bestModelUri,
    test: folderUri(tuned.preprocess.output("test")),
    ...(confidence === undefined
      ? {}
      : { validation: folderUri(tuned.preprocess.output("validation")) }),
  };
  const report = reportStep(args, tuned, tuned.imageUri, inputs, [
    ...["--algorithm", image, "--model", folder("model"), "--test", folder("test")],
    ...(confidence === undefined
      ? []
      : ["--validation", folder("validation"), "--confidence", String(confidence)]),
    ...(sampleWeight === undefined ? [] : ["--sample-weight", sampleWeight]),
  ]);
  return { report, before: [] };
}

/** Evaluates a model of any image, by the predictions of a batch transform. */
function evaluatePredictions(args: DefinitionArgs, tuned: TunedCandidate): Evaluation {
  const { name } = tuned.candidate;
  const model = modelStep(args, `CreateModel${name}`, tuned.imageUri, tuned.tuning.bestModelUri);
  const transform = transformStep(
    args,
    `Transform${name}`,
    stepProperty(model.Name, "ModelName"),
    folderUri(tuned.preprocess.output("test")),
    executionUri(args.bucket, `predictions/${name}`),
  );
  const outputUri = stepProperty(transform.Name, "TransformOutput.S3OutputPath");
  const inputs = { predictions: folderUri(outputUri) };
  const report = reportStep(args, tuned, args.images.scikitLearn, inputs, [
    ...["--predictions", folder("predictions")],
  ]);
  return { report, before: [model, transform] };
}

/** Builds the steps that evaluate the best model of a candidate on the test data. */
export function evaluationSteps(args: DefinitionArgs, tuned: TunedCandidate): Evaluation {
  const { algorithm } = tuned.candidate;
  return typeof algorithm === "string"
    ? evaluateModel(args, tuned, imageOf(algorithm))
    : evaluatePredictions(args, tuned);
}
