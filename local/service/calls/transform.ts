import type { Calls } from "./call";
import { everyJob } from "./everyJob";
import { reads, writes } from "./storage";

/** A batch transform by the model of a custom image: the model's role is the one that all of it is done with. */
export const transform: Calls = (stack, { candidate, execution, name }) => [
  ...everyJob(stack, "evaluation", "TransformJobs"),
  ...reads(stack, "evaluation", [
    `models/${candidate}/${name}/output/model.tar.gz`,
    `executions/${execution}/test/test.csv`,
  ]),
  ...writes(stack, "evaluation", [`executions/${execution}/predictions/${candidate}/test.csv.out`]),
];
