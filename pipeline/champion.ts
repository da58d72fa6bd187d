import { imageOf } from "./algorithms";
import type { Candidate } from "./candidates";
import type { Preprocess } from "./dataSteps";
import { folderUri, join, type StringExpression, stepProperty } from "./language/expressions";

/** The step that holds the best candidate against the champion, and the document that it writes. */
export const challenge = { step: "ChallengeChampion", file: "Comparison" } as const;

/**
 * What is kept with a model package so that a later candidate can be held against it: what reads its model, and where the
 * names of its features and the rows that it has seen are. And how it became registered itself.
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
