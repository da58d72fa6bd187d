import type { SageMakerClient } from "@aws-sdk/client-sagemaker";

import type { LogJob } from "./logs";
import type { DeployedStep } from "./steps";
import { trialsOf, tuningOf } from "./trials";

/** A job of a step that writes a log. */
export interface StepJob extends LogJob {
  /** Its name, and what sets it apart from the step's other jobs. */
  readonly title: string;
}

/** The jobs of a step that write logs; for a tuning step its trials, the failed ones first. */
export async function jobsOf(
  client: SageMakerClient,
  step: DeployedStep,
): Promise<readonly StepJob[]> {
  const { job, status } = step;
  if (job === undefined) {
    return [];
  }
  if (job.kind !== "tuning") {
    return [{ kind: job.kind, name: job.name, title: `${job.name} (${status})` }];
  }
  const tuning = await tuningOf(client, step);
  const trials = tuning === undefined ? [] : await trialsOf(client, tuning);
  const failedFirst = [
    ...trials.filter((trial) => trial.status === "Failed"),
    ...trials.filter((trial) => trial.status !== "Failed"),
  ];
  return failedFirst.map((trial) => ({
    kind: "training",
    name: trial.trainingJobName,
    title: `${trial.trainingJobName} (trial ${trial.number + 1}, ${trial.status})`,
  }));
}
