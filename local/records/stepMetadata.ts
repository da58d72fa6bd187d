import type { Properties } from "../execution/execution";
import { jobArn, nameOf } from "../execution/steps/jobProperties";
import type { StepDocument } from "./executionDocument";

/**
 * The Metadata of a step in ListPipelineExecutionSteps.
 * @param properties the properties that `Steps.NAME` refers to
 */
export function stepMetadata(
  type: string,
  arnPrefix: string,
  properties: Properties | undefined,
  failureReason: string | undefined,
): StepDocument["Metadata"] {
  const name = nameOf(type, properties);
  const Arn = name === undefined ? undefined : jobArn(arnPrefix, type, name);
  const own = properties ?? {};
  const value = (key: string): string | undefined =>
    typeof own[key] === "string" ? own[key] : undefined;
  switch (type) {
    case "Condition": {
      const outcome = value("Outcome");
      return outcome === undefined
        ? undefined
        : { Condition: { Outcome: outcome === "True" ? "True" : "False" } };
    }
    case "Fail":
      return failureReason === undefined
        ? undefined
        : { Fail: { ErrorMessage: failureReason.slice(0, 3072) } };
    case "Model":
      return { Model: { Arn: value("ModelArn") } };
    case "RegisterModel":
      return { RegisterModel: { Arn: value("ModelPackageArn") } };
    case "Processing":
    case "Training":
    case "Transform":
    case "Tuning":
      return Arn === undefined ? undefined : { [`${type}Job`]: { Arn } };
    case "QualityCheck":
      return Arn === undefined
        ? undefined
        : {
            QualityCheck: {
              CheckJobArn: Arn,
              CalculatedBaselineStatistics: value("CalculatedBaselineStatistics"),
              CalculatedBaselineConstraints: value("CalculatedBaselineConstraints"),
              BaselineUsedForDriftCheckStatistics: value("BaselineUsedForDriftCheckStatistics"),
              BaselineUsedForDriftCheckConstraints: value("BaselineUsedForDriftCheckConstraints"),
            },
          };
    default:
      return undefined;
  }
}
