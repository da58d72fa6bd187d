import { type PlacedStep, text } from "../../pipeline/walk";

/**
 * What the candidate of a tuning step is called: the step's DisplayName, where no other tuning step has the
 * same, else its Name.
 *
 * @param steps all steps of the definition
 */
export function candidateName({ name, step }: PlacedStep, steps: readonly PlacedStep[]): string {
  const displayed = text(step["DisplayName"]);
  const same = steps.filter(
    (one) => one.type === "Tuning" && text(one.step["DisplayName"]) === displayed,
  );
  return displayed !== "" && same.length === 1 ? displayed : name;
}
