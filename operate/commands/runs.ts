import { formatListing } from "../../terminal/listing";
import { executionListing, type ListedExecution } from "../../terminal/tables";
import { describeExecution, latestExecutions, type Pipeline } from "../executions";
import { listModels } from "../models";
import { sageMaker } from "../sageMaker";

/**
 * The latest executions of the pipeline as a table, or as JSON, with the models that they registered.
 * @param most how many
 */
export async function runs(
  pipeline: Pipeline & { readonly modelPackageGroupName: string },
  most: number,
  json: boolean,
): Promise<string> {
  const client = sageMaker(pipeline.region);
  const models = await listModels(client, pipeline.modelPackageGroupName, most);
  const winners = new Map(models.map((model) => [model.metadata["PipelineExecution"], model]));
  const executions: ListedExecution[] = [];
  // One after the other: the service allows few such calls a second.
  for (const { PipelineExecutionArn: arn = "" } of await latestExecutions(client, pipeline, most)) {
    const execution = await describeExecution(client, pipeline, arn);
    const model = winners.get(execution.id);
    executions.push({
      ...execution,
      ...(model === undefined
        ? {}
        : {
            winner: {
              name: model.candidate,
              r2: model.r2 ?? Number.NaN,
              version: model.version,
            },
          }),
    });
  }
  return formatListing(executionListing(executions), json);
}
