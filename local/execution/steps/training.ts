import type { TrainingRequest } from "../../../pipeline/language/evaluate";
import { trainingKeys } from "../../caching/stepKey";
import { StepFailure } from "../execution";
import { jobName } from "./jobNames";
import { trainingTimes } from "./jobProperties";
import type { JobKind, JobOutcome } from "./jobStep";
import { artifactUri, outputUri, runTrainingJob } from "./trainingJob";

/** S3 URI of the model artifact of a job that has ended, which contains the job's name. */
function modelOf(request: TrainingRequest, { facts }: JobOutcome): string {
  return artifactUri(request, String(facts["TrainingJobName"]));
}

/** Training jobs. Their properties have the model artifact and the metrics' last values. */
export const training: JobKind<TrainingRequest> = {
  key: async (execution, request) => {
    const keys = await trainingKeys(execution, request, request.HyperParameters);
    return keys?.(request.HyperParameters ?? {});
  },
  run: async (execution, step, request, { number }) => {
    const name = jobName(execution.id, step, number);
    const result = await runTrainingJob(execution, {
      name,
      definition: request,
      hyperparameters: request.HyperParameters ?? {},
    });
    if (result.status === "Failed") {
      throw new StepFailure(step, result.failureReason ?? "", result.log, result.fault);
    }
    const metrics = Object.entries(result.metrics).map(([MetricName, Value]) => ({
      MetricName,
      Value,
    }));
    const times = trainingTimes(result.seconds);
    return { facts: { TrainingJobName: name, FinalMetricDataList: metrics, ...times } };
  },
  outputs: (request, outcome) => ({
    model: modelOf(request, outcome),
    output: outputUri(modelOf(request, outcome)),
  }),
  describe: (request, outcome) => ({
    ...request,
    ...outcome.facts,
    ModelArtifacts: { S3ModelArtifacts: modelOf(request, outcome) },
  }),
};
