import type { TuningStep } from "../../pipeline/language/definition";
import type { PlacedStep } from "../../pipeline/language/graph";

/** The tuning steps of a definition. */
export function tuningSteps(steps: readonly PlacedStep[]): readonly TuningStep[] {
  return steps.flatMap(({ step }) => (step.Type === "Tuning" ? [step] : []));
}

/**
 * The name of a tuning step's candidate: the step's DisplayName if it is unique, otherwise its Name.
 *
 * @param tunings all tuning steps of the definition
 */
export function candidateName(
  { DisplayName: displayed, Name: name }: TuningStep,
  tunings: readonly TuningStep[],
): string {
  const isOnly = tunings.filter((one) => one.DisplayName === displayed).length === 1;
  return displayed && isOnly ? displayed : name;
}
