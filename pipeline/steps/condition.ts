import type { Comparison, ConditionStep, Step } from "../language/definition";
import type { Expression } from "../language/expressions";

/** Compares two values. */
export function compare(
  left: Expression,
  comparison: Comparison["Type"],
  right: Expression,
): Comparison {
  return { Type: comparison, LeftValue: left, RightValue: right };
}

/** Builds a Condition step that runs steps where all conditions hold, and else nothing. */
export function conditionStep(
  name: string,
  conditions: readonly Comparison[],
  ifSteps: readonly Step[],
): ConditionStep {
  return {
    Name: name,
    Type: "Condition",
    Arguments: { Conditions: conditions, IfSteps: ifSteps, ElseSteps: [] },
  };
}
