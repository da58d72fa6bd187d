import type {
  ContainerDefinition,
  CreateEndpointConfigInput,
  CreateEndpointInput,
  CreateModelInput,
  ProductionVariant,
} from "@aws-sdk/client-sagemaker";

import { findModel as findModelIn, listModels } from "../records/models";
import type { Resource, ResourceKind } from "../records/resources";
import { type ServingContainer, unservedMember } from "../environments/serving";
import type { EndpointModel } from "./endpointServers";
import { invalid, refuseUnsupported } from "./errors";
import type { Answer, SageMakerOperations } from "./operation";
import { byTime, filtered, pageOf, type PageRequest, type TimeFilters } from "./pages";
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
    throw invalid(`Could not find ${titles[kind]} "${world.arnOf(kind, name)}".`);
  }
  return found;
}

function findModel(world: World, name = ""): Resource {
  return findModelIn(world.workspace, name) ?? existing(world, "model", name);
}

/** @throws ApiError for a container that would be served otherwise than its request says */
function checkContainer(container: ContainerDefinition): void {
  const member = unservedMember(container);
  if (member !== undefined) {
    throw invalid(`${member} is not supported on this machine`);
  }
  if (container.Image === undefined && container.ModelPackageName === undefined) {
    throw invalid("A container needs an Image or a ModelPackageName.");
  }
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
function variantOf(config: Resource): Partial<ProductionVariant> {
  const { ProductionVariants = [] }: Partial<CreateEndpointConfigInput> = config.request;
  return ProductionVariants[0] ?? {};
}

/** The name of an endpoint's configuration. */
function configNameOf(endpoint: Resource): string {
  const { EndpointConfigName: name = "" }: Partial<CreateEndpointInput> = endpoint.request;
  return name;
}

/** The model that an endpoint configuration serves. */
function modelOf(world: World, config: Resource): EndpointModel {
  const variant = variantOf(config);
  const model = findModel(world, variant.ModelName);
  return { variant: variant.VariantName ?? "", containers: containersOf(world, model.request) };
}

function remove(world: World, kind: Kind, name: string | undefined): Answer {
  world.of(kind).remove(existing(world, kind, name));
  return {};
}

/** Serves the endpoints of earlier processes. */
export function serveEndpoints(world: World, say: (line: string) => void): void {
  for (const endpoint of world.of("endpoint").list()) {
    try {
      const config = existing(world, "endpoint-config", configNameOf(endpoint));
      world.endpoints.start(endpoint.name, modelOf(world, config));
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
): (world: World, request: PageRequest & TimeFilters) => Answer {
  return (world, request) => {
    const all = kind === "model" ? listModels(world.workspace) : world.of(kind).list();
    const items = all.map((one) => ({ ...one, status: world.endpoints.state(one.name).status }));
    const page = pageOf(filtered(items, request, "from"), request, {
      ...byTime,
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
  CreateEndpoint(world, request) {
    const name = request.EndpointName ?? "";
    refuseExisting(world, "endpoint", name);
    const config = existing(world, "endpoint-config", request.EndpointConfigName);
    const model = modelOf(world, config);
    const { arn } = world.create("endpoint", name, { ...request, Variant: variantOf(config) });
    world.endpoints.start(name, model);
    return { EndpointArn: arn };
  },

  CreateEndpointConfig(world, request) {
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
    findModel(world, variants[0].ModelName);
    return { EndpointConfigArn: world.create("endpoint-config", name, { ...request }).arn };
  },

  CreateModel(world, request) {
    const name = request.ModelName ?? "";
    refuseExisting(world, "model", name);
    if ((request.PrimaryContainer === undefined) === ((request.Containers ?? []).length === 0)) {
      throw invalid("A model needs either a PrimaryContainer or Containers.");
    }
    [request.PrimaryContainer ?? [], request.Containers ?? []].flat().forEach(checkContainer);
    containersOf(world, request);
    if (request.InferenceExecutionConfig?.Mode === "Direct") {
      throw invalid("InferenceExecutionConfig.Mode Direct is not supported on this machine");
    }
    return { ModelArn: world.create("model", name, { ...request }).arn };
  },

  async DeleteEndpoint(world, request) {
    await world.endpoints.stop(existing(world, "endpoint", request.EndpointName).name);
    return remove(world, "endpoint", request.EndpointName);
  },

  DeleteEndpointConfig: (world, { EndpointConfigName: name }) =>
    remove(world, "endpoint-config", name),

  DeleteModel: (world, { ModelName: name }) => remove(world, "model", name),

  DescribeEndpoint(world, request) {
    const endpoint = existing(world, "endpoint", request.EndpointName);
    const { failureReason, status } = world.endpoints.state(endpoint.name);
    const configName = configNameOf(endpoint);
    // Its configuration may be deleted meanwhile.
    const config = world.of("endpoint-config").find(configName);
    const { Variant: variant = config === undefined ? {} : variantOf(config) } =
      endpoint.request as { readonly Variant?: Partial<ProductionVariant> };
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
  },

  DescribeEndpointConfig(world, request) {
    const config = existing(world, "endpoint-config", request.EndpointConfigName);
    return {
      ...config.request,
      EndpointConfigName: config.name,
      EndpointConfigArn: config.arn,
      CreationTime: config.creationTime,
    };
  },

  DescribeModel(world, request) {
    const { arn, creationTime, name, request: own } = findModel(world, request.ModelName);
    return { ...own, ModelName: name, ModelArn: arn, CreationTime: creationTime };
  },

  ListEndpointConfigs: listing("endpoint-config", "EndpointConfigs", "EndpointConfig"),

  ListEndpoints: listing("endpoint", "Endpoints", "Endpoint"),

  ListModels: listing("model", "Models", "Model"),

  UpdateEndpoint(world, request) {
    refuseUnsupported(request, ["RetainAllVariantProperties", "ExcludeRetainedVariantProperties"]);
    const endpoint = existing(world, "endpoint", request.EndpointName);
    const { status } = world.endpoints.state(endpoint.name);
    if (status === "Creating" || status === "Updating") {
      throw invalid(`Cannot update in-progress endpoint "${endpoint.arn}".`);
    }
    const config = existing(world, "endpoint-config", request.EndpointConfigName);
    const model = modelOf(world, config);
    // An update that fails leaves the endpoint with its configuration.
    world.endpoints.start(endpoint.name, model, () => {
      world.update(existing(world, "endpoint", endpoint.name), "endpoint", {
        EndpointConfigName: config.name,
        Variant: variantOf(config),
      });
    });
    return { EndpointArn: endpoint.arn };
  },
} satisfies SageMakerOperations;
