import type { DefinitionArgs } from "./definitionArgs";
import { folderUri, join, stepProperty } from "./language/expressions";
import type { TunedCandidate } from "./evaluationSteps";
import {
  folder,
  jsonArguments,
  type Processing,
  processingStep,
  s3Input,
} from "./steps/processing";
import { executionUri } from "./storage";

/** The property file with the scores; see sageMaker/metrics.ts. */
export const crossValidationFile = "CrossValidation";

/**
 * Retrains a candidate on other rows with the hyperparameters of its best trial; undefined if it is not configured, or the
 * candidate has an image that no script here can train.
 *
 * `TunedHyperParameters['eta']` is the SageMaker Python SDK's form for a value of a map (PropertiesMap).
 */
export function crossValidationStep(
  args: DefinitionArgs,
  { cached, candidate, imageUri, preprocess, tuning }: TunedCandidate,
): Processing<"crossValidation"> | undefined {
  const { crossValidate } = args.sources;
  const { algorithm, name, ranges } = candidate;
  if (crossValidate === undefined || typeof algorithm !== "string") {
    return undefined;
  }
  const { StaticHyperParameters: fixed = {} } = tuning.step.Arguments.TrainingJobDefinition ?? {};
  const tuned = Object.keys(ranges).map((one) => {
    const path = `TrainingJobSummaries[0].TunedHyperParameters['${one}']`;
    return join("", [`--tuned=${one}=`, stepProperty(tuning.step.Name, path)]);
  });
  const parts = ["train", "validation", "test", "metadata"] as const;
  return processingStep({
    name: `CrossValidate${name}`,
    imageUri,
    roleArn: args.roles.evaluation,
    context: args.context,
    script: { name: "cross_validate", source: crossValidate },
    arguments: [
      ...["--algorithm", algorithm, ...jsonArguments("hyperparameters", fixed), ...tuned],
      ...parts.flatMap((part) => [`--${part}`, folder(part)]),
      ...["--output", folder("cross-validation")],
    ],
    inputs: parts.map((part) => s3Input(part, folderUri(preprocess.output(part)))),
    outputs: {
      crossValidation: {
        folder: folder("cross-validation"),
        uri: executionUri(args.bucket, `cross-validation/${name}`),
      },
    },
    propertyFile: {
      name: crossValidationFile,
      output: "crossValidation",
      path: "cross_validation.json",
    },
    cached,
  });
}
