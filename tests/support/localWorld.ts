import { SageMakerClient } from "@aws-sdk/client-sagemaker";

import { requestHandler } from "../../local/api/handler";
import { World } from "../../local/api/world";
import type { WorldOptions } from "../../local/api/worldOptions";
import { Workspace } from "../../local/records/workspace";
import type { Program } from "../../offline/program";
import { californiaHousing } from "../../pipeline/californiaHousing";
import { datasetSchema } from "../../pipeline/datasetSchema";
import type { Json, JsonObject } from "../../pipeline/language/json";

const region = "us-east-1";
const accountId = "111122223333";

/** A program without resources and data. */
export const emptyProgram: Program = {
  stack: "test",
  region,
  accountId,
  pipelineName: "",
  definition: { Version: "2020-12-01", Steps: [] },
  dataset: datasetSchema.parse(californiaHousing),
  resources: [],
  warnings: [],
  decisionTreeImageUri: `${accountId}.dkr.ecr.${region}.amazonaws.com/restate-test:0`,
  tables: [],
  workGroups: [],
  uploads: new Map(),
  standing: { interfaceEndpoints: 0, keys: 0, alarms: 0, dashboards: 0 },
};

/** A machine's API on a folder, for pipelines that need nothing of the program. */
export function localWorld(folder: string, more: Partial<WorldOptions> = {}): World {
  return new World({
    workspace: new Workspace(folder),
    region,
    accountId,
    program: () => Promise.resolve(emptyProgram),
    ...more,
  });
}

/** The SDK's client, as anybody has it, of a machine's API. */
export function sageMakerOf(world: World): SageMakerClient {
  return new SageMakerClient({
    region: world.region,
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
    requestHandler: requestHandler(world),
    maxAttempts: 1,
  });
}

/** A definition of steps, with parameters by their default values. */
export function definitionOf(
  steps: readonly JsonObject[],
  parameters: Readonly<Record<string, Json>> = {},
): string {
  return JSON.stringify({
    Version: "2020-12-01",
    Metadata: {},
    Parameters: Object.entries(parameters).map(([Name, DefaultValue]) => ({
      Name,
      Type:
        typeof DefaultValue === "number"
          ? Number.isInteger(DefaultValue)
            ? "Integer"
            : "Float"
          : "String",
      DefaultValue,
    })),
    Steps: steps,
  });
}

/** A step that compares a value, and runs one of two branches. */
export function conditionStep(
  name: string,
  [left, right]: readonly [Json, Json],
  ifSteps: readonly JsonObject[] = [],
  elseSteps: readonly JsonObject[] = [],
  more: JsonObject = {},
): JsonObject {
  return {
    Name: name,
    Type: "Condition",
    Arguments: {
      Conditions: [{ Type: "Equals", LeftValue: left, RightValue: right }],
      IfSteps: ifSteps,
      ElseSteps: elseSteps,
    },
    ...more,
  };
}

/** A step that fails by a message. */
export function failStep(name: string, message: Json): JsonObject {
  return { Name: name, Type: "Fail", Arguments: { ErrorMessage: message } };
}

export const scikitLearn =
  "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1";

/** A step that runs a script of `s3://code/`, and writes what it leaves in `/opt/ml/processing/out`. */
export function scriptStep(name: string, script: string, more: JsonObject = {}): JsonObject {
  return {
    Name: name,
    Type: "Processing",
    Arguments: {
      RoleArn: "arn:aws:iam::111122223333:role/team",
      ProcessingResources: {
        ClusterConfig: { InstanceType: "ml.m5.large", InstanceCount: 1, VolumeSizeInGB: 30 },
      },
      AppSpecification: {
        ImageUri: scikitLearn,
        ContainerEntrypoint: ["python3", `/opt/ml/processing/input/code/${script}`],
      },
      ProcessingInputs: [
        {
          InputName: "code",
          AppManaged: false,
          S3Input: {
            S3Uri: `s3://team-bucket/code/${script}`,
            LocalPath: "/opt/ml/processing/input/code",
            S3DataType: "S3Prefix",
            S3InputMode: "File",
          },
        },
      ],
      ProcessingOutputConfig: {
        Outputs: [
          {
            OutputName: "out",
            AppManaged: false,
            S3Output: {
              S3Uri: {
                "Std:Join": {
                  On: "/",
                  Values: ["s3://team-bucket", { Get: "Execution.PipelineExecutionId" }, name],
                },
              },
              LocalPath: "/opt/ml/processing/out",
              S3UploadMode: "EndOfJob",
            },
          },
        ],
      },
    },
    ...more,
  };
}
