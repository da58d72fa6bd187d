import type { TuningStep } from "../../pipeline/language/definition";
import type { PlacedStep } from "../../pipeline/language/graph";

/** The tuning steps of a definition. */
export function tuningSteps(steps: readonly PlacedStep[]): readonly TuningStep[] {
  return steps.flatMap(({ step }) => (step.Type === "Tuning" ? [step] : []));
}

/**
 * What the candidate of a tuning step is called: the step's DisplayName, where no other tuning step has the
 * same, else its Name.
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
