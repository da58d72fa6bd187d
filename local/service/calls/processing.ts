import type { Calls } from "./call";
import { everyJob } from "./everyJob";
import { reads, writes, writing } from "./storage";

/** The job that splits the rows: reads its script and what Data Wrangler wrote, and writes the parts. */
export const processing: Calls = (stack, job) => {
  const { execution, name, named } = job;
  const folder = `executions/${execution}`;
  return [
    ...everyJob(stack, "processing", "ProcessingJobs", job),
    ...reads(
      stack,
      "processing",
      named?.reads ?? [
        "pipeline/0123456789abcdef/preprocess.py",
        "pipeline/0123456789abcdef/data_report.py",
        `${folder}/data-wrangler/${name}/node/default/part-00000.csv`,
      ],
    ),
    ...writes(
      stack,
      "processing",
      named?.writes ?? [
        ...[
          "train/train.csv",
          "validation/validation.csv",
          "test/test.csv",
          "metadata/feature_names.json",
          "metadata/data_report.json",
        ].map((file) => `${folder}/${file}`),
        ...(stack.servesRawRows ? [`models/row-encoders/${execution}/model.tar.gz`] : []),
      ],
      writing(named),
    ),
  ];
};
