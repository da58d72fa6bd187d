import { deepEqual, equal, match, notEqual } from "node:assert/strict";

import { evaluateProgram } from "../../offline/program";
import { evaluate, holds, type Scope } from "../../pipeline/language/evaluate";
import { algorithms } from "../../pipeline/algorithms";
import { defaultCandidates } from "../../pipeline/candidates";
import { check } from "../../pipeline/language/check";
import { californiaHousing } from "../../pipeline/californiaHousing";
import type { PipelineDefinition } from "../../pipeline/language/definition";
import type { Json, JsonObject } from "../../pipeline/language/json";
import { canonicalJson } from "../../pipeline/language/canonicalJson";
import { allSteps, dependencies } from "../../pipeline/language/graph";
import { at, program } from "../support/definitions";

/** Names of the steps that a definition runs for given scores, by its own conditions. */
function selected(
  definition: PipelineDefinition,
  scores: Readonly<Record<string, number>>,
  minimum: number,
) {
  const scope: Scope = {
    parameters: new Map<string, Json>([["MinimumR2", minimum]]),
    execution: new Map(),
    steps: new Map(),
    document: () => null,
    propertyFile: (step) => ({
      regression_metrics: { r2: { value: scores[step.replace("Evaluate", "")] ?? null } },
    }),
  };
  return definition.Steps.flatMap((step) => (step.Type === "Condition" ? [step.Arguments] : []))
    .filter(({ Conditions: conditions }) => conditions.every((one) => holds(one, scope)))
    .flatMap(({ IfSteps: steps }) => steps ?? [])
    .map((step) =>
      step.Type === "Fail"
        ? `${step.Name}: ${String(evaluate(step.Arguments, scope).ErrorMessage)}`
        : step.Name,
    );
}

const candidate = (name: string): JsonObject => ({
  ...(defaultCandidates[1] as JsonObject),
  name,
});

