import {
  paginateListModelPackageGroups,
  paginateListPipelines,
  type SageMakerClient,
} from "@aws-sdk/client-sagemaker";

import type { StackOutputs } from "../contract/outputs";

/** A pipeline, as in the stack's exports. */
export type Pipeline = Pick<StackOutputs, "pipelineArn" | "pipelineName">;

/** All pipelines that a client can list. */
export async function registeredPipelines(client: SageMakerClient): Promise<readonly Pipeline[]> {
  const found: Pipeline[] = [];
  for await (const page of paginateListPipelines({ client, pageSize: 100 }, {})) {
    for (const { PipelineArn: arn = "", PipelineName: name = "" } of page.PipelineSummaries ?? []) {
      found.push({ pipelineArn: arn, pipelineName: name });
    }
  }
  return found;
}

/** The names of all model package groups that a client can list, sorted. */
export async function registeredGroups(client: SageMakerClient): Promise<readonly string[]> {
  const found: string[] = [];
  const request = { SortBy: "Name", SortOrder: "Ascending" } as const;
  for await (const page of paginateListModelPackageGroups({ client, pageSize: 100 }, request)) {
    const groups = page.ModelPackageGroupSummaryList ?? [];
    found.push(...groups.flatMap(({ ModelPackageGroupName: name }) => name ?? []));
  }
  return found;
}
