import type {
  CreateEndpointConfigInput,
  CreateEndpointInput,
  CreateModelInput,
  DeleteEndpointConfigInput,
  DeleteEndpointInput,
  DeleteModelInput,
  DescribeEndpointConfigInput,
  DescribeEndpointInput,
  DescribeModelInput,
  DescribeModelOutput,
  ProductionVariant,
  UpdateEndpointInput,
} from "@aws-sdk/client-sagemaker";

import { executionId, type Recorded } from "../records/executionDocument";
import { findDocument, listHeads } from "../records/executions";
import type { Resource, ResourceKind } from "../records/resources";
import type { ServingContainer } from "../environments/serving";
import type { EndpointModel } from "./endpointServers";
import { asInvalid, invalid, refuseUnsupported } from "./errors";
import type { Answer } from "./operation";
import { filtered, pageOf, type PageRequest, type TimeFilters } from "./pages";
import { findPackage } from "./registry";
import type { World } from "./world";

/** Names of kinds in the service's errors. */
const titles = {
  endpoint: "endpoint",
  "endpoint-config": "endpoint configuration",
  model: "model",
} as const;

type Kind = keyof typeof titles;

/** Refuses an existing name. Evidence for the message: `Session.create_model` of the SageMaker Python SDK. */
function refuseExisting(world: World, kind: Kind, name: string): void {
  const existing = world.of(kind).find(name);
  if (existing !== undefined) {
    throw invalid(`Cannot create already existing ${titles[kind]} "${existing.arn}".`);
  }
}

/**
 * Evidence for the message: `Session._deploy_done` and others in the SageMaker Python SDK check for "Could not find".
 * @throws ApiError if there is none
 */
function existing(world: World, kind: Kind, name = ""): Resource {
  const found = world.of(kind).find(name);
  if (found === undefined) {
    throw invalid(
      `Could not find ${titles[kind]} "${world.arnPrefix}:${kind}/${name.toLowerCase()}".`,
    );
  }
  return found;
}

/** The models that Model steps created, from the records of executions. */
async function stepModels(world: World): Promise<readonly Resource[]> {
  const documents = await asInvalid(() =>
    listHeads(world.workspace).flatMap(
      (head) => findDocument(world.workspace, executionId(head)) ?? [],
    ),
  );
  return documents.flatMap(({ steps }) =>
    steps
      .filter(({ StepStatus, StepType }) => StepType === "Model" && StepStatus === "Succeeded")
      .map(({ Properties = {} }): Resource => {
        const { CreationTime, ModelArn, ModelName }: Partial<Recorded<DescribeModelOutput>> =
          Properties;
        const creationTime = CreationTime ?? "";
        return {
          version: 1,
          name: ModelName ?? "",
          arn: ModelArn ?? "",
          creationTime,
          lastModifiedTime: creationTime,
          tags: [],
          request: Properties,
        };
      }),
  );
}

async function findModel(world: World, name = ""): Promise<Resource> {
  const own = world.of("model").find(name);
  const made =
    own ?? (await stepModels(world)).find((one) => one.name.toLowerCase() === name.toLowerCase());
  return made ?? existing(world, "model", name);
}

/**
 * The containers of a model, in order: its own, or those of their model packages.
 * @throws ApiError if there is no such package, or both have an environment (aws/sagemaker-python-sdk#3397)
 */
function containersOf(
  world: World,
  { Containers = [], PrimaryContainer }: Partial<CreateModelInput>,
): readonly ServingContainer[] {
  const all = [...(PrimaryContainer === undefined ? [] : [PrimaryContainer]), ...Containers];
  return all.flatMap((container): readonly ServingContainer[] => {
    const { Environment: environment = {}, ModelPackageName: arn } = container;
    if (arn === undefined) {
      return [container];
    }
    const packaged = findPackage(world, arn).request.InferenceSpecification?.Containers ?? [];
    const hasBoth = packaged.some((one) => one.Environment !== undefined);
    if (hasBoth && Object.keys(environment).length > 0) {
      throw invalid("Environment variable map cannot be specified both at Model Package and Model");
    }
    return packaged.map((one) => ({ ...one, Environment: one.Environment ?? environment }));
  });
}

