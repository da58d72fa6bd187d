import { imageOf } from "./algorithms";
import type { Candidate } from "./candidates";
import type { Preprocess } from "./dataSteps";
import { folderUri, join, type StringExpression, stepProperty } from "./language/expressions";

/** The step that compares the best candidate with the champion, and its document. */
export const challenge = { step: "ChallengeChampion", file: "Comparison" } as const;

/**
 * The metadata of a model package that later challenges need: the format of its model, and the locations of its features'
 * names and of the rows that it has seen; also the result of its own challenge.
 */
export function championMetadata(
  { algorithm }: Candidate,
  preprocess: Preprocess,
): Readonly<Record<string, StringExpression>> {
  const verdict = {
    "Std:JsonGet": {
      PropertyFile: stepProperty(challenge.step, `PropertyFiles.${challenge.file}`),
      Path: "note",
    },
  };
  return {
    ModelFormat: typeof algorithm === "string" ? imageOf(algorithm) : "custom",
    FeatureNames: join("/", [preprocess.output("metadata"), "feature_names.json"]),
    TrainRows: folderUri(preprocess.output("train")),
    ValidationRows: folderUri(preprocess.output("validation")),
    Challenge: join("", [verdict]),
  };
}
