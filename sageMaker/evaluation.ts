import { crossValidationFile } from "../pipeline/crossValidationSteps";
import type { ProcessingStep, PropertyFile } from "../pipeline/language/definition";
import { dependencies, type PlacedStep } from "../pipeline/language/graph";

/** A processing step that evaluates a model, and the file that it writes. */
export interface Evaluation {
  readonly step: ProcessingStep;
  readonly file: PropertyFile;
}

/** The processing step that evaluates the model of a tuning, or a transform's predictions by it, and its property file. */
export function evaluationOf(steps: readonly PlacedStep[], tuning: string): Evaluation | undefined {
  const sources = new Set([tuning]);
  for (const source of sources) {
    for (const { step } of steps.filter((one) => dependencies(one).has(source))) {
      const file = step.Type === "Processing" ? step.PropertyFiles?.[0] : undefined;
      if (step.Type === "Processing" && file !== undefined) {
        return { step, file };
      }
      if (step.Type === "Model" || step.Type === "Transform") {
        sources.add(step.Name);
      }
    }
  }
  return undefined;
}

/** The processing step that cross-validates the result of a tuning, and its property file. */
export function crossValidationOf(
  steps: readonly PlacedStep[],
  tuning: string,
): Evaluation | undefined {
  for (const placed of steps) {
    const { step } = placed;
    const file = step.Type === "Processing" ? step.PropertyFiles?.[0] : undefined;
    if (
      step.Type === "Processing" &&
      file?.PropertyFileName === crossValidationFile &&
      dependencies(placed).has(tuning)
    ) {
      return { step, file };
    }
  }
  return undefined;
}
