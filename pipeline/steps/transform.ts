import type { DefinitionArgs } from "../definitionArgs";
import type { TransformStep } from "../language/definition";
import type { StringExpression } from "../language/expressions";
import { parameter } from "../parameters";
import { cached, jobRetries, tags } from "./step";

/**
 * Builds a Transform step that predicts labelled CSV rows: the model does not get the label, which is joined to its
 * prediction. Its arguments are CreateTransformJob's.
 *
 * @param inputUri S3 URI of a folder of CSV rows, label first, with a final slash
 * @param outputUri S3 URI of CSV rows: the label, and the prediction for the rest of its row
 */
export function transformStep(
  { context }: DefinitionArgs,
  name: string,
  modelName: StringExpression,
  inputUri: StringExpression,
  outputUri: StringExpression,
): TransformStep {
  return {
    Name: name,
    Type: "Transform",
    RetryPolicies: jobRetries,
    CacheConfig: cached,
    Arguments: {
      Tags: tags(context),
      ModelName: modelName,
      BatchStrategy: "MultiRecord",
      TransformInput: {
        DataSource: { S3DataSource: { S3DataType: "S3Prefix", S3Uri: inputUri } },
        ContentType: "text/csv",
        SplitType: "Line",
      },
      TransformOutput: {
        S3OutputPath: outputUri,
        Accept: "text/csv",
        AssembleWith: "Line",
        KmsKeyId: context.kmsKeyArn,
      },
      TransformResources: {
        InstanceType: parameter("TrainingInstanceType"),
        InstanceCount: 1,
        VolumeKmsKeyId: context.kmsKeyArn,
      },
      DataProcessing: { InputFilter: "$[1:]", JoinSource: "Input", OutputFilter: "$[0,-1]" },
    },
  };
}
