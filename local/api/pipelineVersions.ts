import type {
  ListPipelineVersionsRequest,
  UpdatePipelineVersionRequest,
  UpdatePipelineVersionResponse,
} from "@aws-sdk/client-sagemaker";

import { type PipelineVersion, versionOf, versionsOf } from "./definitionVersions";
import { refuseUnsupported } from "./errors";
import type { Answer } from "./operation";
import { filtered, pageOf } from "./pages";
import { executionsOf, findPipeline } from "./pipelines";
import type { World } from "./world";

function list(world: World, request: ListPipelineVersionsRequest): Answer {
  const pipeline = findPipeline(world, request.PipelineName ?? "");
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
}

function update(
  world: World,
  request: UpdatePipelineVersionRequest,
): UpdatePipelineVersionResponse {
  refuseUnsupported(request, ["PipelineVersionAliasOperations"]);
  const { PipelineVersionDescription, PipelineVersionDisplayName, PipelineVersionId } = request;
  const pipeline = findPipeline(world, request.PipelineArn ?? "");
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
  ListPipelineVersions: list,
  UpdatePipelineVersion: update,
};