/** The only variant of an endpoint configuration. */
function variantOf(config: Resource | undefined): Partial<ProductionVariant> {
  const { ProductionVariants = [] }: Partial<CreateEndpointConfigInput> = config?.request ?? {};
  return ProductionVariants[0] ?? {};
}

/** The name of an endpoint's configuration. */
function configNameOf(endpoint: Resource): string {
  const { EndpointConfigName: name = "" }: Partial<CreateEndpointInput> = endpoint.request;
  return name;
}

/** The model that an endpoint configuration serves. */
async function modelOf(world: World, config: Resource): Promise<EndpointModel> {
  const variant = variantOf(config);
  const model = await findModel(world, variant.ModelName);
  return { variant: variant.VariantName ?? "", containers: containersOf(world, model.request) };
}

function createModel(world: World, request: CreateModelInput): Answer {
  const name = request.ModelName ?? "";
  refuseExisting(world, "model", name);
  if (request.PrimaryContainer === undefined && (request.Containers ?? []).length === 0) {
    throw invalid("A model needs a PrimaryContainer or Containers.");
  }
  containersOf(world, request);
  if (request.InferenceExecutionConfig?.Mode === "Direct") {
    throw invalid("InferenceExecutionConfig.Mode Direct is not supported on this machine");
  }
  return { ModelArn: world.create("model", name, { ...request }).arn };
}

async function describeModel(world: World, request: DescribeModelInput): Promise<Answer> {
  const { arn, creationTime, name, request: own } = await findModel(world, request.ModelName);
  return { ...own, ModelName: name, ModelArn: arn, CreationTime: creationTime };
}

function removal(
  kind: Exclude<Kind, "endpoint">,
  nameOf: (request: DeleteEndpointConfigInput & DeleteModelInput) => string | undefined,
): (world: World, request: DeleteEndpointConfigInput & DeleteModelInput) => Answer {
  return (world, request) => {
    world.of(kind).remove(existing(world, kind, nameOf(request)));
    return {};
  };
}

async function createConfig(world: World, request: CreateEndpointConfigInput): Promise<Answer> {
  refuseUnsupported(request, [
    ...["AsyncInferenceConfig", "ExplainerConfig", "ShadowProductionVariants"],
  ]);
  if (request.DataCaptureConfig?.EnableCapture === true) {
    throw invalid("DataCaptureConfig.EnableCapture is not supported on this machine");
  }
  const name = request.EndpointConfigName ?? "";
  refuseExisting(world, "endpoint-config", name);
  const variants = request.ProductionVariants ?? [];
  if (variants.length !== 1 || variants[0]?.ModelName === undefined) {
    throw invalid("One production variant with a ModelName is served on this machine.");
  }
  await findModel(world, variants[0].ModelName);
  return { EndpointConfigArn: world.create("endpoint-config", name, { ...request }).arn };
}

function describeConfig(world: World, request: DescribeEndpointConfigInput): Answer {
  const {
    arn,
    creationTime,
    name,
    request: own,
  } = existing(world, "endpoint-config", request.EndpointConfigName);
  return {
    ...own,
    EndpointConfigName: name,
    EndpointConfigArn: arn,
    CreationTime: creationTime,
  };
}

async function createEndpoint(world: World, request: CreateEndpointInput): Promise<Answer> {
  const name = request.EndpointName ?? "";
  refuseExisting(world, "endpoint", name);
  const config = existing(world, "endpoint-config", request.EndpointConfigName);
  const model = await modelOf(world, config);
  const { arn } = world.create("endpoint", name, { ...request });
  world.endpoints.start(name, model);
  return { EndpointArn: arn };
}

async function updateEndpoint(world: World, request: UpdateEndpointInput): Promise<Answer> {
  refuseUnsupported(request, ["RetainAllVariantProperties", "ExcludeRetainedVariantProperties"]);
  const endpoint = existing(world, "endpoint", request.EndpointName);
  const { status } = world.endpoints.state(endpoint.name);
  if (status === "Creating" || status === "Updating") {
    throw invalid(`Cannot update in-progress endpoint "${endpoint.arn}".`);
  }
  const config = existing(world, "endpoint-config", request.EndpointConfigName);
  const model = await modelOf(world, config);
  world.update(endpoint, "endpoint", { EndpointConfigName: config.name });
  world.endpoints.start(endpoint.name, model);
  return { EndpointArn: endpoint.arn };
}

