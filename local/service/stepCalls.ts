import { ecrRepository } from "../../pipeline/ecrRepository";
import type { Step } from "../../pipeline/language/definition";
import type {
  ModelRequest,
  ProcessingRequest,
  RegisterModelRequest,
  TrainingRequest,
  TransformRequest,
  TuningRequest,
} from "../../pipeline/language/evaluate";
import { modelContainers } from "../../pipeline/language/images";
import {
  type Actor,
  arn,
  type Call,
  calls,
  creates,
  followsTrials,
  grantsVolumes,
  type Job,
  type Named,
  readsPropertyFiles,
  recordsExecution,
  type Stack,
} from "./calls";
import { queriedTables } from "./queriedTables";
import { creationOf } from "./requestKeys";

/** A step with its request, and what else its calls depend on. */
interface StepRequest {
  readonly type: Step["Type"];
  /** The step's arguments, without expressions. */
  readonly request: object;
  /** The step's name. */
  readonly step: string;
  /** Id of the execution. */
  readonly execution: string;
  /** S3 URIs of the property files that its arguments read. */
  readonly propertyFiles: readonly string[];
  /** The request of the model of a Transform step. */
  readonly model?: ModelRequest | undefined;
}

/** The stack's actor with a role; undefined for other roles. */
export function actorOf(stack: Stack, role: string | undefined): Actor | undefined {
  const prefix = `arn:${stack.partition}:iam::${stack.accountId}:role/`;
  const found = Object.entries(stack.roleNames).find(([, name]) => role === `${prefix}${name}`);
  return found?.[0] as Actor | undefined;
}

/** ARNs of the repositories of images in ECR; other registries need no permissions. */
export function repositoriesOf(images: readonly (string | undefined)[]): readonly string[] {
  return images.flatMap((image = "") => {
    const found = ecrRepository(image);
    return found === undefined
      ? []
      : [`arn:aws:ecr:${found.region}:${found.accountId}:repository/${found.name}`];
  });
}

const withoutSlash = (uri: string): string => uri.replace(/\/$/, "");

/** An object under a prefix, or the prefix itself if it does not end with a slash. */
const objectBelow = (uri: string): string => (uri.endsWith("/") ? `${uri}object` : uri);

/** S3 URIs of a container's model data. */
const dataOf = ({
  ModelDataSource: source,
  ModelDataUrl: uri,
}: {
  readonly ModelDataSource?: { readonly S3DataSource?: { readonly S3Uri?: string } };
  readonly ModelDataUrl?: string;
}): readonly (string | undefined)[] => [uri, source?.S3DataSource?.S3Uri];

/** An object under the URI of an output. */
const written = (uri: string): string => `${withoutSlash(uri)}/object`;

function vpcOf(
  config:
    | { readonly Subnets?: readonly string[]; readonly SecurityGroupIds?: readonly string[] }
    | undefined,
): Stack["vpc"] {
  return (
    config && {
      subnetIds: config.Subnets ?? [],
      securityGroupIds: config.SecurityGroupIds ?? [],
    }
  );
}

function given(values: readonly (string | undefined)[]): readonly string[] {
  return values.filter((one) => one !== undefined);
}

function processingNames(request: ProcessingRequest): Named {
  const { ProcessingInputs: inputs = [], ProcessingOutputConfig: output } = request;
  return {
    repositories: repositoriesOf([request.AppSpecification?.ImageUri]),
    vpc: vpcOf(request.NetworkConfig?.VpcConfig),
    volumeKey: request.ProcessingResources?.ClusterConfig?.VolumeKmsKeyId,
    outputKey: output?.KmsKeyId,
    reads: given(inputs.map(({ S3Input: input }) => input?.S3Uri)).map(objectBelow),
    writes: given((output?.Outputs ?? []).map(({ S3Output: one }) => one?.S3Uri)).map(written),
  };
}

type TrainingDefinition = NonNullable<TuningRequest["TrainingJobDefinition"]>;

