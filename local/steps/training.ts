import type { Json, JsonObject } from "../../pipeline/expressions";
import { object, text } from "../../pipeline/walk";
import { StepFailure } from "../execution";
import { trainingKeys } from "../caching/stepKey";
import { jobName } from "./jobNames";
import type { JobKind } from "./jobStep";
import { artifactUri, runTrainingJob } from "./trainingJob";

function hyperparametersOf(args: JsonObject): Readonly<Record<string, string>> {
  const given = object(args["HyperParameters"]);
  return given as Readonly<Record<string, string>>;
}

/** Training jobs. Their properties have the model artifact and the metrics' last values. */
export const training: JobKind = {
  key: async (execution, args) => {
    const keys = await trainingKeys(execution, args);
    return keys?.(hyperparametersOf(args));
  },
  run: async (execution, step, args, { number }) => {
    const name = jobName(execution.id, step, number);
    const result = await runTrainingJob(execution, {
      name,
      definition: args,
      hyperparameters: hyperparametersOf(args),
    });
    if (result.status === "Failed") {
      throw new StepFailure(step, result.failureReason ?? "", result.log, result.fault);
    }
    const metrics = Object.entries(result.metrics).map(([MetricName, Value]): Json => ({
      MetricName,
      Value,
    }));
    return {
      facts: {
        // The model artifact lies at the name.
        TrainingJobName: name,
        FinalMetricDataList: metrics,
      },
    };
  },
  outputs: (args, { facts }) => ({
    model: artifactUri(args, text(facts["TrainingJobName"])),
  }),
  describe: (args, { facts }) => ({
    ...args,
    ...facts,
    ModelArtifacts: { S3ModelArtifacts: artifactUri(args, text(facts["TrainingJobName"])) },
  }),
};
