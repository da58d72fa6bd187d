import type {
  ModelRequest,
  ProcessingRequest,
  TransformRequest,
  TuningRequest,
} from "../../pipeline/language/evaluate";
import { modelContainers } from "../../pipeline/language/images";
import { UserError } from "../../errors/userError";
import { hashCode, hashContent, hashFiles, hashJson } from "./contentHash";
import { modelSource, type Source, sourceUri, trainingSource } from "../environments/sources";
import type { Execution } from "../execution/execution";
import type { Images } from "../standins/images";
import type { TrainingDefinition } from "../execution/steps/trainingJob";

type Hyperparameters = Readonly<Record<string, string>>;

/** A dependency of a key is unknown, for example because an input is missing. */
class Unknown extends Error {}

/** The hash of the objects at an S3 URI, with their names for the job. */
async function contentBehind(execution: Execution, uri = ""): Promise<string> {
  try {
    const hash = await hashFiles(execution.store.objectsAt(uri));
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
async function tableContents(execution: Execution): Promise<readonly object[]> {
  return Promise.all(
    execution.tables.map(async (table) => ({
      ...table,
      content: (await hashContent(execution.store.path(table.location))) ?? null,
    })),
  );
}

/** The hash of the program that runs an image's jobs. */
export async function imageHash(images: Images, uri = ""): Promise<string> {
  const image = images.find(uri);
  return image?.container?.id ?? hashCode(image?.sources ?? []);
}

async function processingInput(
  execution: Execution,
  {
    DatasetDefinition: dataset,
    S3Input: s3,
  }: NonNullable<ProcessingRequest["ProcessingInputs"]>[number],
): Promise<object> {
  if (s3 !== undefined) {
    return { path: s3.LocalPath ?? null, content: await contentBehind(execution, s3.S3Uri) };
  }
  const { AthenaDatasetDefinition: athena, LocalPath: path } = dataset ?? {};
  const { Database, OutputCompression, OutputFormat, QueryString, WorkGroup } = athena ?? {};
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
async function channels(
  execution: Execution,
  { InputDataConfig: all = [] }: Pick<TrainingDefinition, "InputDataConfig">,
): Promise<readonly object[]> {
  return Promise.all(
    all.map(async ({ DataSource: source, ...channel }) => ({
      ...channel,
      content: await contentBehind(execution, source?.S3DataSource?.S3Uri),
    })),
  );
}

/** The content of code in S3; the request has its other settings. */
async function sourceContent(
  execution: Execution,
  source: Source | undefined,
): Promise<{ readonly source?: string }> {
  const uri = source && sourceUri(source);
  return uri === undefined ? {} : { source: await contentBehind(execution, uri) };
}

/** What a training job depends on, apart from its hyperparameters. */
async function trainingParts(
  execution: Execution,
  definition: TrainingDefinition,
  hyperparameters: Hyperparameters | undefined,
): Promise<object> {
  const { AlgorithmSpecification: specification = {} } = definition;
  return {
    specification,
    environment: definition.Environment ?? null,
    stopping: definition.StoppingCondition ?? null,
    channels: await channels(execution, definition),
    code: await imageHash(execution.images, definition.AlgorithmSpecification?.TrainingImage),
    ...(await sourceContent(execution, trainingSource(hyperparameters))),
  };
}

async function ifKnown<Value>(key: () => Promise<Value>): Promise<Value | undefined> {
  try {
    return await key();
  } catch (error) {
    if (error instanceof Unknown) {
      return undefined;
    }
    throw error;
  }
}

/**
 * The hash of everything that a processing job depends on: its arguments except output locations and instances, the
 * content of its inputs, and its image's code. Undefined if an input is missing.
 */
export function processingKey(
  execution: Execution,
  request: ProcessingRequest,
): Promise<string | undefined> {
  const { AppSpecification: application, ProcessingInputs: inputs = [] } = request;
  const outputs = request.ProcessingOutputConfig?.Outputs ?? [];
  return ifKnown(async () =>
    hashJson({
      kind: "Processing",
      application,
      instances: request.ProcessingResources?.ClusterConfig?.InstanceCount ?? 1,
      environment: request.Environment ?? null,
      inputs: await Promise.all(inputs.map((input) => processingInput(execution, input))),
      outputs: outputs.map(({ OutputName: name, S3Output: output }) => [
        name ?? null,
        output?.LocalPath ?? null,
      ]),
      code: await imageHash(execution.images, application?.ImageUri),
    }),
  );
}

/**
 * The key of the result of a step, or of one of its jobs by number. SageMaker's cache looks for "a previous run of your
 * current pipeline step" ("Caching pipeline steps"), so other steps and pipelines have other keys.
 *
 * @param content hash of everything that the job depends on
 */
export function resultKey(
  { scope }: Execution,
  content: string | undefined,
  ...place: readonly (number | string)[]
): string | undefined {
  const pipeline = scope.execution.get("PipelineArn") ?? null;
  return content === undefined ? undefined : hashJson([pipeline, ...place, content]);
}

/**
 * The hashes of everything that the training jobs of a definition depend on, by their hyperparameters; undefined if an
 * input is missing. The inputs are read once.
 * @param common the static hyperparameters
 */
export function trainingKeys(
  execution: Execution,
  definition: TrainingDefinition,
  common: Hyperparameters | undefined,
): Promise<((hyperparameters: Hyperparameters) => string) | undefined> {
  return ifKnown(async () => {
    const parts = await trainingParts(execution, definition, common);
    return (hyperparameters) => hashJson({ kind: "Training", hyperparameters, ...parts });
  });
}

/** The hash of the data of a training job; undefined where an input is missing. */
export function dataHash(
  execution: Execution,
  definition: Pick<TrainingDefinition, "InputDataConfig">,
): Promise<string | undefined> {
  return ifKnown(async () => hashJson(await channels(execution, definition)));
}

/** The hash of everything that a tuning job depends on. */
export function tuningKey(
  execution: Execution,
  {
    HyperParameterTuningJobConfig: config,
    TrainingJobDefinition: definition,
    WarmStartConfig: warmStart,
  }: TuningRequest,
): Promise<string | undefined> {
  return ifKnown(async () =>
    hashJson({
      kind: "Tuning",
      config: config ?? null,
      hyperparameters: definition?.StaticHyperParameters ?? null,
      ...(warmStart && { warmStart }),
      ...(definition &&
        (await trainingParts(execution, definition, definition.StaticHyperParameters))),
    }),
  );
}

/** The hash of everything that a transform job depends on, including the model's content. */
export function transformKey(
  execution: Execution,
  request: TransformRequest,
  model: ModelRequest,
): Promise<string | undefined> {
  const { DataSource: source, ...input } = request.TransformInput ?? {};
  const { Accept: accept, AssembleWith: assembleWith } = request.TransformOutput ?? {};
  const container = async ({
    Environment: environment,
    Image: image = "",
    ModelDataUrl,
  }: NonNullable<ModelRequest["PrimaryContainer"]>): Promise<object> => ({
    model: ModelDataUrl === undefined ? null : await contentBehind(execution, ModelDataUrl),
    environment: environment ?? null,
    code: await imageHash(execution.images, image),
    ...(await sourceContent(execution, modelSource(execution.images.find(image), environment))),
  });
  return ifKnown(async () =>
    hashJson({
      kind: "Transform",
      containers: await Promise.all(modelContainers(model).map(container)),
      input,
      content: await contentBehind(execution, source?.S3DataSource?.S3Uri),
      output: [accept ?? null, assembleWith ?? null],
      strategy: request.BatchStrategy ?? null,
      environment: request.Environment ?? null,
      processing: request.DataProcessing ?? null,
    }),
  );
}
