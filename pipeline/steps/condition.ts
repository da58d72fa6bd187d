import type { Comparison, Condition, ConditionStep, FailStep, Step } from "../language/definition";
import type { Expression } from "../language/expressions";

/** Compares two values. */
export function compare(
  left: Expression,
  comparison: Comparison["Type"],
  right: Expression,
): Comparison {
  return { Type: comparison, LeftValue: left, RightValue: right };
}

/** Holds where one of some conditions does, which the SageMaker Python SDK calls ConditionOr. */
export function anyOf(...conditions: readonly Condition[]): Condition {
  return { Type: "Or", Conditions: conditions };
}

/** Builds a Fail step, which ends the execution as failed. */
export function failStep(name: string, errorMessage: Expression): FailStep {
  return { Name: name, Type: "Fail", Arguments: { ErrorMessage: errorMessage } };
}

/** Builds a Condition step that runs steps if all conditions hold. */
export function conditionStep(
  name: string,
  conditions: readonly Condition[],
  ifSteps: readonly Step[],
): ConditionStep {
  return {
    Name: name,
    Type: "Condition",
    Arguments: { Conditions: conditions, IfSteps: ifSteps, ElseSteps: [] },
  };
}
