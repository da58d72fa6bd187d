import { deepEqual, equal } from "node:assert/strict";

import type { PipelineDefinition } from "../../pipeline/language/definition";
import type { JsonObject } from "../../pipeline/language/json";
import { at, program, xgboostNamed } from "../support/definitions";

describe("a tuning step of the definition", () => {
  let definition: PipelineDefinition;

  before(async () => {
    ({ definition } = await program());
  });

  const tuningOf = async (change: JsonObject): Promise<unknown> => {
    const { definition: changed } = await program({
      candidates: [{ ...xgboostNamed("X"), ...change }],
    });
    return at(changed, "Steps", "TuneX", "Arguments");
  };

  it("tunes every candidate on the root of the mean squared error", () => {
    for (const name of ["TuneDecisionTree", "TuneXGBoost"]) {
      deepEqual(
        at(
          definition,
          ...["Steps", name, "Arguments", "HyperParameterTuningJobConfig"],
          "HyperParameterTuningJobObjective",
        ),
        { Type: "Minimize", MetricName: "validation:rmse" },
      );
    }
  });

  it("only sets metric definitions for the custom image: SageMaker refuses them for its own", () => {
    const metrics = (step: string): unknown =>
      at(
        definition,
        ...["Steps", step, "Arguments", "TrainingJobDefinition"],
        ...["AlgorithmSpecification", "MetricDefinitions"],
      );
    equal(metrics("TuneXGBoost"), undefined);
    deepEqual(
      (metrics("TuneDecisionTree") as { Name: string }[]).map(({ Name }) => Name).sort(),
      ["train", "validation"].flatMap((data) =>
        ["mae", "mse", "r2", "rmse"].map((name) => `${data}:${name}`),
      ),
    );
  });

  it("lets XGBoost save its model after each round only if trials may be stopped", async () => {
    const saved = async (change: JsonObject): Promise<unknown> =>
      at(
        await tuningOf(change),
        ...["TrainingJobDefinition", "StaticHyperParameters", "save_model_on_termination"],
      );
    equal(await saved({}), undefined);
    equal(await saved({ spotMaxWaitTimeInSeconds: 7200 }), undefined);
    equal(await saved({ earlyStopping: true }), "true");
    equal(await saved({ completionCriteria: { targetObjectiveValue: 1 } }), "true");
    equal(await saved({ maxTuningRuntimeInSeconds: 600 }), "true");
    const hyperband = { strategy: "Hyperband", hyperband: { minResource: 1, maxResource: 9 } };
    equal(await saved(hyperband), "true");
    const hyperparameters = { num_round: 9, save_model_on_termination: "false" };
    equal(await saved({ ...hyperband, hyperparameters }), "false");
  });

  it("has the completion criteria and limits of a candidate, if configured", async () => {
    const config = "HyperParameterTuningJobConfig";
    const ends = async (change: JsonObject): Promise<readonly unknown[]> => {
      const tuning = await tuningOf(change);
      return [
        at(tuning, config, "TuningJobCompletionCriteria"),
        at(tuning, config, "ResourceLimits"),
        at(tuning, "TrainingJobDefinition", "RetryStrategy"),
      ];
    };
    const limits = { MaxNumberOfTrainingJobs: 8, MaxParallelTrainingJobs: 2 };
    deepEqual(await ends({}), [undefined, limits, undefined]);
    deepEqual(await ends({ completionCriteria: { maxJobsNotImproving: 5 } }), [
      { BestObjectiveNotImproving: { MaxNumberOfTrainingJobsNotImproving: 5 } },
      limits,
      undefined,
    ]);
    deepEqual(
      await ends({
        completionCriteria: { targetObjectiveValue: 0, completeOnConvergence: true },
        maxTuningRuntimeInSeconds: 600,
        maxRetryAttempts: 2,
      }),
      [
        {
          TargetObjectiveMetricValue: 0,
          ConvergenceDetected: { CompleteOnConvergence: "Enabled" },
        },
        { ...limits, MaxRuntimeInSeconds: 600 },
        { MaximumRetryAttempts: 2 },
      ],
    );
  });

  it("starts tuning from other tuning jobs, with a parameter for each, if configured", async () => {
    equal(at(await tuningOf({}), "WarmStartConfig"), undefined);
    const warmStart = { parents: ["a-Tune", "b-Tune"] };
    const parent = (number: number) => `XParentTuningJob${number}`;
    const names = [1, 2].map((number) => ({
      HyperParameterTuningJobName: { Get: `Parameters.${parent(number)}` },
    }));
    deepEqual(at(await tuningOf({ warmStart }), "WarmStartConfig"), {
      ParentHyperParameterTuningJobs: names,
      WarmStartType: "TransferLearning",
    });
  });

  it("has no parameter for training instances if each candidate sets its own", async () => {
    const names = async (change: JsonObject): Promise<unknown> => {
      const { definition: changed } = await program({
        candidates: [{ ...xgboostNamed("X"), ...change }],
      });
      return changed.Parameters?.map(({ Name }) => Name);
    };
    const all = ["ProcessingInstanceType", "ProcessingInstanceCount", "TrainingInstanceType"];
    const rest = ["ModelApprovalStatus", "MinimumR2"];
    deepEqual(await names({}), [...all, ...rest]);
    deepEqual(await names({ instanceType: "ml.m5.xlarge" }), [...all.slice(0, 2), ...rest]);
    // Its batch transform takes the parameter.
    const image = "111122223333.dkr.ecr.us-east-1.amazonaws.com/own:1";
    const algorithm = { image, metrics: { "validation:rmse": "rmse=(.*)" } };
    deepEqual(await names({ instanceType: "ml.m5.xlarge", algorithm }), [...all, ...rest]);
  });

  it("sets a key for volumes, but not on instances with local disks", async () => {
    const resources = async (instanceType: string): Promise<unknown> =>
      at(
        await tuningOf({ instanceType }),
        ...["TrainingJobDefinition", "HyperParameterTuningResourceConfig"],
      );
    const common = { InstanceCount: 1, VolumeSizeInGB: 30 };
    deepEqual(await resources("ml.g5.xlarge"), { ...common, InstanceType: "ml.g5.xlarge" });
    deepEqual(await resources("ml.c5.xlarge"), {
      ...common,
      InstanceType: "ml.c5.xlarge",
      VolumeKmsKeyId: "arn:aws:kms:us-east-1:111122223333:key/data-key",
    });
  });

  it("keeps the checkpoints of each candidate and execution apart", async () => {
    deepEqual(
      at(
        await tuningOf({ spotMaxWaitTimeInSeconds: 7200 }),
        ...["TrainingJobDefinition", "CheckpointConfig"],
      ),
      {
        S3Uri: {
          "Std:Join": {
            On: "/",
            Values: [
              "s3://sagemaker-restate-test-111122223333/checkpoints/X",
              { Get: "Execution.PipelineExecutionId" },
              "",
            ],
          },
        },
      },
    );
  });
});
