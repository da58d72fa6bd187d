import type { Expression } from "../expressions";
import type { Step } from "./step";

/** Builds a Fail step, which ends the execution as failed. */
export function failStep(name: string, errorMessage: Expression): Step {
  return { Name: name, Type: "Fail", Arguments: { ErrorMessage: errorMessage } };
}
