import { deepEqual, equal } from "node:assert/strict";

import * as pulumi from "@pulumi/pulumi";

import { Tracking } from "../../components/tracking";
import { construct, valueOf } from "../support/construct";

const make = (protect: boolean) =>
  construct(
    (options) =>
      new Tracking(
        "tracking",
        {
          names: { bucketName: pulumi.output("the-bucket"), namePrefix: "restate-test" },
          roleArn: "the-role",
          protection: { protect },
        },
        options,
      ),
  );

describe("Tracking", () => {
  it("creates an MLflow app with artifacts in the bucket, which registers no models", async () => {
    const { component, registered } = await make(false);
    deepEqual(registered, {
      "sagemaker/mlflowApp tracking-app": {
        artifactStoreUri: "s3://the-bucket/mlflow",
        modelRegistrationMode: "AutoModelRegistrationDisabled",
        name: "restate-test",
        roleArn: "the-role",
      },
    });
    equal(
      await valueOf(component.appArn),
      "arn:aws:sagemaker:us-east-1:111122223333:mlflow-app/app-placeholder",
    );
  });

  it("is kept with its content if the stack is protected", async () => {
    deepEqual((await make(false)).kept, []);
    deepEqual((await make(true)).kept, ["sagemaker/mlflowApp tracking-app"]);
  });
});
