import type { Candidate } from "../pipeline/candidates";
import { type Tracking, usesMlflow } from "../pipeline/tracking";
import { supportWarnings } from "./prebuiltImages";

/** Source: AWS News Blog, "Accelerate AI development using Amazon SageMaker AI with serverless MLflow", December 2025. */
const regionsWithMlflowApps: ReadonlySet<string> = new Set([
  ...["ap-northeast-1", "ap-northeast-2", "ap-south-1", "ap-southeast-1", "ap-southeast-2"],
  ...["ca-central-1", "eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3"],
  ...["sa-east-1", "us-east-1", "us-east-2", "us-west-1", "us-west-2"],
]);

/**
 * A warning that new customers cannot use Model Monitor.
 * Source: SageMaker's guide, "Amazon SageMaker Model Monitor availability change".
 *
 * @param key the key that uses it, with its namespace
 */
export function modelMonitorWarning(key: string): string {
  return (
    `${key} uses SageMaker Model Monitor, which is closed to new customers since 2026-07-30: in an account that did not ` +
    "use it before, its jobs fail"
  );
}

/**
 * Warnings before a deployment: images that AWS will soon stop patching, and services that are closed to new customers,
 * or were not announced for the region.
 *
 * @param now the current time; days are in UTC
 */
export function stackWarnings(
  settings: {
    readonly candidates: readonly Pick<Candidate, "algorithm">[];
    readonly dataQualityBaseline: boolean;
    readonly region: string;
    readonly tracking: Tracking;
  },
  now: Date,
): readonly string[] {
  const usesXGBoost = settings.candidates.some(({ algorithm }) => algorithm === "xgboost");
  return [
    ...supportWarnings(usesXGBoost ? ["scikitLearn", "xgboost"] : ["scikitLearn"], now),
    ...(settings.dataQualityBaseline ? [modelMonitorWarning("restate:dataQualityBaseline")] : []),
    ...(usesMlflow(settings.tracking) && !regionsWithMlflowApps.has(settings.region)
      ? [
          `restate:tracking creates an MLflow app, which AWS did not announce for ${settings.region}: if the region has ` +
            "none, `pulumi up` fails",
        ]
      : []),
  ];
}
