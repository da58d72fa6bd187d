import type { DefinitionArgs } from "../definitionArgs";
import type { ModelStep } from "../language/definition";
import type { StringExpression } from "../language/expressions";
import { callRetries, tags, vpcConfig } from "./step";

/**
 * Builds a Model step. Its arguments are CreateModel's.
 *
 * @param imageUri image that serves the model
 * @param modelUri S3 URI of the model artifact
 */
export function modelStep(
  { context, roles }: DefinitionArgs,
  name: string,
  imageUri: string,
  modelUri: StringExpression,
): ModelStep {
  return {
    Name: name,
    Type: "Model",
    RetryPolicies: callRetries,
    Arguments: {
      Tags: tags(context),
      ExecutionRoleArn: roles.evaluation,
      PrimaryContainer: { Image: imageUri, ModelDataUrl: modelUri },
      EnableNetworkIsolation: true,
      VpcConfig: vpcConfig(context),
    },
  };
}
