import type { Expression, JsonObject } from "../expressions";
import type { Step } from "./step";

/** The comparisons that this project's conditions make. */
export type Comparison = "Equals" | "GreaterThan" | "GreaterThanOrEqualTo" | "LessThan";

/** Compares two values. */
export function compare(left: Expression, comparison: Comparison, right: Expression): JsonObject {
  return { Type: comparison, LeftValue: left, RightValue: right };
}

/** Builds a Condition step that runs steps where all conditions hold, and else nothing. */
export function conditionStep(
  name: string,
  conditions: readonly JsonObject[],
  ifSteps: readonly Step[],
): Step {
  return {
    Name: name,
    Type: "Condition",
    Arguments: { Conditions: conditions, IfSteps: ifSteps, ElseSteps: [] },
  };
}
