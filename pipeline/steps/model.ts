import { type Expression, type Reference, stepProperty } from "../expressions";
import { type JobContext, callStepOptions, type Step, tags, vpcConfig } from "./step";

/** The arguments of {@link modelStep}. */
export interface ModelStepArgs {
  readonly name: string;
  /** Image that serves the model. */
  readonly imageUri: string;
  /** S3 URI of the model artifact. */
  readonly modelUri: Expression;
  readonly roleArn: string;
  readonly context: JobContext;
}

/** A model step, and the reference to its model. */
export interface ModelStep {
  readonly step: Step;
  readonly modelName: Reference;
}

/** Builds a Model step. Its arguments are CreateModel's. */
export function modelStep(args: ModelStepArgs): ModelStep {
  return {
    step: {
      Name: args.name,
      Type: "Model",
      ...callStepOptions,
      Arguments: {
        ...tags(args.context),
        ExecutionRoleArn: args.roleArn,
        PrimaryContainer: { Image: args.imageUri, ModelDataUrl: args.modelUri },
        EnableNetworkIsolation: true,
        ...vpcConfig(args.context),
      },
    },
    modelName: stepProperty(args.name, "ModelName"),
  };
}
