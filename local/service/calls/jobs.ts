import type { Actor, Call, Calls, Job, Named, Stack } from "./call";
import { everyJob } from "./everyJob";
import { reads, writes, writing } from "./storage";

/**
 * A job that reads and writes the objects in its request.
 * @param own what the job of the stack's own pipeline reads and writes
 */
export function jobWith(
  stack: Stack,
  actor: Actor,
  group: "ProcessingJobs" | "TransformJobs",
  job: Job,
  own: Pick<Named, "reads" | "writes">,
): readonly Call[] {
  const { named } = job;
  return [
    ...everyJob(stack, actor, group, job),
    ...reads(stack, actor, (named ?? own).reads),
    ...writes(stack, actor, (named ?? own).writes, writing(named)),
  ];
}

/** The job that splits the rows: reads its script and what Data Wrangler wrote, and writes the parts. */
export const processing: Calls = (stack, job) => {
  const folder = `executions/${job.execution}`;
  return jobWith(stack, "processing", "ProcessingJobs", job, {
    reads: [
      "pipeline/0123456789abcdef/preprocess.py",
      "pipeline/0123456789abcdef/data_report.py",
      `${folder}/data-wrangler/${job.name}/node/default/part-00000.csv`,
    ],
    writes: [
      `${folder}/train/train.csv`,
      `${folder}/validation/validation.csv`,
      `${folder}/test/test.csv`,
      `${folder}/metadata/feature_names.json`,
      `${folder}/metadata/data_report.json`,
      ...(stack.servesRawRows ? [`models/row-encoders/${job.execution}/model.tar.gz`] : []),
    ],
  });
};

/** The job that evaluates a model: reads its script, the model or its predictions, and writes the report. */
export const evaluation: Calls = (stack, job) => {
  const { candidate, execution, name } = job;
  const folder = `executions/${execution}`;
  return jobWith(stack, "evaluation", "ProcessingJobs", job, {
    reads: [
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
    writes: [
      `${folder}/evaluation/${candidate}/evaluation.json`,
      `${folder}/evaluation/${candidate}/drift_reference.json`,
    ],
  });
};

/** The job that creates the baseline of the training data. */
export const qualityCheck: Calls = (stack, job) => {
  const folder = `executions/${job.execution}`;
  return jobWith(stack, "evaluation", "ProcessingJobs", job, {
    reads: [`${folder}/train/train.csv`],
    writes: [`${folder}/baseline/statistics.json`, `${folder}/baseline/constraints.json`],
  });
};

/** A batch transform with the model of a custom image; all of it uses the model's role. */
export const transform: Calls = (stack, job) => {
  const { candidate, execution, name } = job;
  return jobWith(stack, "evaluation", "TransformJobs", job, {
    reads: [
      `models/${candidate}/${name}/output/model.tar.gz`,
      `executions/${execution}/test/test.csv`,
    ],
    writes: [`executions/${execution}/predictions/${candidate}/test.csv.out`],
  });
};
