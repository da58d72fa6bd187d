import { asUserError } from "../../errors/userError";
import type { World } from "./world";
import { cloudWatchLogs, JobLog } from "./logs";
import { jobsOf } from "./stepJobs";
import type { DeployedStep } from "./steps";

/** Max lines of a log in an error. */
const maxLines = 10;

/** The last lines (by default 10) of the log of a step's first failed job; empty if there is none or it cannot be read. */
export async function logEnd(
  world: World,
  step: DeployedStep,
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
