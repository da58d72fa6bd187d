import { deepEqual, equal, match, ok } from "node:assert/strict";
import { dirname } from "node:path/posix";

import * as pulumi from "@pulumi/pulumi";

import { ModelPipeline, type ModelPipelineArgs } from "../../components/modelPipeline";
import { settingsSchema } from "../../config/schema";
import type { PipelineDefinition } from "../../pipeline/language/definition";
import { allSteps } from "../../pipeline/language/graph";
import type { JsonObject } from "../../pipeline/language/json";
import { account, construct, valueOf } from "../support/construct";
import { at } from "../support/definitions";

const settings = settingsSchema.parse({});
const image = (name: string) =>
  pulumi.output(`111122223333.dkr.ecr.us-east-1.amazonaws.com/${name}`);
const role = (name: string) => pulumi.output(`arn:aws:iam::111122223333:role/${name}`);
const kmsKeyArn = "arn:aws:kms:us-east-1:111122223333:key/the-key";
const args: ModelPipelineArgs = {
  account,
  names: {
    bucketName: pulumi.output("the-bucket"),
    databaseName: "census",
    modelPackageGroupName: "the-group",
    pipelineName: "the-pipeline",
    workGroupName: "the-workgroup",
  },
  training: {
    dataset: settings.dataset,
    candidates: settings.candidates,
    parameters: settings,
    minimumR2Floor: undefined,
    champion: undefined,
    dataHash: undefined,
    dataQualityBaseline: false,
    driftReference: false,
    gitRevision: undefined,
    modelCard: undefined,
  },
  jobs: {
    images: {
      dataWrangler: image("wrangler:1"),
      scikitLearn: image("sklearn:1"),
      modelMonitor: image("monitor:1"),
      algorithms: { "decision-tree": image("tree:1"), xgboost: image("xgboost:1") },
    },
    roleArns: {
      evaluation: role("evaluation"),
      pipeline: role("pipeline"),
      processing: role("processing"),
      training: role("training"),
    },
    kmsKeyArn: pulumi.output(kmsKeyArn),
    vpc: undefined,
    tags: { project: "restate" },
  },
  tracking: "experiments",
  mlflowAppArn: undefined,
  parallelSteps: 7,
  protection: { protect: true },
  modelConsumers: [],
};
const make = (change: Partial<ModelPipelineArgs> = {}) =>
  construct((options) => new ModelPipeline("models", { ...args, ...change }, options));
const appArn = "arn:aws:sagemaker:us-east-1:111122223333:mlflow-app/app-ABCD1234";
const definitionOf = (registered: Readonly<Record<string, JsonObject>>): unknown =>
  registered["sagemaker/pipeline models-pipeline"]?.["pipelineDefinition"];

