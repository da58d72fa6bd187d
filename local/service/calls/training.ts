import { type Calls, callsBy, certain, objectArn } from "./call";
import { everyJob } from "./everyJob";
import { reads, writes, writing } from "./storage";

const checkpointsInSync = certain(
  'SageMaker guide, "Checkpoints in Amazon SageMaker AI" ("If a checkpoint is deleted in the SageMaker AI ' +
    'container, it will also be deleted in the S3 folder"); aws/sagemaker-xgboost-container, checkpointing.py',
);

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
    callsBy("training")(
      ["s3:DeleteObject"],
      checkpoints.map((one) => objectArn(stack, one)),
      checkpointsInSync,
      { endpoint: "s3" },
    ),
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
