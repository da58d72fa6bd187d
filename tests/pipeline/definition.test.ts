import { deepEqual, equal, match, notEqual } from "node:assert/strict";

import { evaluateProgram } from "../../offline/program";
import { algorithms } from "../../pipeline/algorithms";
import { californiaHousing } from "../../pipeline/californiaHousing";
import { check } from "../../pipeline/language/check";
import type { PipelineDefinition } from "../../pipeline/language/definition";
import type { JsonObject } from "../../pipeline/language/json";
import { canonicalJson } from "../../pipeline/language/canonicalJson";
import { allSteps, dependencies } from "../../pipeline/language/graph";
import { at, program } from "../support/definitions";

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
