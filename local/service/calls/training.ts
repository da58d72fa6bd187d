import { type Calls, type Evidence, objectArn } from "./call";
import { everyJob } from "./everyJob";
import { reads, writes, writing } from "./storage";

const checkpointsInSync: Evidence = {
  source:
    'SageMaker guide, "Checkpoints in Amazon SageMaker AI" ("If a checkpoint is deleted in the SageMaker AI ' +
    'container, it will also be deleted in the S3 folder"); aws/sagemaker-xgboost-container, checkpointing.py',
  certainty: "certain",
};

/** A training job of a tuning: reads its channels and checkpoints, and writes checkpoints and the model. */
export const training: Calls = (stack, job) => {
  const { candidate, execution, name, named } = job;
  const access = { ...writing(named), evidence: checkpointsInSync };
  const { checkpoints = [] } = named ?? {
    checkpoints: [`checkpoints/${candidate}/xgboost-checkpoint.10`],
  };
  return [
    ...everyJob(stack, "training", "TrainingJobs", job),
    ...reads(
      stack,
      "training",
      named?.reads ??
        ["train/train.csv", "validation/validation.csv", "metadata/features.json"].map(
          (file) => `executions/${execution}/${file}`,
        ),
    ),
    ...reads(stack, "training", checkpoints, access),
    ...writes(stack, "training", checkpoints, access),
    {
      actor: "training",
      actions: ["s3:DeleteObject"],
      resources: checkpoints.map((one) => objectArn(stack, one)),
      endpoint: "s3",
      evidence: checkpointsInSync,
    },
    ...writes(
      stack,
      "training",
      ["model.tar.gz", "output.tar.gz"].map(
        (file) => `${named?.writes[0] ?? `models/${candidate}`}/${name}/output/${file}`,
      ),
      writing(named),
    ),
    ...(named?.reports ?? []).flatMap((report) =>
      writes(stack, "training", [report], { outputKey: null }),
    ),
  ];
};
