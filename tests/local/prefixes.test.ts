import { deepEqual, equal } from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import type { Json, JsonObject } from "../../pipeline/language/json";
import { stackConfig } from "../../offline/stackConfig";
import { draft, program, set } from "../support/definitions";
import { housingRows, writeRows } from "../support/housing";
import { local, temporaryFolder, writeDefinition } from "../support/localRun";

/** All files below a folder. */
function filesIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile())
    .map((file) => join(file.parentPath, file.name).slice(folder.length + 1))
    .sort();
}

const linesOf = (path: string): readonly string[] =>
  readFileSync(path, "utf8").trimEnd().split("\n");

/** The numbers of CSV rows, as far as the report prints them, in order. */
const numbersOf = (rows: readonly string[]): readonly string[] =>
  rows
    .map((row) =>
      row
        .split(",")
        .map((field) => Number(field).toPrecision(7))
        .join(","),
    )
    .sort();

describe("prefixes in a local run", () => {
  const folder = temporaryFolder();
  const data = writeRows(join(folder, "housing.data"), housingRows(300));

  it("keep candidates apart if one's name is a prefix of the other's", async () => {
    const { decisionTreeImageUri: image } = await program({}, "dev");
    // Evaluated by their predictions, as images are of which nothing is known.
    const candidate = (name: string, depth: number): Json => ({
      name,
      algorithm: { image, metrics: { "validation:rmse": "validation:rmse=([0-9.e+-]+)" } },
      hyperparameters: { max_depth: depth },
      ranges: { max_leaf_nodes: { type: "integer", min: 2, max: 9 } },
      maxJobs: 1,
      maxParallelJobs: 1,
    });
    const candidates = [candidate("LGBM", 2), candidate("LGBM2", 9), candidate("LGBM20", 1)];
    const definition = draft(
      (await program({ ...stackConfig("dev"), candidates }, "dev")).definition,
    );
    // The others' predictions are there when LGBM's are read.
    set(definition, ["Steps", "EvaluateLGBM", "DependsOn"], ["TransformLGBM2", "TransformLGBM20"]);
    const work = join(folder, "candidates");
    const { code, stderr, stdout } = await local([
      ...["--definition", writeDefinition(folder, definition), "--data", data],
      ...["--work-folder", work, "--json", "--quiet"],
    ]);
    equal(code, 0, stderr);
    const { execution } = JSON.parse(stdout) as { execution: string };
    const bucket = join(work, "s3", "sagemaker-restate-dev-111122223333", "executions", execution);
    const test = filesIn(join(bucket, "test")).flatMap((name) =>
      linesOf(join(bucket, "test", name)),
    );
    for (const name of ["LGBM", "LGBM2", "LGBM20"]) {
      const predicted = filesIn(join(bucket, "predictions", name)).flatMap((file) =>
        linesOf(join(bucket, "predictions", name, file)),
      );
      const evaluated = linesOf(join(bucket, "evaluation", name, "predictions.csv"));
      equal(predicted.length, test.length, name);
      // Its own predictions, and no others.
      const [header, ...rows] = evaluated;
      equal(header, "actual,predicted");
      deepEqual(numbersOf(rows), numbersOf(predicted), name);
    }
  });

  it("match every key that begins with them, in a third-party definition", async () => {
    const objects = join(folder, "objects");
    const bucket = join(objects, "team-bucket");
    mkdirSync(join(bucket, "data", "features"), { recursive: true });
    const rows = Array.from({ length: 40 }, (_, index) => `${index % 7},${index % 5},${index % 3}`);
    const train = rows.map((row, index) => `${index % 7},${row}\n`).join("");
    writeFileSync(join(bucket, "data", "train.csv"), train);
    writeFileSync(join(bucket, "data", "feat-1.csv"), "1,1,1\n");
    writeFileSync(join(bucket, "data", "features", "2.csv"), "2,2,2\n3,3,0\n");
    writeFileSync(join(bucket, "data", "fear.csv"), "not,for,it\n");
    const image = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1";
    const role = "arn:aws:iam::111122223333:role/team";
    const source = (uri: string): JsonObject => ({
      S3DataSource: { S3DataType: "S3Prefix", S3Uri: uri },
    });
    const channel = (name: string): JsonObject => ({
      ChannelName: name,
      ContentType: "text/csv",
      // One object, and at the same time the prefix of no other.
      DataSource: source("s3://team-bucket/data/train.csv"),
    });
    const resources = { InstanceType: "ml.m5.large", InstanceCount: 1 };
    const definition: JsonObject = {
      Version: "2020-12-01",
      Metadata: {},
      Parameters: [],
      Steps: [
        {
          Name: "Train",
          Type: "Training",
          Arguments: {
            AlgorithmSpecification: { TrainingImage: image, TrainingInputMode: "File" },
            HyperParameters: { objective: "reg:squarederror", num_round: "5" },
            InputDataConfig: [channel("train"), channel("validation")],
            OutputDataConfig: { S3OutputPath: "s3://team-bucket/models" },
            ResourceConfig: { ...resources, VolumeSizeInGB: 30 },
            RoleArn: role,
            StoppingCondition: { MaxRuntimeInSeconds: 600 },
          },
        },
        {
          Name: "Model",
          Type: "Model",
          Arguments: {
            ExecutionRoleArn: role,
            PrimaryContainer: {
              Image: image,
              ModelDataUrl: { Get: "Steps.Train.ModelArtifacts.S3ModelArtifacts" },
            },
          },
        },
        {
          Name: "Predict",
          Type: "Transform",
          Arguments: {
            ModelName: { Get: "Steps.Model.ModelName" },
            TransformInput: {
              ContentType: "text/csv",
              DataSource: source("s3://team-bucket/data/feat"),
              SplitType: "Line",
            },
            TransformOutput: { S3OutputPath: "s3://team-bucket/predictions/of" },
            TransformResources: resources,
          },
        },
      ],
    };
    const work = join(folder, "foreign");
    const args = [
      ...["--definition", writeDefinition(folder, definition), "--s3", objects],
      ...["--work-folder", work, "--quiet"],
    ];
    const first = await local(args);
    equal(first.code, 0, first.stderr);
    const predictions = join(work, "s3", "team-bucket", "predictions", "of");
    deepEqual(filesIn(predictions), ["feat-1.csv.out", "features/2.csv.out"]);
    equal(linesOf(join(predictions, "features", "2.csv.out")).length, 2);
    // Another key that begins so is another input; the same place keeps what it has.
    writeFileSync(join(bucket, "data", "feat-3.csv"), "3,1,1\n");
    const second = await local(args);
    equal(second.code, 0, second.stderr);
    deepEqual(filesIn(predictions), ["feat-1.csv.out", "feat-3.csv.out", "features/2.csv.out"]);
  });

  it("that match nothing fail their step", async () => {
    const definition: JsonObject = {
      Version: "2020-12-01",
      Metadata: {},
      Parameters: [],
      Steps: [
        {
          Name: "Read",
          Type: "Processing",
          Arguments: {
            AppSpecification: {
              ImageUri: "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1",
              ContainerEntrypoint: ["python3", "/opt/ml/processing/code/read.py"],
            },
            ProcessingInputs: [
              {
                InputName: "code",
                S3Input: {
                  S3Uri: "s3://team-bucket/code/",
                  S3DataType: "S3Prefix",
                  LocalPath: "/opt/ml/processing/code",
                },
              },
            ],
            ProcessingResources: {
              ClusterConfig: { InstanceCount: 1, InstanceType: "ml.m5.large", VolumeSizeInGB: 30 },
            },
            RoleArn: "arn:aws:iam::111122223333:role/team",
          },
        },
      ],
    };
    const { code, stdout } = await local([
      ...["--definition", writeDefinition(folder, definition)],
      ...["--work-folder", join(folder, "nothing"), "--json", "--quiet"],
    ]);
    equal(code, 1);
    const { failureReason } = JSON.parse(stdout) as { failureReason: string };
    equal(failureReason, "there is no object at s3://team-bucket/code/");
  });
});
