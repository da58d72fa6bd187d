import type { FailStep } from "../language/definition";
import type { Expression } from "../language/expressions";

/** Builds a Fail step, which ends the execution as failed. */
export function failStep(name: string, errorMessage: Expression): FailStep {
  return { Name: name, Type: "Fail", Arguments: { ErrorMessage: errorMessage } };
}
