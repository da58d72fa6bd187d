import { type Expression, type Reference, stepProperty } from "../expressions";
import { parameter } from "../parameters";
import { cached, type JobContext, jobStepOptions, type Step, tags } from "./step";

/** The arguments of {@link transformStep}. */
export interface TransformStepArgs {
  readonly name: string;
  readonly modelName: Expression;
  /** S3 URI of a folder of CSV rows, label first, with a slash at its end. */
  readonly inputUri: Expression;
  readonly outputUri: Expression;
  readonly context: JobContext;
}

/** A transform step, and the reference to what it writes. */
export interface TransformStep {
  readonly step: Step;
  /** S3 URI of CSV rows: the label, and the prediction for the rest of its row. */
  readonly outputUri: Reference;
}

/**
 * Builds a Transform step that predicts labelled CSV rows: the label is held back from the model, and
 * joined to its answer. Its arguments are CreateTransformJob's.
 */
export function transformStep(args: TransformStepArgs): TransformStep {
  return {
    step: {
      Name: args.name,
      Type: "Transform",
      ...jobStepOptions,
      ...cached,
      Arguments: {
        ...tags(args.context),
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
