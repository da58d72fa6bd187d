import {
  StartPipelineExecutionCommand,
  StopPipelineExecutionCommand,
} from "@aws-sdk/client-sagemaker";
import { randomUUID } from "node:crypto";

import { UserError } from "../../terminal/errors";
import { parameterValues } from "../../terminal/parameters";
import type { JsonObject } from "../../pipeline/expressions";
import {
  describeExecution,
  executionArn,
  executionId,
  hasEnded,
  type Pipeline,
} from "../executions";
import { sageMaker } from "../sageMaker";
import { definitionOf, stepsOf } from "../steps";
import { snapshotJson, snapshotText, watch, type WatchOptions } from "../watch";

const print = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

function parseDefinition(definition: string): JsonObject {
  try {
    return JSON.parse(definition) as JsonObject;
  } catch (error) {
    throw new UserError(`the export pipelineDefinition is not JSON: ${(error as Error).message}`);
  }
}

/** The parameters of StartPipelineExecution: those given, in the order of the definition. */
function givenParameters(
  definition: string,
  given: ReadonlyMap<string, string>,
): { readonly Name: string; readonly Value: string }[] {
  const values = parameterValues(parseDefinition(definition), given);
  return [...values].flatMap(([name, value]) => {
    // Numbers are written as the service reads them: 1e1, which is one to JavaScript, as 10.
    const text = typeof value === "string" ? value : JSON.stringify(value);
    return given.has(name) ? [{ Name: name, Value: text }] : [];
  });
}

/**
 * Starts the pipeline.
 *
 * @param given values of parameters, by name; the others have their defaults
 * @param wait whether to watch the execution to its end
 * @returns the exit code
 * @throws UserError where a parameter is unknown or its value is not allowed; then nothing is started
 */
export async function start(
  pipeline: Pipeline & { readonly pipelineDefinition: string },
  given: ReadonlyMap<string, string>,
  wait: boolean,
  options: WatchOptions,
): Promise<number> {
  const parameters = givenParameters(pipeline.pipelineDefinition, given);
  const client = sageMaker(pipeline.region);
  const { PipelineExecutionArn: arn = "" } = await client.send(
    new StartPipelineExecutionCommand({
      PipelineName: pipeline.pipelineName,
      PipelineParameters: parameters,
      // Where the SDK tries again, the service must not start a second execution.
      ClientRequestToken: randomUUID(),
    }),
  );
  if (!options.json) {
    print(arn);
  } else if (!wait) {
    print(JSON.stringify({ execution: executionId(arn), arn }));
  }
  return wait ? watch(client, pipeline, arn, options) : 0;
}

/**
 * Shows the steps of an execution, once or until it ends.
 *
 * @param named the execution; by default the latest
 * @returns the exit code: where it is watched, 0 only where it succeeded
 */
export async function status(
  pipeline: Pipeline,
  named: string | undefined,
  following: boolean,
  options: WatchOptions,
): Promise<number> {
  const client = sageMaker(pipeline.region);
  const arn = await executionArn(client, pipeline, named);
  const execution = await describeExecution(client, pipeline, arn);
  if (following) {
    return watch(client, pipeline, arn, options);
  }
  const steps = await stepsOf(client, arn, await definitionOf(client, arn));
  const now = { execution, steps };
  print(options.json ? snapshotJson(now) : snapshotText(now, pipeline));
  return 0;
}

/**
 * Stops an execution.
 *
 * @param named the execution; by default the latest
 * @throws UserError where it has ended already
 */
export async function stop(
  pipeline: Pipeline,
  named: string | undefined,
  json: boolean,
): Promise<void> {
  const client = sageMaker(pipeline.region);
  const arn = await executionArn(client, pipeline, named);
  const execution = await describeExecution(client, pipeline, arn);
  if (hasEnded(execution)) {
    throw new UserError(`execution ${execution.id} has ended already: ${execution.status}`);
  }
  await client.send(
    new StopPipelineExecutionCommand({
      PipelineExecutionArn: arn,
      ClientRequestToken: randomUUID(),
    }),
  );
  const { id } = execution;
  print(json ? JSON.stringify({ execution: id, arn }) : `execution ${id}: Stopping`);
}
