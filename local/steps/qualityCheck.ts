import type { JsonObject } from "../../pipeline/expressions";
import { isObject, objects, text } from "../../pipeline/walk";
import type { Execution } from "../execution";
import { runProcessing } from "./processing";

/**
 * Runs a QualityCheck step that makes a baseline: a processing job, and the places of what it wrote.
 *
 * @param args its arguments, without expressions
 * @returns the job's description, with the properties that QualityCheck steps have
 * @throws StepFailure where the job fails
 */
export async function runQualityCheck(
  execution: Execution,
  step: string,
  args: JsonObject,
): Promise<JsonObject> {
  const described = await runProcessing(execution, step, args);
  const config = args["ProcessingOutputConfig"];
  const [output] = objects(isObject(config) ? config["Outputs"] : undefined);
  const s3Output = output?.["S3Output"];
  const uri = text(isObject(s3Output) ? s3Output["S3Uri"] : undefined).replace(/\/$/, "");
  const documents = {
    Statistics: `${uri}/statistics.json`,
    Constraints: `${uri}/constraints.json`,
  };
  return {
    ...described,
    CalculatedBaselineStatistics: documents.Statistics,
    CalculatedBaselineConstraints: documents.Constraints,
    BaselineUsedForDriftCheckStatistics: documents.Statistics,
    BaselineUsedForDriftCheckConstraints: documents.Constraints,
  };
}
