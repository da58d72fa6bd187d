import type { Calls } from "./call";
import { everyJob } from "./everyJob";
import { reads, writes, writing } from "./storage";

/** The job that creates the baseline of the training data. */
export const qualityCheck: Calls = (stack, job) => {
  const { execution, named } = job;
  return [
    ...everyJob(stack, "evaluation", "ProcessingJobs", job),
    ...reads(stack, "evaluation", named?.reads ?? [`executions/${execution}/train/train.csv`]),
    ...writes(
      stack,
      "evaluation",
      named?.writes ??
        ["statistics.json", "constraints.json"].map(
          (file) => `executions/${execution}/baseline/${file}`,
        ),
      writing(named),
    ),
  ];
};
