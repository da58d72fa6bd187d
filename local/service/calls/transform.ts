import type { Calls } from "./call";
import { everyJob } from "./everyJob";
import { reads, writes, writing } from "./storage";

/** A batch transform with the model of a custom image; all of it uses the model's role. */
export const transform: Calls = (stack, job) => {
  const { candidate, execution, name, named } = job;
  return [
    ...everyJob(stack, "evaluation", "TransformJobs", job),
    ...reads(
      stack,
      "evaluation",
      named?.reads ?? [
        `models/${candidate}/${name}/output/model.tar.gz`,
        `executions/${execution}/test/test.csv`,
      ],
    ),
    ...writes(
      stack,
      "evaluation",
      named?.writes ?? [`executions/${execution}/predictions/${candidate}/test.csv.out`],
      writing(named),
    ),
  ];
};
