import type { ProcessingRequest } from "../../../pipeline/language/evaluate";
import type { Properties } from "../execution";
import type { JobKind } from "./jobStep";
import { processing } from "./processing";

/** The documents of a baseline, by the properties of QualityCheck steps. */
function baseline({ ProcessingOutputConfig: config }: ProcessingRequest): Properties {
  const uri = (config?.Outputs?.[0]?.S3Output?.S3Uri ?? "").replace(/\/$/, "");
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

/** Quality checks that create a baseline: processing jobs, with the locations of their documents. */
export const qualityCheck: JobKind<ProcessingRequest> = {
  ...processing,
  describe: (request, { facts }) => ({ ...request, ...facts, ...baseline(request) }),
};