describe("pipelineDefinition", () => {
  let definition: PipelineDefinition;

  before(async () => {
    ({ definition } = await program());
  });

  it("has all steps, each after those that it depends on", () => {
    const graph = Object.fromEntries(
      allSteps(definition).map((placed) => [placed.step.Name, [...dependencies(placed)].sort()]),
    );
    deepEqual(graph, {
      DataWranglerProcess: [],
      Preprocess: ["DataWranglerProcess"],
      TuneDecisionTree: ["Preprocess"],
      TuneXGBoost: ["Preprocess"],
      EvaluateDecisionTree: ["Preprocess", "TuneDecisionTree"],
      EvaluateXGBoost: ["Preprocess", "TuneXGBoost"],
      SelectDecisionTree: ["EvaluateDecisionTree", "EvaluateXGBoost"],
      RegisterDecisionTree: ["EvaluateDecisionTree", "SelectDecisionTree", "TuneDecisionTree"],
      SelectXGBoost: ["EvaluateDecisionTree", "EvaluateXGBoost"],
      RegisterXGBoost: ["EvaluateXGBoost", "SelectXGBoost", "TuneXGBoost"],
      CheckMinimumR2: ["EvaluateDecisionTree", "EvaluateXGBoost"],
      FailBelowMinimumR2: ["CheckMinimumR2", "EvaluateDecisionTree", "EvaluateXGBoost"],
    });
  });

  const tuningOf = async (change: JsonObject): Promise<unknown> => {
    const { definition: changed } = await program({
      candidates: [{ ...candidate("X"), ...change }],
    });
    return at(changed, "Steps", "TuneX", "Arguments");
  };

  const argumentsOf = (of: PipelineDefinition, name: string): JsonObject =>
    (allSteps(of).find(({ step }) => step.Name === name)?.step.Arguments ?? {}) as JsonObject;
  const specification = (of: PipelineDefinition, name: string): JsonObject =>
    argumentsOf(of, name)["InferenceSpecification"] as JsonObject;

  it("registers the encoding container before each model if models accept the table's own rows", async () => {
    const raw = { ...californiaHousing, servedRows: "raw", missingValues: "impute" };
    const { definition: rendered, uploads } = await program({ dataset: raw });
    deepEqual(check(rendered), []);
    const output = {
      Get: "Steps.Preprocess.ProcessingOutputConfig.Outputs['encoder'].S3Output.S3Uri",
    };
    const below = (file: string): JsonObject => ({
      "Std:Join": { On: "/", Values: [output, file] },
    });
    for (const name of ["RegisterDecisionTree", "RegisterXGBoost"]) {
      const [encoder, model, ...others] = specification(rendered, name)[
        "Containers"
      ] as JsonObject[];
      deepEqual(others, []);
      deepEqual([model], specification(definition, name)["Containers"]);
      deepEqual(encoder?.["ModelDataUrl"], below("model.tar.gz"));
      deepEqual(
        encoder["Image"],
        (specification(definition, "RegisterDecisionTree")["Containers"] as JsonObject[])[0]?.[
          "Image"
        ],
      );
      deepEqual(specification(rendered, name)["SupportedContentTypes"], [
        "text/csv",
        "application/json",
        "application/jsonlines",
      ]);
      const metadata = argumentsOf(rendered, name)["CustomerMetadataProperties"] as JsonObject;
      deepEqual(metadata["RowEncoding"], below("encoding.json"));
    }
    const schema = [...uploads.keys()].filter((uri) => uri.endsWith("/row_schema.json"));
    equal(schema.length, 1);
    equal(canonicalJson(rendered).includes("Approximate Median"), false);
    equal(canonicalJson(definition).includes("encoder"), false);
  });

  it("registers models that return intervals with the evaluation's width", async () => {
    const dataset = { ...californiaHousing, predictionIntervals: 0.95 };
    const { definition: rendered } = await program({ dataset });
    deepEqual(check(rendered), []);
    const containers = (name: string): readonly JsonObject[] =>
      specification(rendered, name)["Containers"] as JsonObject[];
    const environmentOf = (candidate: string): JsonObject => ({
      PREDICTION_INTERVAL: {
        "Std:Join": {
          On: "",
          Values: [
            {
              "Std:JsonGet": {
                PropertyFile: { Get: `Steps.Evaluate${candidate}.PropertyFiles.Evaluation` },
                Path: "prediction_interval.half_width",
              },
            },
          ],
        },
      },
    });
    const [own, ...others] = containers("RegisterDecisionTree");
    deepEqual(others, []);
    deepEqual(own?.["Environment"], environmentOf("DecisionTree"));
    const [boosted, behind] = containers("RegisterXGBoost");
    deepEqual(Object.keys(boosted ?? {}), ["Image", "ModelDataUrl"]);
    deepEqual(behind, { Image: own["Image"], Environment: environmentOf("XGBoost") });
    deepEqual(specification(rendered, "RegisterXGBoost")["SupportedResponseMIMETypes"], [
      ...["text/csv", "application/json", "application/jsonlines"],
    ]);
    const given = (step: string): string =>
      (
        at(
          rendered,
          "Steps",
          step,
          "Arguments",
          "AppSpecification",
          "ContainerArguments",
        ) as string[]
      ).join(" ");
    match(
      given("EvaluateXGBoost"),
      / --validation \/opt\/ml\/processing\/validation --confidence 0\.95 /,
    );
    match(given("Preprocess"), / --prediction-intervals 0\.95( |$)/);
    equal(canonicalJson(definition).includes("PREDICTION_INTERVAL"), false);
  });

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
        candidates: [{ ...candidate("X"), ...change }],
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

  it("records every trial in an experiment of the pipeline's name", () => {
    deepEqual(definition["PipelineExperimentConfig"], {
      ExperimentName: { Get: "Execution.PipelineName" },
      TrialName: { Get: "Execution.PipelineExecutionId" },
    });
  });

  it("only omits the experiment in a region without experiments", async () => {
    const elsewhere = await program({ "aws:region": "eu-central-2" });
    deepEqual(
      Object.keys(elsewhere.definition).sort(),
      Object.keys(definition)
        .filter((member) => member !== "PipelineExperimentConfig")
        .sort(),
    );
    deepEqual(elsewhere.definition["Parameters"], definition["Parameters"]);
    deepEqual(check(elsewhere.definition), []);
  });

  it("is tracked in the stack's MLflow app in addition to the experiment, or instead", async () => {
    const mlflow = {
      MlflowResourceArn: "arn:aws:sagemaker:us-east-1:111122223333:mlflow-app/app-placeholder",
      MlflowExperimentName: "restate-test",
    };
    const both = (await program({ tracking: "both" })).definition;
    deepEqual(both, { ...definition, MlflowConfig: mlflow });
    const { PipelineExperimentConfig, ...rest } = both;
    deepEqual(PipelineExperimentConfig, definition["PipelineExperimentConfig"]);
    deepEqual((await program({ tracking: "mlflow" })).definition, rest);
    deepEqual((await program({ tracking: "experiments" })).definition, definition);
  });

  it("declares the parameters with the configured defaults", async () => {
    const other = await program({
      processingInstanceType: "ml.m5.12xlarge",
      processingInstanceCount: 2,
      trainingInstanceType: "ml.c5.xlarge",
      modelApprovalStatus: "Approved",
      minimumR2: 0.6,
    });
    deepEqual(
      other.definition.Parameters?.map(({ Name, Type, DefaultValue }) => [
        Name,
        Type,
        DefaultValue,
      ]),
      [
        ["ProcessingInstanceType", "String", "ml.m5.12xlarge"],
        ["ProcessingInstanceCount", "Integer", 2],
        ["TrainingInstanceType", "String", "ml.c5.xlarge"],
        ["ModelApprovalStatus", "String", "Approved"],
        ["MinimumR2", "Float", 0.6],
      ],
    );
  });

  it("encrypts every job's volumes and outputs, and isolates all but Data Wrangler", () => {
    const jobs = definition.Steps.flatMap((step) => {
      switch (step.Type) {
        case "Processing": {
          const { NetworkConfig, ProcessingOutputConfig, ProcessingResources } = step.Arguments;
          return [
            [
              step.Name,
              ProcessingResources?.ClusterConfig?.VolumeKmsKeyId,
              ProcessingOutputConfig?.KmsKeyId,
              NetworkConfig?.EnableNetworkIsolation,
            ],
          ];
        }
        case "Tuning": {
          const job = step.Arguments.TrainingJobDefinition;
          return [
            [
              step.Name,
              job?.HyperParameterTuningResourceConfig?.VolumeKmsKeyId,
              job?.OutputDataConfig?.KmsKeyId,
              job?.EnableNetworkIsolation,
            ],
          ];
        }
        default:
          return [];
      }
    });
    const key = "arn:aws:kms:us-east-1:111122223333:key/data-key";
    deepEqual(jobs, [
      ["DataWranglerProcess", key, key, false],
      ["Preprocess", key, key, true],
      ["TuneDecisionTree", key, key, true],
      ["TuneXGBoost", key, key, true],
      ["EvaluateDecisionTree", key, key, true],
      ["EvaluateXGBoost", key, key, true],
    ]);
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

  it("trains and evaluates all algorithms but XGBoost in the stack's own image, passing the algorithm", async () => {
    const names = Object.keys(algorithms).filter((one) => one !== "xgboost");
    const candidates = names.map((algorithm, index) => ({ name: `C${index}`, algorithm }));
    const { definition: families } = await program({ candidates });
    const image = at(
      definition,
      ...["Steps", "EvaluateDecisionTree", "Arguments"],
      "AppSpecification",
    );
    const { ImageUri: uri } = image as { ImageUri: string };
    names.forEach((name, index) => {
      const job = at(families, "Steps", `TuneC${index}`, "Arguments", "TrainingJobDefinition");
      equal(at(job, "AlgorithmSpecification", "TrainingImage"), uri);
      deepEqual(
        (at(job, "AlgorithmSpecification", "MetricDefinitions") as readonly unknown[]).length,
        8,
      );
      equal(
        at(job, "StaticHyperParameters", "algorithm"),
        name === "decision-tree" ? undefined : name,
      );
      deepEqual(
        (at(job, "InputDataConfig") as readonly { ChannelName: string }[]).map(
          ({ ChannelName: channel }) => channel,
        ),
        ["train", "validation", "metadata"],
      );
      const evaluation = at(
        families,
        "Steps",
        `EvaluateC${index}`,
        "Arguments",
        "AppSpecification",
      );
      equal(at(evaluation, "ImageUri"), uri);
      deepEqual((at(evaluation, "ContainerArguments") as readonly string[]).slice(0, 2), [
        "--algorithm",
        "decision-tree",
      ]);
    });
    const registered = allSteps(families).flatMap(({ step }) =>
      step.Type === "RegisterModel"
        ? [step.Arguments.CustomerMetadataProperties?.["Algorithm"]]
        : [],
    );
    deepEqual([...registered].sort(), [...names].sort());
  });

  describe("selection", () => {
    it("registers the better of two candidates", () => {
      deepEqual(selected(definition, { DecisionTree: 0.6, XGBoost: 0.8 }, 0), ["RegisterXGBoost"]);
      deepEqual(selected(definition, { DecisionTree: 0.8, XGBoost: 0.6 }, 0), [
        "RegisterDecisionTree",
      ]);
    });

    it("registers the earlier of two equal candidates", () => {
      deepEqual(selected(definition, { DecisionTree: 0.7, XGBoost: 0.7 }, 0), [
        "RegisterDecisionTree",
      ]);
    });

    it("registers a candidate exactly at the minimum", () => {
      deepEqual(selected(definition, { DecisionTree: 0.6, XGBoost: 0.7 }, 0.7), [
        "RegisterXGBoost",
      ]);
    });

    it("fails below the minimum, with the scores in the message", () => {
      deepEqual(selected(definition, { DecisionTree: 0.6, XGBoost: 0.65 }, 0.7), [
        "FailBelowMinimumR2: No candidate reaches R2 0.7: DecisionTree 0.6, XGBoost 0.65",
      ]);
    });

    it("takes exactly one branch, whatever the scores of five candidates", async () => {
      const names = ["A", "B", "C", "D", "E"];
      const five = await program({ candidates: names.map(candidate) });
      const levels = [-0.5, 0.2, 0.5, 0.5, 0.9];
      for (let draw = 0; draw < 5 ** 5; draw += 1) {
        const scores = Object.fromEntries(
          names.map((name, index) => [name, levels[Math.floor(draw / 5 ** index) % 5] ?? 0]),
        );
        const best = Math.max(...Object.values(scores));
        const winner = names.find((name) => scores[name] === best) ?? "";
        const taken = selected(five.definition, scores, 0.4);
        equal(taken.length, 1, JSON.stringify(scores));
        equal(taken[0]?.split(":")[0], best >= 0.4 ? `Register${winner}` : "FailBelowMinimumR2");
      }
    });

    it("lets no execution lower the minimum if approval is strict", async () => {
      const strict = await program({ approval: "strict", minimumR2: 0.6 });
      const scores = { DecisionTree: 0.5, XGBoost: 0.55 };
      deepEqual(selected(strict.definition, scores, -1), [
        "FailLoweredMinimumR2: MinimumR2 -1 is below 0.6, the stack's own",
      ]);
      deepEqual(selected(strict.definition, { ...scores, XGBoost: 0.6 }, 0.6), ["RegisterXGBoost"]);
      deepEqual(selected(strict.definition, { ...scores, XGBoost: 0.65 }, 0.7), [
        "FailBelowMinimumR2: No candidate reaches R2 0.7: DecisionTree 0.5, XGBoost 0.65",
      ]);
      const relaxed = await program({ minimumR2: 0.6 });
      deepEqual(selected(relaxed.definition, scores, -1), ["RegisterXGBoost"]);
      deepEqual(check(strict.definition), []);
    });

    it("works with one candidate", async () => {
      const one = await program({ candidates: [candidate("Only")] });
      deepEqual(selected(one.definition, { Only: 0.5 }, 0.4), ["RegisterOnly"]);
      deepEqual(selected(one.definition, { Only: 0.5 }, 0.6).length, 1);
    });
  });

  describe("rendering", () => {
    it("is byte-identical for the same configuration", async () => {
      const again = await evaluateProgram("test", { "aws:region": "us-east-1" });
      equal(canonicalJson(again.definition), canonicalJson(definition));
    });

    it("changes only what depends on the filter", async () => {
      const other = await program({
        dataset: {
          ...californiaHousing,
          filter: [{ column: "housingMedianAge", operator: ">", value: 20 }],
        },
      });
      const changed = definition.Steps.flatMap((step, index) => {
        const twin = other.definition.Steps[index];
        return canonicalJson(step) === canonicalJson(twin) ? [] : [step.Name];
      });
      // The query and the flow change, and with the flow the id of its last node, which names its output.
      // Each registered model keeps the flow.
      deepEqual(changed, [
        "DataWranglerProcess",
        "Preprocess",
        "SelectDecisionTree",
        "SelectXGBoost",
      ]);
      deepEqual(other.definition["Parameters"], definition["Parameters"]);
    });

    it("changes only a parameter if its default changes", async () => {
      const other = await program({ minimumR2: 0.5 });
      equal(canonicalJson(other.definition["Steps"]), canonicalJson(definition["Steps"]));
      notEqual(
        canonicalJson(other.definition["Parameters"]),
        canonicalJson(definition["Parameters"]),
      );
    });

    it("keeps two stacks in one account apart", async () => {
      const other = await program({}, "other");
      const names = canonicalJson(other.definition).match(/restate[-_][a-z]+/g) ?? [];
      deepEqual([...new Set(names)].sort(), ["restate-other", "restate_other"]);
    });
  });
});
