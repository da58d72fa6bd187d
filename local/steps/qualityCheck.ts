import type { JsonObject } from "../../pipeline/expressions";
import { isObject, objects, text } from "../../pipeline/walk";
import type { JobKind } from "./jobStep";
import { processing } from "./processing";

/** The documents of a baseline, by the properties of QualityCheck steps. */
function baseline(args: JsonObject): JsonObject {
  const config = args["ProcessingOutputConfig"];
  const [output] = objects(isObject(config) ? config["Outputs"] : undefined);
  const s3Output = output?.["S3Output"];
  const uri = text(isObject(s3Output) ? s3Output["S3Uri"] : undefined).replace(/\/$/, "");
  const documents = {
    Statistics: `${uri}/statistics.json`,
    Constraints: `${uri}/constraints.json`,
  };
  return {
    CalculatedBaselineStatistics: documents.Statistics,
    CalculatedBaselineConstraints: documents.Constraints,
    BaselineUsedForDriftCheckStatistics: documents.Statistics,
    BaselineUsedForDriftCheckConstraints: documents.Constraints,
  };
}

/** Quality checks that make a baseline: processing jobs, and the places of what they write. */
export const qualityCheck: JobKind = {
  ...processing,
  describe: (args, { facts }) => ({ ...args, ...facts, ...baseline(args) }),
};