function trainingNames(
  request: Omit<TrainingRequest, "HyperParameters"> | TrainingDefinition,
): Named {
  const { CheckpointConfig: checkpoints, OutputDataConfig: output } = request;
  const {
    DebugHookConfig: debugger_,
    ProfilerConfig: profiler,
    TensorBoardOutputConfig: board,
  } = request as Partial<TrainingRequest>;
  const resources =
    "HyperParameterTuningResourceConfig" in request
      ? request.HyperParameterTuningResourceConfig
      : request.ResourceConfig;
  return {
    repositories: repositoriesOf([request.AlgorithmSpecification?.TrainingImage]),
    vpc: vpcOf(request.VpcConfig),
    volumeKey: resources?.VolumeKmsKeyId,
    outputKey: output?.KmsKeyId,
    reads: given(
      (request.InputDataConfig ?? []).map(({ DataSource: from }) => from?.S3DataSource?.S3Uri),
    ).map(objectBelow),
    writes: given([output?.S3OutputPath]).map(withoutSlash),
    reports: given([debugger_?.S3OutputPath, profiler?.S3OutputPath, board?.S3OutputPath]).map(
      written,
    ),
    checkpoints: given([checkpoints?.S3Uri]).map(written),
  };
}

/** The calls of a processing job, with those of its Athena inputs. */
function processingCalls(stack: Stack, job: Job, request: ProcessingRequest): readonly Call[] {
  const named = processingNames(request);
  const isDataWrangler = named.repositories.some((one) =>
    one.endsWith("/sagemaker-data-wrangler-container"),
  );
  const outputs = (request.ProcessingOutputConfig?.Outputs ?? []).map(({ S3Output: one }) =>
    withoutSlash(one?.S3Uri ?? ""),
  );
  const queries = (request.ProcessingInputs ?? []).flatMap(
    ({ DatasetDefinition: dataset }) => dataset?.AthenaDatasetDefinition ?? [],
  );
  const { ContainerArguments: values = [] } = request.AppSpecification ?? {};
  const group = values[values.indexOf("--model-package-group") + 1];
  return [
    ...(isDataWrangler
      ? calls.dataWrangler(stack, { ...job, named: { ...named, writes: outputs } })
      : values.includes("--model-package-group")
        ? calls.challenge(
            { ...stack, challengesChampion: true, modelPackageGroup: group ?? "" },
            { ...job, named },
          )
        : calls.processing(stack, { ...job, named })),
    ...queries.flatMap((query) => {
      const { Database: database = "", KmsKeyId: outputKey, OutputS3Uri: uri = "" } = query;
      const own = `${stack.database}.${stack.table}`;
      const others = queriedTables(query.QueryString ?? "", database).filter(
        (table) => table !== own,
      );
      return calls.athenaInput(
        {
          ...stack,
          catalogue: query.Catalog,
          workGroup: query.WorkGroup ?? "primary",
          baseTables: [...new Set([...stack.baseTables, ...others])],
        },
        { ...job, named: { ...named, outputKey, writes: [withoutSlash(uri)] } },
      );
    }),
  ];
}

/** A job of a step, or its model. */
interface StepJob {
  readonly role: string | undefined;
  /** Whether its role is not passed with the request that creates it: that of a transform is its model's. */
  readonly hasModelsRole?: boolean;
  readonly named: Named;
  readonly calls: readonly Call[];
}

function trainingJob(
  stack: Stack,
  job: Job,
  definition: Omit<TrainingRequest, "HyperParameters"> | TrainingDefinition,
): StepJob {
  const named = trainingNames(definition);
  return { role: definition.RoleArn, named, calls: calls.training(stack, { ...job, named }) };
}

function stepJobs(
  stack: Stack,
  job: Job,
  { model = {}, request, type }: StepRequest,
): readonly StepJob[] {
  switch (type) {
    case "Processing":
    case "QualityCheck": {
      const processing = request as ProcessingRequest;
      const named = processingNames(processing);
      const all =
        type === "Processing"
          ? processingCalls(stack, job, processing)
          : calls.qualityCheck(stack, { ...job, named });
      return [{ role: processing.RoleArn, named, calls: all }];
    }
    case "Training":
      return [trainingJob(stack, job, request as TrainingRequest)];
    case "Tuning": {
      const { TrainingJobDefinition: one, TrainingJobDefinitions: several = [] } =
        request as TuningRequest;
      return [one ?? [], several].flat().map((each) => trainingJob(stack, job, each));
    }
    case "Model": {
      // The job or endpoint that serves it pulls its image and reads its artifact.
      const named = { repositories: [], reads: [], writes: [] };
      return [{ role: (request as ModelRequest).ExecutionRoleArn, named, calls: [] }];
    }
    case "Transform": {
      const {
        DataCaptureConfig: capture,
        TransformInput: input,
        TransformOutput: output,
        TransformResources: resources,
      } = request as TransformRequest;
      const containers = modelContainers(model);
      const named: Named = {
        repositories: repositoriesOf(containers.map(({ Image: image }) => image)),
        vpc: vpcOf(model.VpcConfig),
        volumeKey: resources?.VolumeKmsKeyId,
        outputKey: output?.KmsKeyId,
        reads: given([...containers.flatMap(dataOf), input?.DataSource?.S3DataSource?.S3Uri]).map(
          objectBelow,
        ),
        writes: given([output?.S3OutputPath, capture?.DestinationS3Uri]).map(written),
      };
      const all = calls.transform(stack, { ...job, named });
      return [{ role: model.ExecutionRoleArn, hasModelsRole: true, named, calls: all }];
    }
    default:
      return [];
  }
}

