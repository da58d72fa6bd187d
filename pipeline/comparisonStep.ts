import { challenge } from "./champion";
import type { Preprocess } from "./dataSteps";
import type { DefinitionArgs } from "./definitionArgs";
import { folderUri, join } from "./language/expressions";
import { parameter } from "./parameters";
import {
  exitMessage,
  folder,
  joinedNames,
  type Processing,
  processingStep,
  type ProcessingStepArgs,
  s3Input,
} from "./steps/processing";
import { executionUri } from "./storage";

/** The candidates to compare. */
interface Compared {
  readonly names: readonly string[];
  /** Whether R² of their folds decides, before that of the test data. */
  readonly byFolds: boolean;
}

/** The arguments of a comparing job. */
function comparing(
  args: DefinitionArgs,
  { byFolds, names }: Compared,
  options: readonly string[],
  inputs: ProcessingStepArgs<"comparison">["inputs"],
): Omit<ProcessingStepArgs<"comparison">, "imageUri" | "name" | "script"> {
  return {
    roleArn: args.roles.evaluation,
    context: args.context,
    arguments: [
      ...["--candidates", ...joinedNames(names)],
      // The service refuses numbers as arguments.
      ...["--minimum", join("", [parameter("MinimumR2")])],
      ...options,
      ...(byFolds ? ["--cross-validation", folder("cross-validation")] : []),
      ...["--input", folder("evaluation"), "--output", folder("comparison")],
      ...["--message", exitMessage],
    ],
    dependsOn: [
      ...names.map((name) => `Evaluate${name}`),
      ...(byFolds ? names.map((name) => `CrossValidate${name}`) : []),
    ],
    // Its input has the execution's own prefix, so no other execution has an equal step; and the champion changes.
    cached: false,
    inputs: [
      ...inputs,
      ...["evaluation", ...(byFolds ? ["cross-validation"] : [])].map((name) =>
        s3Input(name, executionUri(args.bucket, `${name}/`)),
      ),
    ],
    outputs: {
      comparison: { folder: folder("comparison"), uri: executionUri(args.bucket, "comparison") },
    },
    propertyFile: { name: challenge.file, output: "comparison", path: "comparison.json" },
  };
}

/** A job that compares the reports of candidates and names the best. */
export function comparisonStep(
  args: DefinitionArgs,
  candidates: Compared,
): Processing<"comparison"> {
  return processingStep({
    ...comparing(args, candidates, [], []),
    name: "CompareCandidates",
    imageUri: args.images.scikitLearn,
    script: { name: "compare", source: args.sources.compare },
  });
}

/** A job that compares the reports of candidates, and the best of them with the champion. */
export function challengeStep(
  args: DefinitionArgs,
  champion: NonNullable<DefinitionArgs["champion"]>,
  candidates: Compared,
  preprocess: Preprocess,
): Processing<"comparison"> {
  const { beats, notComparable, source } = champion;
  const options = [
    ...["--model-package-group", args.modelPackageGroupName, "--region", args.region],
    ...["--by", String(beats.by), "--confidence", String(beats.confidence)],
    ...["--not-comparable", notComparable, "--target", args.dataset.target],
    ...["--test", folder("test"), "--metadata", folder("metadata")],
    ...(args.dataset.sampleWeight === undefined ? [] : ["--weighted"]),
  ];
  const inputs = (["test", "metadata"] as const).map((name) =>
    s3Input(name, folderUri(preprocess.output(name))),
  );
  return processingStep({
    ...comparing(args, candidates, options, inputs),
    name: challenge.step,
    // It has boto3, and what reads XGBoost's models. Source: docker/xgboost/pyproject.toml of aws/deep-learning-containers.
    imageUri: args.images.algorithms.xgboost,
    // It needs SageMaker's API for the approved model, and S3 for its files.
    networkIsolation: false,
    script: { name: "challenge", source },
  });
}
