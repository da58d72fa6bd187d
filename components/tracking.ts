import * as sagemaker from "@pulumi/aws/sagemaker";
import * as pulumi from "@pulumi/pulumi";

import { prefixes } from "../pipeline/storage";
import { keptFromDeletion, type Protection } from "./protection";
import type { StackNames } from "./stackNames";

/** The arguments of {@link Tracking}. */
export interface TrackingArgs {
  readonly names: Pick<StackNames, "bucketName" | "namePrefix">;
  /** ARN of the role in whose name it reads and writes artifacts. */
  readonly roleArn: pulumi.Input<string>;
  /** Of the app with all that was logged to it. */
  readonly protection: Pick<Protection, "protect">;
}

/**
 * A serverless MLflow app of SageMaker, whose artifacts lie in the stack's bucket. It registers no models in SageMaker:
 * that is the pipeline's.
 */
export class Tracking extends pulumi.ComponentResource {
  /** ARN of the app; AWS assigns its id. */
  public readonly appArn: pulumi.Output<string>;

  constructor(name: string, args: TrackingArgs, opts?: pulumi.ComponentResourceOptions) {
    super("restate:index:Tracking", name, {}, opts);
    const { names, protection, roleArn } = args;
    const app = new sagemaker.MlflowApp(
      `${name}-app`,
      {
        name: names.namePrefix,
        artifactStoreUri: pulumi.interpolate`s3://${names.bucketName}/${prefixes.tracking}`,
        roleArn,
        modelRegistrationMode: "AutoModelRegistrationDisabled",
      },
      keptFromDeletion(this, protection),
    );
    this.appArn = app.arn;
    this.registerOutputs({ appArn: this.appArn });
  }
}
