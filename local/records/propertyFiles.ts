import type { PipelineDefinition } from "../../pipeline/language/definition";
import { ExpressionError, type ProcessingRequest } from "../../pipeline/language/evaluate";
import { allSteps } from "../../pipeline/language/graph";
import type { Json } from "../../pipeline/language/json";
import type { Execution } from "../execution/execution";

/** The S3 URI of a property file of a finished step, if it exists. */
export function propertyFileUri(
  definition: PipelineDefinition,
  described: Execution["described"],
  step: string,
  name: string,
): string | undefined {
  const placed = allSteps(definition).find((one) => one.step.Name === step);
  const files = placed?.step.Type === "Processing" ? placed.step.PropertyFiles : undefined;
  const file = files?.find((one) => one.PropertyFileName === name);
  const { ProcessingOutputConfig: outputs }: Partial<ProcessingRequest> = described.get(step) ?? {};
  const output = outputs?.Outputs?.find((one) => one.OutputName === file?.OutputName);
  return file === undefined || output?.S3Output === undefined
    ? undefined
    : `${(output.S3Output.S3Uri ?? "").replace(/\/$/, "")}/${file.FilePath}`;
}

/**
 * Reads a property file of a finished step.
 * @throws ExpressionError if the step did not write it, or it is not JSON
 */
export function readPropertyFile(
  definition: PipelineDefinition,
  execution: Pick<Execution, "described" | "store">,
  step: string,
  name: string,
): Json {
  const uri = propertyFileUri(definition, execution.described, step, name);
  if (uri === undefined) {
    throw new ExpressionError(`step ${step} has no property file ${name}`);
  }
  if (!execution.store.isObject(uri)) {
    throw new ExpressionError(`step ${step} has not written its property file ${name}, ${uri}`);
  }
  return readJson(execution.store, uri, `the property file ${name} of step ${step}`);
}

/**
 * Reads a JSON document in S3.
 * @throws ExpressionError if it does not exist, or is not JSON
 */
export function readDocument(store: Execution["store"], uri: string): Json {
  if (!store.isObject(uri)) {
    throw new ExpressionError(`there is no object ${uri}`);
  }
  return readJson(store, uri, uri);
}

function readJson(store: Execution["store"], uri: string, name: string): Json {
  try {
    return JSON.parse(store.read(uri)) as Json;
  } catch (error) {
    throw new ExpressionError(`${name} is not JSON: ${(error as Error).message}`);
  }
}
