import { deepEqual, equal, match } from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import {
  CreateModelCommand,
  CreateModelPackageCommand,
  CreateModelPackageGroupCommand,
} from "@aws-sdk/client-sagemaker";

import { create } from "tar";

import { definitionOf, scikitLearn } from "../../support/localWorld";
import { Machine, RoleArn } from "./machine";

describe("transforms in this machine's API", () => {
  const machine = new Machine();

  it("retry invocations, and limit their time, by their ModelClientConfig", async () => {
    const code = join(machine.folder, "serve");
    mkdirSync(code);
    writeFileSync(
      join(code, "serve.py"),
      `
import os, pathlib, time
invocations = pathlib.Path(os.environ["INVOCATIONS"])
model_fn = lambda folder: None
def predict_fn(rows, model):
    with invocations.open("a") as file:
        file.write("x")
    time.sleep(float(os.environ["SECONDS"]))
    assert len(invocations.read_text()) > int(os.environ["FAILS"]), "busy"
    return [7] * len(rows)
`,
    );
    await machine.world.store.put("s3://team-bucket/code/serve.tar.gz", (path) =>
      create({ file: path, gzip: true, cwd: code }, ["serve.py"]),
    );
    machine.world.store.write("s3://team-bucket/rows/rows.csv", "1,2\n3,4\n");
    for (const [name, fails, seconds, config, status, reason] of [
      ["default", 3, 0, undefined, "Succeeded", /^$/],
      [
        "slow",
        0,
        2,
        { InvocationsMaxRetries: 0, InvocationsTimeoutInSeconds: 1 },
        "Failed",
        /^the model did not respond: Your invocation timed out/,
      ],
    ] as const) {
      const invocations = join(machine.folder, `invocations-${name}`);
      const Arguments = {
        ExecutionRoleArn: RoleArn,
        PrimaryContainer: {
          Image: scikitLearn,
          Environment: {
            SAGEMAKER_PROGRAM: "serve.py",
            SAGEMAKER_SUBMIT_DIRECTORY: "s3://team-bucket/code/serve.tar.gz",
            INVOCATIONS: invocations,
            FAILS: `${fails}`,
            SECONDS: `${seconds}`,
          },
        },
      };
      const model = { Name: "Create", Type: "Model", Arguments };
      // A transform also takes a model that exists.
      const exists = name === "default";
      if (exists) {
        await machine.client.send(new CreateModelCommand({ ModelName: "Existing", ...Arguments }));
      }
      const source = { S3DataType: "S3Prefix", S3Uri: "s3://team-bucket/rows/" };
      const transform = {
        Name: "Predict",
        Type: "Transform",
        Arguments: {
          ModelName: exists ? "existing" : { Get: "Steps.Create.ModelName" },
          ...(config && { ModelClientConfig: config }),
          TransformInput: { DataSource: { S3DataSource: source }, ContentType: "text/csv" },
          TransformOutput: { S3OutputPath: "s3://team-bucket/predicted", Accept: "text/csv" },
          TransformResources: { InstanceType: "ml.m5.large", InstanceCount: 1 },
        },
      };
      await machine.pipeline(name, definitionOf(exists ? [transform] : [model, transform]));
      const execution = await machine.start(name);
      equal(await machine.ended(execution), status);
      match((await machine.describe(execution)).FailureReason ?? "", reason);
      equal(readFileSync(invocations, "utf8").length, (config?.InvocationsMaxRetries ?? 3) + 1);
    }
    match(machine.world.store.read("s3://team-bucket/predicted/rows.csv.out"), /^7\n7\n$/);
  });

  it("fail for a model that does not exist, or that would be served otherwise", async () => {
    machine.world.store.write("s3://team-bucket/rows/rows.csv", "1,2\n");
    const xgboost = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1";
    const { ModelPackageArn = "" } = await machine.client
      .send(new CreateModelPackageGroupCommand({ ModelPackageGroupName: "transformed" }))
      .then(() =>
        machine.client.send(
          new CreateModelPackageCommand({ ModelPackageGroupName: "transformed" }),
        ),
      );
    for (const [name, container] of [
      ["packaged", { ModelPackageName: ModelPackageArn }],
      ["stale", { Image: xgboost, ModelDataUrl: "s3://team-bucket/none.tar.gz" }],
      ["foreign", { Image: "1.dkr.ecr.us-east-1.amazonaws.com/theirs:1" }],
    ] as const) {
      await machine.client.send(
        new CreateModelCommand({
          ModelName: name,
          ExecutionRoleArn: RoleArn,
          PrimaryContainer: container,
        }),
      );
    }
    for (const [name, reason] of [
      ["none", "there is no model none"],
      ["packaged", "ModelPackageName of model packaged is not supported in transforms here"],
      ["stale", "model stale has no artifact at s3://team-bucket/none.tar.gz"],
      [
        "foreign",
        "the image 1.dkr.ecr.us-east-1.amazonaws.com/theirs:1 cannot serve here; use --image to run it",
      ],
    ] as const) {
      const source = { S3DataType: "S3Prefix", S3Uri: "s3://team-bucket/rows/" };
      await machine.pipeline(
        `of-${name}`,
        definitionOf([
          {
            Name: "Predict",
            Type: "Transform",
            Arguments: {
              ModelName: name,
              TransformInput: { DataSource: { S3DataSource: source } },
              TransformOutput: { S3OutputPath: "s3://team-bucket/none" },
              TransformResources: { InstanceType: "ml.m5.large", InstanceCount: 1 },
            },
          },
        ]),
      );
      const execution = await machine.start(`of-${name}`);
      equal(await machine.ended(execution), "Failed");
      equal((await machine.describe(execution)).FailureReason, reason);
    }
    deepEqual(machine.world.store.objectsAt("s3://team-bucket/none"), []);
  });
});