describe("ModelPipeline", () => {
  it("names the MLflow app for tracking, with an experiment named after the pipeline", async () => {
    const { registered } = await make({ tracking: "mlflow", mlflowAppArn: pulumi.output(appArn) });
    const definition = definitionOf(registered) as PipelineDefinition;
    deepEqual(definition.MlflowConfig, {
      MlflowResourceArn: appArn,
      MlflowExperimentName: "the-pipeline",
    });
    equal("PipelineExperimentConfig" in definition, false);
  });

  it("creates the model package group, the pipeline and its sources", async () => {
    const { component, kept, registered } = await make();
    deepEqual(Object.keys(registered), [
      ...[
        "compare",
        "compare-processing-job",
        "data-report",
        "evaluate",
        "evaluate-prediction-intervals",
        "evaluate-processing-job",
        "evaluate-regression-scores",
        "evaluate-sample-weights",
        "evaluate-segments",
        "flow",
        "input-rows",
        "prediction-intervals",
        "preprocess",
        "processing-job",
        "row-encoding",
        "row-splits",
        "sample-weights",
        "survey",
        "text-encoding",
      ].map((one) => `s3/bucketObjectv2 models-${one}`),
      "sagemaker/modelPackageGroup models-model-package-group",
      "sagemaker/pipeline models-pipeline",
    ]);
    deepEqual(kept, ["sagemaker/modelPackageGroup models-model-package-group"]);
    deepEqual(registered["sagemaker/modelPackageGroup models-model-package-group"], {
      modelPackageGroupName: "the-group",
      modelPackageGroupDescription: "The best models of the pipeline the-pipeline",
    });
    deepEqual(
      { ...registered["sagemaker/pipeline models-pipeline"], pipelineDefinition: undefined },
      {
        pipelineName: "the-pipeline",
        pipelineDisplayName: "the-pipeline",
        pipelineDescription:
          "Tunes and compares candidates on california_housing, and registers the best",
        pipelineDefinition: undefined,
        roleArn: "arn:aws:iam::111122223333:role/pipeline",
        parallelismConfiguration: { maxParallelExecutionSteps: 7 },
      },
    );
    const definition = JSON.parse(await valueOf(component.definition)) as unknown;
    deepEqual(definition, definitionOf(registered));
    const text = JSON.stringify(definition);
    for (const one of ["flow", "preprocess", "evaluate"]) {
      const object = registered[`s3/bucketObjectv2 models-${one}`];
      equal(object?.["bucket"], "the-bucket");
      const key = object["key"] as string;
      ok(text.includes(`s3://the-bucket/${one === "flow" ? key : dirname(key)}`), one);
    }
  });

  it("renders jobs with the given images, roles, key, network and tags", async () => {
    const tuning = async (change: Partial<ModelPipelineArgs["jobs"]>): Promise<unknown> => {
      const { registered } = await make({ jobs: { ...args.jobs, ...change } });
      const job = at(definitionOf(registered), "Steps", "TuneXGBoost", "Arguments");
      const training = at(job, "TrainingJobDefinition");
      return [
        at(job, "Tags"),
        at(training, "RoleArn"),
        at(training, "AlgorithmSpecification", "TrainingImage"),
        at(training, "OutputDataConfig", "KmsKeyId"),
        at(training, "VpcConfig"),
      ];
    };
    const jobs = [
      [{ Key: "project", Value: "restate" }],
      "arn:aws:iam::111122223333:role/training",
      "111122223333.dkr.ecr.us-east-1.amazonaws.com/xgboost:1",
      kmsKeyArn,
    ];
    deepEqual(await tuning({}), [...jobs, undefined]);
    const vpc = { subnetIds: ["subnet-1"], securityGroupIds: ["sg-1"] };
    deepEqual(await tuning({ vpc }), [
      ...jobs,
      { Subnets: ["subnet-1"], SecurityGroupIds: ["sg-1"] },
    ]);
  });

  it("creates and stores each model's drift reference if configured", async () => {
    const evaluation = async (driftReference: boolean): Promise<readonly unknown[]> => {
      const { registered } = await make({ training: { ...args.training, driftReference } });
      const definition = definitionOf(registered);
      const job = at(definition, "Steps", "EvaluateXGBoost", "Arguments");
      const register = allSteps(definition as PipelineDefinition)
        .map(({ step }) => step)
        .find(({ Name }) => Name === "RegisterXGBoost")?.Arguments;
      return [
        at(job, "AppSpecification", "ContainerEntrypoint"),
        at(job, "ProcessingInputs", 0, "S3Input", "S3Uri"),
        at(register, "CustomerMetadataProperties", "DriftReference"),
        Object.keys(registered).filter((name) => name.includes("reference")),
      ];
    };
    const [plain, , nothing, none] = await evaluation(false);
    deepEqual(plain, ["python3", "/opt/ml/processing/code/evaluate.py"]);
    deepEqual([nothing, none], [undefined, []]);
    const [entrypoint, code, reference, objects] = await evaluation(true);
    deepEqual(entrypoint, ["python3", "/opt/ml/processing/code/drift_reference.py"]);
    match(String(code), /^s3:\/\/the-bucket\/pipeline\/[0-9a-f]+\/$/);
    deepEqual(reference, {
      "Std:Join": {
        On: "/",
        Values: [
          {
            Get: "Steps.EvaluateXGBoost.ProcessingOutputConfig.Outputs['evaluation'].S3Output.S3Uri",
          },
          "drift_reference.json",
        ],
      },
    });
    deepEqual(
      objects,
      [
        "drift-cells",
        "drift-reference",
        "evaluate",
        "prediction-intervals",
        "processing-job",
        "regression-scores",
        "sample-weights",
        "segments",
      ].map((one) => `s3/bucketObjectv2 models-reference-${one}`),
    );
  });

  it("lets the group be deleted, and shares its models, if configured", async () => {
    const { kept, registered } = await make({
      protection: { protect: false },
      modelConsumers: ["222233334444"],
    });
    deepEqual(kept, []);
    deepEqual(registered["sagemaker/modelPackageGroupPolicy models-model-package-group-policy"], {
      modelPackageGroupName: "the-group",
      resourcePolicy: {
        Version: "2012-10-17",
        Statement: [
          {
            Sid: "DeployModels",
            Effect: "Allow",
            Principal: { AWS: ["arn:aws:iam::222233334444:root"] },
            Action: [
              "sagemaker:CreateModel",
              "sagemaker:DescribeModelPackage",
              "sagemaker:DescribeModelPackageGroup",
              "sagemaker:ListModelPackages",
            ],
            Resource: [
              "arn:aws:sagemaker:us-east-1:111122223333:model-package-group/the-group",
              "arn:aws:sagemaker:us-east-1:111122223333:model-package/the-group/*",
            ],
          },
        ],
      },
    });
  });
});
