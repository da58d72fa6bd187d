import type { ModelStep } from "../language/definition";
import { type Reference, stepProperty, type StringExpression } from "../language/expressions";
import { callRetries, type JobContext, tags, vpcConfig } from "./step";

export interface ModelStepArgs {
  readonly name: string;
  /** Image that serves the model. */
  readonly imageUri: string;
  /** S3 URI of the model artifact. */
  readonly modelUri: StringExpression;
  readonly roleArn: string;
  readonly context: JobContext;
}

/** A model step, and the reference to its model. */
export interface Model {
  readonly step: ModelStep;
  readonly modelName: Reference;
}

/** Builds a Model step. Its arguments are CreateModel's. */
export function modelStep(args: ModelStepArgs): Model {
  return {
    step: {
      Name: args.name,
      Type: "Model",
      RetryPolicies: callRetries,
      Arguments: {
        Tags: tags(args.context),
        ExecutionRoleArn: args.roleArn,
        PrimaryContainer: { Image: args.imageUri, ModelDataUrl: args.modelUri },
        EnableNetworkIsolation: true,
        VpcConfig: vpcConfig(args.context),
      },
    },
    modelName: stepProperty(args.name, "ModelName"),
  };
}
