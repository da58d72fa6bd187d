import { existing, type PossibleProblem, type ProblemAcrossKeys } from "../config/reader";
import type { Settings } from "./settings";
import { maxWait, waiting } from "./updateDuration";

/** What a serverless endpoint cannot have. Source: SageMaker's guide, "Serverless Inference". */
function serverlessProblems({
  capturePercentage,
  compute,
  monitoring,
  network,
  update,
}: Settings): readonly PossibleProblem[] {
  if (compute.mode !== "serverless") {
    return [];
  }
  return [
    [
      compute.provisionedConcurrency > compute.maxConcurrency,
      "compute",
      `provisionedConcurrency is ${compute.provisionedConcurrency}, but maxConcurrency is only ${compute.maxConcurrency}`,
    ],
    [
      network !== "none",
      "network",
      "must be none if compute is serverless: such an endpoint only runs in SageMaker's own network",
    ],
    [
      capturePercentage > 0,
      "capturePercentage",
      "must be 0 if compute is serverless: such an endpoint cannot capture requests",
    ],
    [
      update.strategy !== "all-at-once",
      "update",
      "strategy must be all-at-once if compute is serverless: there are no instances to replace in steps",
    ],
    [
      monitoring.mode !== "none",
      "monitoring",
      "mode must be none if compute is serverless: monitoring needs captured requests",
    ],
  ];
}

/** What instances cannot do. */
function realTimeProblems(settings: Settings): readonly PossibleProblem[] {
  const { capturePercentage, compute, monitoring, update } = settings;
  if (compute.mode !== "real-time") {
    return [];
  }
  const { instanceType, maxInstances, minInstances } = compute;
  const part = update.strategy === "all-at-once" ? 100 : update.percent;
  return [
    [
      maxInstances < minInstances,
      "compute",
      `maxInstances is ${maxInstances}, but minInstances is ${minInstances}`,
    ],
    [
      Math.floor((minInstances * part) / 100) < 1,
      "update",
      `${part} percent of ${minInstances} instance${minInstances === 1 ? "" : "s"} (compute.minInstances) is not a ` +
        "whole instance: raise either of them, or set strategy to all-at-once",
    ],
    [
      update.strategy !== "all-at-once" && instanceType.startsWith("ml.inf1."),
      "update",
      `strategy must be all-at-once on ${instanceType}: SageMaker does not update such instances in steps`,
    ],
    [
      waiting(update) > maxWait,
      "update",
      `waits ${waiting(update)} seconds in total; at most ${maxWait} are allowed`,
    ],
    [
      monitoring.mode !== "none" && capturePercentage === 0,
      "capturePercentage",
      `must be more than 0 if monitoring is ${monitoring.mode}: it compares the captured requests`,
    ],
    [
      monitoring.mode === "drift" && settings.network === "none",
      "network",
      "must be main-stack if monitoring is drift: its jobs run where those of the main stack do",
    ],
  ];
}

/** Problems with combinations of keys that are each valid. */
export function problemsAcrossKeys(settings: Settings): readonly ProblemAcrossKeys[] {
  return existing([...serverlessProblems(settings), ...realTimeProblems(settings)]);
}
