import type { Candidate } from "../pipeline/candidates";
import { closedServiceWarning } from "./closedServices";
import { supportWarnings } from "./prebuiltImages";

/**
 * Warnings before a deployment: images that AWS will soon stop patching, and services that are closed to new customers.
 *
 * @param now the current time; days are in UTC
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
