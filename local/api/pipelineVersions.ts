import type {
  UpdatePipelineVersionRequest,
  UpdatePipelineVersionResponse,
} from "@aws-sdk/client-sagemaker";

import { type PipelineVersion, versionOf, versionsOf } from "./definitionVersions";
import { refuseUnsupported } from "./errors";
import { filtered, pageOf } from "./pages";
import { executionsOf, findPipeline } from "./pipelines";
import type { SageMakerOperations } from "./operation";
import type { World } from "./world";

function update(
  world: World,
  request: UpdatePipelineVersionRequest,
): UpdatePipelineVersionResponse {
  refuseUnsupported(request, ["PipelineVersionAliasOperations"]);
  const { PipelineVersionDescription, PipelineVersionDisplayName, PipelineVersionId } = request;
  const pipeline = findPipeline(world, request.PipelineArn);
  const wanted = versionOf(pipeline, PipelineVersionId);
  const changed: PipelineVersion = {
    ...wanted,
    PipelineVersionDescription: PipelineVersionDescription ?? wanted.PipelineVersionDescription,
    PipelineVersionDisplayName: PipelineVersionDisplayName ?? wanted.PipelineVersionDisplayName,
  };
  const Versions = versionsOf(pipeline).map((one) => (one === wanted ? changed : one));
  world.update(pipeline, "pipeline", { Versions });
  return { PipelineArn: pipeline.arn, PipelineVersionId };
}

/** The operations on versions of pipelines. */
export const pipelineVersions = {
  ListPipelineVersions(world, request) {
    const pipeline = findPipeline(world, request.PipelineName);
    const executions = executionsOf(world, pipeline);
    const items = versionsOf(pipeline).map((version) => ({
      version,
      name: String(version.PipelineVersionId),
      creationTime: version.CreationTime,
    }));
    const page = pageOf(filtered(items, request), request, {
      key: ({ name }) => name,
      sorts: { CreationTime: ({ version }) => version.PipelineVersionId },
      defaultSort: "CreationTime",
      defaultOrder: "Descending",
    });
    return {
      NextToken: page.NextToken,
      PipelineVersionSummaries: page.items.map(({ version }) => ({
        ...version,
        PipelineArn: pipeline.arn,
        LastExecutionPipelineExecutionArn: executions.find(
          ({ execution }) => execution.PipelineVersionId === version.PipelineVersionId,
        )?.execution.PipelineExecutionArn,
      })),
    };
  },

  UpdatePipelineVersion: update,
} satisfies SageMakerOperations;
