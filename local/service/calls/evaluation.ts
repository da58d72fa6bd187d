import type { Calls } from "./call";
import { everyJob } from "./everyJob";
import { reads, writes, writing } from "./storage";

/** The job that evaluates a model: reads its script, the model or its predictions, and writes the report. */
export const evaluation: Calls = (stack, job) => {
  const { candidate, execution, name, named } = job;
  const folder = `executions/${execution}`;
  return [
    ...everyJob(stack, "evaluation", "ProcessingJobs", job),
    ...reads(
      stack,
      "evaluation",
      named?.reads ?? [
        "pipeline/0123456789abcdef/evaluate.py",
        `models/${candidate}/${name}/output/model.tar.gz`,
        `${folder}/test/test.csv`,
        // What intervals of predictions are learnt from, if there are any.
        `${folder}/validation/validation.csv`,
        `${folder}/predictions/${candidate}/test.csv.out`,
        // The sources of a model's drift reference, if configured.
        "pipeline/0123456789abcdef/drift_reference.py",
        `${folder}/train/train.csv`,
        `${folder}/metadata/feature_names.json`,
      ],
    ),
    ...writes(
      stack,
      "evaluation",
      named?.writes ??
        ["evaluation.json", "drift_reference.json"].map(
          (file) => `${folder}/evaluation/${candidate}/${file}`,
        ),
      writing(named),
    ),
  ];
};
