import type { SageMakerClient } from "@aws-sdk/client-sagemaker";

import { asUserError } from "../../errors/userError";
import type { World } from "./world";
import { cloudWatchLogs, JobLog } from "./logs";
import { jobsOf } from "./stepJobs";
import type { DeployedStep } from "./steps";

/** Lines of a log that an error shows. */
const maxLines = 10;

/** The last lines, 10 unless told otherwise, of the log of a step's first failed job; none if it has none, or it cannot be read. */
export async function logEnd(
  client: SageMakerClient,
  world: World,
  step: DeployedStep,
  max = maxLines,
): Promise<readonly string[]> {
  try {
    const [job] = await jobsOf(client, step);
    return job === undefined ? [] : await new JobLog(cloudWatchLogs(world.client), job).end(max);
  } catch (error) {
    const known = asUserError(error);
    if (known === undefined) {
      throw error;
    }
    // The failure is what matters; its log is read by another command, which says what is missing.
    return [];
  }
}
