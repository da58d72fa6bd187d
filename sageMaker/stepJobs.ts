import type { SageMakerClient } from "@aws-sdk/client-sagemaker";

import { asUserError } from "../errors/userError";
import { cloudWatchLogs, JobLog, type LogJob } from "./logs";
import type { ExecutionStep } from "./steps";
import { trialsOf, tuningOf } from "./trials";
import type { World } from "./world";

/** A job of a step that writes a log. */
export interface StepJob extends LogJob {
  /** Its name, and what sets it apart from the step's other jobs. */
  readonly title: string;
}

/** The jobs of a step that write logs; for a tuning step its trials, the failed ones first. */
export async function jobsOf(
  client: SageMakerClient,
  step: ExecutionStep,
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

/** Max lines of a log in an error. */
const maxLines = 10;

/** The last lines (by default 10) of the log of a step's first failed job; empty if there is none or it cannot be read. */
export async function logEnd(
  world: World,
  step: ExecutionStep,
  max = maxLines,
): Promise<readonly string[]> {
  try {
    const [job] = await jobsOf(world.client, step);
    return job === undefined ? [] : await new JobLog(cloudWatchLogs(world.config), job).end(max);
  } catch (error) {
    const known = asUserError(error);
    if (known === undefined) {
      throw error;
    }
    // The failure matters more than its log; `logs` reports why it cannot be read.
    return [];
  }
}
