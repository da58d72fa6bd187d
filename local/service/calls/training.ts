import { bucketArn, type Calls, type Evidence } from "./call";
import { everyJob } from "./everyJob";
import { reads, writes } from "./storage";

const checkpointsInSync: Evidence = {
  source:
    'SageMaker guide, "Checkpoints in Amazon SageMaker AI" ("If a checkpoint is deleted in the SageMaker AI ' +
    'container, it will also be deleted in the S3 folder"); aws/sagemaker-xgboost-container, checkpointing.py',
  certainty: "certain",
};

/** A training job, which tuning starts: reads its channels and checkpoints, and writes checkpoints and the model. */
export const training: Calls = (stack, { candidate, execution, name }) => {
  const checkpoint = `checkpoints/${candidate}/xgboost-checkpoint.10`;
  return [
    ...everyJob(stack, "training", "TrainingJobs"),
    ...reads(
      stack,
      "training",
      ["train/train.csv", "validation/validation.csv", "metadata/features.json"].map(
        (file) => `executions/${execution}/${file}`,
      ),
    ),
    ...reads(stack, "training", [checkpoint], { evidence: checkpointsInSync }),
    ...writes(stack, "training", [checkpoint], { evidence: checkpointsInSync }),
    {
      actor: "training",
      actions: ["s3:DeleteObject"],
      resources: [bucketArn(stack, checkpoint)],
      endpoint: "s3",
      evidence: checkpointsInSync,
    },
    ...writes(
      stack,
      "training",
      ["model.tar.gz", "output.tar.gz"].map((file) => `models/${candidate}/${name}/output/${file}`),
    ),
  ];
};