function describeEndpoint(world: World, request: DescribeEndpointInput): Answer {
  const endpoint = existing(world, "endpoint", request.EndpointName);
  const { failureReason, status } = world.endpoints.state(endpoint.name);
  const configName = configNameOf(endpoint);
  const variant = variantOf(world.of("endpoint-config").find(configName));
  const count = variant.InitialInstanceCount ?? 1;
  return {
    EndpointName: endpoint.name,
    EndpointArn: endpoint.arn,
    EndpointConfigName: configName,
    EndpointStatus: status,
    FailureReason: failureReason?.slice(0, 1024),
    CreationTime: endpoint.creationTime,
    LastModifiedTime: endpoint.lastModifiedTime,
    ProductionVariants: [
      {
        VariantName: variant.VariantName ?? "AllTraffic",
        CurrentWeight: variant.InitialVariantWeight ?? 1,
        DesiredWeight: variant.InitialVariantWeight ?? 1,
        CurrentInstanceCount: count,
        DesiredInstanceCount: count,
      },
    ],
  };
}

async function deleteEndpoint(world: World, request: DeleteEndpointInput): Promise<Answer> {
  const endpoint = existing(world, "endpoint", request.EndpointName);
  await world.endpoints.stop(endpoint.name);
  world.of("endpoint").remove(endpoint);
  return {};
}

/** Serves the endpoints of earlier processes. */
export async function serveEndpoints(world: World, say: (line: string) => void): Promise<void> {
  for (const endpoint of world.of("endpoint").list()) {
    try {
      const config = existing(world, "endpoint-config", configNameOf(endpoint));
      world.endpoints.start(endpoint.name, await modelOf(world, config));
    } catch (error) {
      say(`endpoint ${endpoint.name} is not served: ${(error as Error).message}`);
    }
  }
}

/** Lists the resources of a kind. */
function listing(
  kind: ResourceKind,
  member: string,
  prefix: string,
): (world: World, request: PageRequest & TimeFilters) => Promise<Answer> {
  return async (world, request) => {
    const all = [...world.of(kind).list(), ...(kind === "model" ? await stepModels(world) : [])];
    const items = all.map((one) => ({ ...one, status: world.endpoints.state(one.name).status }));
    const page = pageOf(filtered(items, request, "from"), request, {
      key: ({ name }) => name,
      sorts: {
        CreationTime: ({ creationTime }) => creationTime,
        Name: ({ name }) => name,
        Status: ({ status }) => status,
      },
      defaultSort: "CreationTime",
      defaultOrder: "Descending",
      defaultSize: 10,
    });
    return {
      NextToken: page.NextToken,
      [member]: page.items.map(({ arn, creationTime, lastModifiedTime, name, status }) => ({
        [`${prefix}Name`]: name,
        [`${prefix}Arn`]: arn,
        [`${prefix}Status`]: status,
        CreationTime: creationTime,
        LastModifiedTime: lastModifiedTime,
      })),
    };
  };
}

/** The operations on models, endpoint configurations and endpoints. */
export const endpoints = {
  CreateEndpoint: createEndpoint,
  CreateEndpointConfig: createConfig,
  CreateModel: createModel,
  DeleteEndpoint: deleteEndpoint,
  DeleteEndpointConfig: removal("endpoint-config", (request) => request.EndpointConfigName),
  DeleteModel: removal("model", (request) => request.ModelName),
  DescribeEndpoint: describeEndpoint,
  DescribeEndpointConfig: describeConfig,
  DescribeModel: describeModel,
  ListEndpointConfigs: listing("endpoint-config", "EndpointConfigs", "EndpointConfig"),
  ListEndpoints: listing("endpoint", "Endpoints", "Endpoint"),
  ListModels: listing("model", "Models", "Model"),
  UpdateEndpoint: updateEndpoint,
};
