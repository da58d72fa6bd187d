import {
  DescribeProcessingJobCommand,
  DescribeTrainingJobCommand,
  DescribeTransformJobCommand,
  type SageMakerClient,
} from "@aws-sdk/client-sagemaker";

import type { LogJob } from "./logs";

/** The state of a job, in SageMaker's words. */
export async function jobStatus(client: SageMakerClient, { kind, name }: LogJob): Promise<string> {
  switch (kind) {
    case "processing": {
      const command = new DescribeProcessingJobCommand({ ProcessingJobName: name });
      return (await client.send(command)).ProcessingJobStatus ?? "";
    }
    case "training": {
      const command = new DescribeTrainingJobCommand({ TrainingJobName: name });
      return (await client.send(command)).TrainingJobStatus ?? "";
    }
    case "transform": {
      const command = new DescribeTransformJobCommand({ TransformJobName: name });
      return (await client.send(command)).TransformJobStatus ?? "";
    }
  }
}