/** The calls of a job with its role; none if the role is not the stack's. */
function callsOf(stack: Stack, { calls: all, named, role }: StepJob): readonly Call[] {
  const actor = actorOf(stack, role);
  // Outside the network, no call passes its endpoints.
  return actor === undefined
    ? []
    : all.map(({ endpoint, ...call }) => ({
        ...call,
        actor,
        ...(named.vpc === undefined || endpoint === undefined ? {} : { endpoint }),
      }));
}

/** The condition key of a transform's model: one of the same execution, or another by its name. */
function modelKey(stack: Stack, { execution, model, request, type }: StepRequest): Call["context"] {
  if (type !== "Transform") {
    return {};
  }
  const { ModelName: name = "" } = request as TransformRequest;
  const own = model === undefined ? name : `pipelines-${execution}-model`;
  return { "sagemaker:ModelArn": arn(stack, "sagemaker", `model/${own}`) };
}

/** All S3 URIs in a value. */
function urisIn(value: unknown): readonly string[] {
  return [...JSON.stringify(value ?? null).matchAll(/"(s3:\/\/[^"]+)"/g)].map(
    ([, uri = ""]) => uri,
  );
}

function registrationCalls(stack: Stack, job: Job, request: RegisterModelRequest): readonly Call[] {
  const containers = request.InferenceSpecification?.Containers ?? [];
  return calls.registerModel(
    {
      ...stack,
      modelPackageGroup: request.ModelPackageGroupName ?? "",
      modelApprovalStatus: request.ModelApprovalStatus ?? "",
    },
    {
      ...job,
      named: {
        repositories: repositoriesOf(containers.map(({ Image: image }) => image)),
        reads: given(containers.flatMap(dataOf)),
        writes: [],
        reports: [
          ...urisIn(request.ModelMetrics),
          ...urisIn(request.DriftCheckBaselines),
          ...given([request.SamplePayloadUrl]),
        ],
      },
    },
  );
}

/**
 * AWS's calls for a step, by its request: those of the pipeline, which creates its job, and those of the job. For a role that
 * is not the stack's, only passing it.
 */
export function stepCalls(stack: Stack, step: StepRequest): readonly Call[] {
  const { execution, propertyFiles, request, type } = step;
  // In the form that the service generates, which the roles' policies match.
  const name = `${type === "Tuning" ? "" : "pipelines-"}${execution}-${step.step}`;
  const job: Job = { name, execution, candidate: "", endpoint: "" };
  const reports =
    propertyFiles.length === 0 ? [] : readsPropertyFiles(stack, [...new Set(propertyFiles)]);
  if (type === "RegisterModel") {
    return [...reports, ...registrationCalls(stack, job, request)];
  }
  const creation = creationOf(type, request, name);
  if (creation === undefined) {
    return reports;
  }
  const jobs = stepJobs(stack, job, step);
  return [
    ...reports,
    ...creates(stack, {
      ...creation,
      context: { ...creation.context, ...modelKey(stack, step) },
      roles: given(jobs.map(({ hasModelsRole, role }) => (hasModelsRole ? undefined : role))),
    }),
    ...(type === "Tuning" ? followsTrials(stack, name) : []),
    ...grantsVolumes(jobs[0]?.named.volumeKey),
    ...recordsExecution(stack, { ...job, name: step.step }),
    ...jobs.flatMap((one) => callsOf(stack, one)),
  ];
}
