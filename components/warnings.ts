import type { Candidate } from "../pipeline/candidates";
import { closedServiceWarning } from "./closedServices";
import { supportWarnings } from "./prebuiltImages";

/**
 * What to warn of before a stack is deployed: images that AWS will soon stop patching, and services that take no new
 * customers.
 *
 * @param settings what the stack is configured to do
 * @param now the time, of which the day in UTC counts
 */
export function stackWarnings(
  settings: {
    readonly candidates: readonly Pick<Candidate, "algorithm">[];
    readonly dataQualityBaseline: boolean;
  },
  now: Date,
): readonly string[] {
  const usesXGBoost = settings.candidates.some(({ algorithm }) => algorithm === "xgboost");
  return [
    ...supportWarnings(usesXGBoost ? ["scikitLearn", "xgboost"] : ["scikitLearn"], now),
    ...(settings.dataQualityBaseline
      ? [closedServiceWarning("modelMonitor", "restate:dataQualityBaseline")]
      : []),
  ];
}
