import type { Calls } from "./call";
import { everyJob } from "./everyJob";
import { reads, writes } from "./storage";

/** The job that makes the baseline of the training data. */
export const qualityCheck: Calls = (stack, { execution }) => [
  ...everyJob(stack, "evaluation", "ProcessingJobs"),
  ...reads(stack, "evaluation", [`executions/${execution}/train/train.csv`]),
  ...writes(
    stack,
    "evaluation",
    ["statistics.json", "constraints.json"].map(
      (file) => `executions/${execution}/baseline/${file}`,
    ),
  ),
];
