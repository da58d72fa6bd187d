import type { Json, JsonObject } from "../../pipeline/expressions";
import { at, isObject, object, objects, text } from "../../pipeline/walk";
import { UserError } from "../../terminal/errors";
import { hashCode, hashContent, hashFiles, hashJson } from "./contentHash";
import type { Execution } from "../execution";

/** What a key is made of cannot be told, for example since an input is missing. */
class Unknown extends Error {}

/** The hash of the objects that a job finds at an S3 URI, by the names that it finds them under. */
async function contentBehind(execution: Execution, uri: Json | undefined): Promise<string> {
  try {
    const hash = await hashFiles(execution.store.objectsAt(text(uri)));
    if (hash !== undefined) {
      return hash;
    }
  } catch (error) {
    if (!(error instanceof UserError)) {
      throw error;
    }
  }
  throw new Unknown();
}

/** The tables that an Athena query can read, with the hashes of their files. */
async function tableContents(execution: Execution): Promise<readonly Json[]> {
  return Promise.all(
    execution.tables.map(async (table) => ({
      ...(table as unknown as JsonObject),
      content: (await hashContent(execution.store.path(table.location))) ?? null,
    })),
  );
}

async function imageHash(execution: Execution, uri: Json | undefined): Promise<string> {
  const image = execution.images.find(text(uri));
  return image?.container?.id ?? hashCode(image?.sources ?? []);
}

async function processingInput(execution: Execution, input: JsonObject): Promise<Json> {
  const s3 = input["S3Input"];
  if (isObject(s3)) {
    return {
      path: s3["LocalPath"] ?? null,
      content: await contentBehind(execution, s3["S3Uri"]),
    };
  }
  const { AthenaDatasetDefinition: athena, LocalPath: path } = object(input["DatasetDefinition"]);
  const { Database, OutputCompression, OutputFormat, QueryString, WorkGroup } = object(athena);
  return {
    path: path ?? null,
    query: [Database, QueryString, OutputFormat, OutputCompression].map((one) => one ?? null),
    workGroup: execution.workGroups.some(
      (one) => one.name === WorkGroup && one.enforcesConfiguration,
    ),
    tables: await tableContents(execution),
  };
}

/** The channels of a training job, with the hashes of their content. */
async function channels(execution: Execution, definition: JsonObject): Promise<readonly Json[]> {
  return Promise.all(
    objects(definition["InputDataConfig"]).map(async ({ DataSource: source, ...channel }) => ({
      ...channel,
      content: await contentBehind(execution, object(object(source)["S3DataSource"])["S3Uri"]),
    })),
  );
}

/** What a training job depends on, beside its hyperparameters. */
async function trainingParts(execution: Execution, definition: JsonObject): Promise<JsonObject> {
  const specification = object(definition["AlgorithmSpecification"]);
  return {
    specification,
    environment: definition["Environment"] ?? null,
    stopping: definition["StoppingCondition"] ?? null,
    channels: await channels(execution, definition),
    code: await imageHash(execution, specification["TrainingImage"]),
  };
}

async function orUndefined<Value>(key: Promise<Value>): Promise<Value | undefined> {
  try {
    return await key;
  } catch (error) {
    if (error instanceof Unknown) {
      return undefined;
    }
    throw error;
  }
}

/**
 * The hash of all that a processing job depends on: its arguments but for where its outputs go and what it
 * runs on, the content behind its inputs, and the code of its image. Undefined where an input is missing.
 */
export function processingKey(execution: Execution, args: JsonObject): Promise<string | undefined> {
  const key = async (): Promise<string> => {
    const application = object(args["AppSpecification"]);
    return hashJson({
      kind: "Processing",
      application,
      instances: at(args, "ProcessingResources", "ClusterConfig", "InstanceCount") ?? 1,
      environment: args["Environment"] ?? null,
      inputs: await Promise.all(
        objects(args["ProcessingInputs"]).map((input) => processingInput(execution, input)),
      ),
      outputs: objects(object(args["ProcessingOutputConfig"])["Outputs"]).map((output) => [
        output["OutputName"] ?? null,
        object(output["S3Output"])["LocalPath"] ?? null,
      ]),
      code: await imageHash(execution, application["ImageUri"]),
    });
  };
  return orUndefined(key());
}

/**
 * The hashes of all that the training jobs of a definition depend on, by their hyperparameters; undefined
 * where an input is missing. The inputs are read once.
 */
export function trainingKeys(
  execution: Execution,
  definition: JsonObject,
): Promise<((hyperparameters: JsonObject) => string) | undefined> {
  const keys = async (): Promise<(hyperparameters: JsonObject) => string> => {
    const parts = await trainingParts(execution, definition);
    return (hyperparameters) => hashJson({ kind: "Training", hyperparameters, ...parts });
  };
  return orUndefined(keys());
}

/** The hash of all that a tuning job depends on. */
export function tuningKey(execution: Execution, args: JsonObject): Promise<string | undefined> {
  const definition = object(args["TrainingJobDefinition"]);
  const key = async (): Promise<string> =>
    hashJson({
      kind: "Tuning",
      config: args["HyperParameterTuningJobConfig"] ?? null,
      hyperparameters: definition["StaticHyperParameters"] ?? null,
      ...(await trainingParts(execution, definition)),
    });
  return orUndefined(key());
}

/** The hash of all that a transform job depends on: the model's content among it. */
export function transformKey(
  execution: Execution,
  args: JsonObject,
  model: JsonObject,
): Promise<string | undefined> {
  const container = object(model["PrimaryContainer"]);
  const { DataSource: source, ...input } = object(args["TransformInput"]);
  const { Accept: accept, AssembleWith: assembleWith } = object(args["TransformOutput"]);
  const key = async (): Promise<string> =>
    hashJson({
      kind: "Transform",
      model: await contentBehind(execution, container["ModelDataUrl"]),
      modelEnvironment: container["Environment"] ?? null,
      input,
      content: await contentBehind(execution, object(object(source)["S3DataSource"])["S3Uri"]),
      output: [accept ?? null, assembleWith ?? null],
      strategy: args["BatchStrategy"] ?? null,
      environment: args["Environment"] ?? null,
      processing: args["DataProcessing"] ?? null,
      code: await imageHash(execution, container["Image"]),
    });
  return orUndefined(key());
}
