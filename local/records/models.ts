import type { DescribeModelOutput } from "@aws-sdk/client-sagemaker";

import type { Recorded } from "./executionDocument";
import { listDocuments } from "./executions";
import { impliedResource, type Resource, Resources } from "./resources";
import type { Workspace } from "./workspace";

/** The models that Model steps created, from the records of executions. */
function stepModels(workspace: Workspace): readonly Resource[] {
  return listDocuments(workspace).flatMap(({ steps }) =>
    steps
      .filter(({ StepStatus, StepType }) => StepType === "Model" && StepStatus === "Succeeded")
      .map(({ Properties = {} }): Resource => {
        const { CreationTime, ModelArn, ModelName }: Partial<Recorded<DescribeModelOutput>> =
          Properties;
        return impliedResource(ModelName ?? "", ModelArn ?? "", CreationTime ?? "", Properties);
      }),
  );
}

/** The models of a work folder, created through the API or by Model steps. */
export function listModels(workspace: Workspace): readonly Resource[] {
  return [...new Resources(workspace, "model").list(), ...stepModels(workspace)];
}

/** A model by its name; undefined if there is none. */
export function findModel(workspace: Workspace, name: string): Resource | undefined {
  return listModels(workspace).find((one) => one.name.toLowerCase() === name.toLowerCase());
}
