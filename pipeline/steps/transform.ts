import type { TransformStep } from "../language/definition";
import { type Reference, stepProperty, type StringExpression } from "../language/expressions";
import { parameter } from "../parameters";
import { cached, type JobContext, jobRetries, tags } from "./step";

export interface TransformStepArgs {
  readonly name: string;
  readonly modelName: StringExpression;
  /** S3 URI of a folder of CSV rows, label first, with a final slash. */
  readonly inputUri: StringExpression;
  readonly outputUri: StringExpression;
  readonly context: JobContext;
}

/** A transform step, and the reference to its output. */
export interface Transform {
  readonly step: TransformStep;
  /** S3 URI of CSV rows: the label, and the prediction for the rest of its row. */
  readonly outputUri: Reference;
}

/**
 * Builds a Transform step that predicts labelled CSV rows: the model does not get the label, which is joined to its
 * prediction. Its arguments are CreateTransformJob's.
 */
export function transformStep(args: TransformStepArgs): Transform {
  return {
    step: {
      Name: args.name,
      Type: "Transform",
      RetryPolicies: jobRetries,
      CacheConfig: cached,
      Arguments: {
        Tags: tags(args.context),
        ModelName: args.modelName,
        BatchStrategy: "MultiRecord",
        TransformInput: {
          DataSource: { S3DataSource: { S3DataType: "S3Prefix", S3Uri: args.inputUri } },
          ContentType: "text/csv",
          SplitType: "Line",
        },
        TransformOutput: {
          S3OutputPath: args.outputUri,
          Accept: "text/csv",
          AssembleWith: "Line",
          KmsKeyId: args.context.kmsKeyArn,
        },
        TransformResources: {
          InstanceType: parameter("TrainingInstanceType"),
          InstanceCount: 1,
          VolumeKmsKeyId: args.context.kmsKeyArn,
        },
        DataProcessing: { InputFilter: "$[1:]", JoinSource: "Input", OutputFilter: "$[0,-1]" },
      },
    },
    outputUri: stepProperty(args.name, "TransformOutput.S3OutputPath"),
  };
}
