import { paginateListModelPackageGroups, paginateListPipelines } from "@aws-sdk/client-sagemaker";

import type { StackOutputs } from "../../contract/outputs";
import { type ClientConfig, sageMaker } from "./clients";

/** A pipeline, as in the stack's exports. */
export type Pipeline = Pick<StackOutputs, "pipelineArn" | "pipelineName">;

/** All pipelines that a client can list. */
export async function registeredPipelines(config: ClientConfig): Promise<readonly Pipeline[]> {
  const found: Pipeline[] = [];
  const client = sageMaker(config);
  for await (const page of paginateListPipelines({ client, pageSize: 100 }, {})) {
    for (const { PipelineArn: arn = "", PipelineName: name = "" } of page.PipelineSummaries ?? []) {
      found.push({ pipelineArn: arn, pipelineName: name });
    }
  }
  return found;
}

/** The names of all model package groups that a client can list, sorted. */
export async function registeredGroups(config: ClientConfig): Promise<readonly string[]> {
  const found: string[] = [];
  const client = sageMaker(config);
  const request = { SortBy: "Name", SortOrder: "Ascending" } as const;
  for await (const page of paginateListModelPackageGroups({ client, pageSize: 100 }, request)) {
    const groups = page.ModelPackageGroupSummaryList ?? [];
    found.push(...groups.flatMap(({ ModelPackageGroupName: name }) => name ?? []));
  }
  return found;
}
