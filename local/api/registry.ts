import type { ModelPackage } from "../records/modelRegistry";
import { impliedResource, type Resource } from "../records/resources";
import { conflict, invalid, refuseUnsupported } from "./errors";
import type { Answer, SageMakerOperations } from "./operation";
import { byTime, filtered, pageOf } from "./pages";
import type { World } from "./world";

/** The model package groups: those that were created, and others with models of RegisterModel steps. */
function allGroups(world: World): readonly Resource[] {
  const created = world.of("model-package-group").list();
  const known = new Set(created.map(({ name }) => name));
  const others = world.registry.groups().filter((name) => !known.has(name));
  return [
    ...created,
    ...others.map((name) => {
      const { creationTime = new Date(0).toISOString() } = world.registry.list(name)[0] ?? {};
      return impliedResource(name, world.arnOf("model-package-group", name), creationTime);
    }),
  ];
}

function findGroup(world: World, nameOrArn = ""): Resource {
  const wanted = nameOrArn.toLowerCase();
  const group = allGroups(world).find(
    ({ arn, name }) => name.toLowerCase() === wanted || arn.toLowerCase() === wanted,
  );
  if (group === undefined) {
    throw invalid(`ModelPackageGroup ${nameOrArn} does not exist.`);
  }
  return group;
}

/** Creates a group if it does not exist, like the stack. */
export function ensureGroup(world: World, name: string): void {
  if (!allGroups(world).some((group) => group.name === name)) {
    world.create("model-package-group", name, {});
  }
}

function groupAnswer({ arn, creationTime, name, request }: Resource): Answer {
  return {
    ModelPackageGroupName: name,
    ModelPackageGroupArn: arn,
    ModelPackageGroupDescription: request["ModelPackageGroupDescription"],
    CreationTime: creationTime,
    CreatedBy: {},
    ModelPackageGroupStatus: "Completed",
  };
}

const arnOf = (world: World, { group, version }: ModelPackage): string =>
  `${world.arnPrefix}:model-package/${group.toLowerCase()}/${version}`;

/** The versions of all groups, or of one. */
function allPackages(world: World, group?: string): readonly ModelPackage[] {
  const groups = group === undefined ? world.registry.groups() : [findGroup(world, group).name];
  return groups.flatMap((name) => world.registry.list(name));
}

/**
 * A version of a group by its ARN.
 * @throws ApiError if there is none
 */
export function findPackage(world: World, arn = ""): ModelPackage {
  const [, group = "", version] = /:model-package\/([^/]+)\/(\d+)$/i.exec(arn) ?? [];
  const name = world.registry.groups().find((one) => one.toLowerCase() === group.toLowerCase());
  const model = name === undefined ? undefined : world.registry.get(name, Number(version));
  if (model === undefined || arnOf(world, model).toLowerCase() !== arn.toLowerCase()) {
    throw invalid(`ModelPackage ${arn} does not exist.`);
  }
  return model;
}

/** A version has no ModelPackageName. Source: SageMaker's guide, "View the Details of a Model Version". */
function packageAnswer(world: World, model: ModelPackage): Answer {
  return {
    ...model.request,
    ModelPackageGroupName: model.group,
    ModelPackageVersion: model.version,
    ModelPackageArn: arnOf(world, model),
    CreationTime: model.creationTime,
    LastModifiedTime: model.lastModifiedTime,
    ModelPackageStatus: "Completed",
    ModelPackageStatusDetails: { ValidationStatuses: [] },
    ModelApprovalStatus: model.approvalStatus,
    ApprovalDescription: model.approvalDescription,
    CreatedBy: {},
  };
}

/** The operations on the model registry. */
export const registry = {
  CreateModelPackage(world, request) {
    refuseUnsupported(request, ["ModelPackageName", "SourceAlgorithmSpecification"]);
    const { ClientToken: token, ModelPackageGroupName: group } = request;
    if (group === undefined) {
      throw invalid(
        "Model packages without a ModelPackageGroupName are not supported on this machine.",
      );
    }
    if ((request.Tags ?? []).length > 0) {
      // Source: Tags.
      throw invalid("A versioned model package has the tags of its group: Tags is not possible.");
    }
    const { name } = findGroup(world, group);
    const model =
      world.registry
        .list(name)
        .find(({ request: earlier }) => token !== undefined && earlier.ClientToken === token) ??
      world.registry.register(name, request);
    return { ModelPackageArn: arnOf(world, model) };
  },

  CreateModelPackageGroup(world, request) {
    const name = request.ModelPackageGroupName ?? "";
    if (allGroups(world).some((group) => group.name.toLowerCase() === name.toLowerCase())) {
      throw invalid(`ModelPackageGroup already exists: ${name}`);
    }
    return { ModelPackageGroupArn: world.create("model-package-group", name, { ...request }).arn };
  },

  DeleteModelPackage(world, request) {
    world.registry.remove(findPackage(world, request.ModelPackageName));
    return {};
  },

  DeleteModelPackageGroup(world, request) {
    const { name } = findGroup(world, request.ModelPackageGroupName);
    if (world.registry.list(name).length > 0) {
      throw conflict(`ModelPackageGroup ${name} has model packages; delete them first.`);
    }
    const resource = world.of("model-package-group").find(name);
    if (resource !== undefined) {
      world.of("model-package-group").remove(resource);
    }
    world.registry.removeGroup(name);
    return {};
  },

  DescribeModelPackage(world, request) {
    return packageAnswer(world, findPackage(world, request.ModelPackageName));
  },

  DescribeModelPackageGroup(world, request) {
    return groupAnswer(findGroup(world, request.ModelPackageGroupName));
  },

  ListModelPackageGroups(world, request) {
    // No groups are shared with this machine.
    const groups = request.CrossAccountFilterOption === "CrossAccount" ? [] : allGroups(world);
    const page = pageOf(filtered(groups, request), request, {
      ...byTime,
      defaultSize: 10,
    });
    return { NextToken: page.NextToken, ModelPackageGroupSummaryList: page.items.map(groupAnswer) };
  },

  ListModelPackages(world, request) {
    const {
      ModelApprovalStatus: approval,
      ModelPackageGroupName: group,
      ModelPackageType: type,
    } = request;
    const all = allPackages(world, group).map((model) => ({
      model,
      name: `${model.group}/${model.version}`,
      creationTime: model.creationTime,
    }));
    // By default, without a group, the service lists unversioned packages, which do not exist here. Source: ModelPackageType.
    const listed =
      (type ?? (group === undefined ? "Unversioned" : "Both")) === "Unversioned" ? [] : all;
    const page = pageOf(
      filtered(listed, request).filter(
        ({ model }) => approval === undefined || model.approvalStatus === approval,
      ),
      request,
      {
        ...byTime,
        defaultSize: 10,
      },
    );
    return {
      NextToken: page.NextToken,
      ModelPackageSummaryList: page.items.map(({ model }) => packageAnswer(world, model)),
    };
  },

  UpdateModelPackage(world, request) {
    refuseUnsupported(request, ["AdditionalInferenceSpecificationsToAdd", "ModelLifeCycle"]);
    const model = findPackage(world, request.ModelPackageArn);
    const metadata = {
      ...model.request.CustomerMetadataProperties,
      ...request.CustomerMetadataProperties,
    };
    const removed = new Set(request.CustomerMetadataPropertiesToRemove);
    const { InferenceSpecification, ModelCard, SourceUri } = request;
    world.registry.update(model, {
      approvalStatus: request.ModelApprovalStatus ?? model.approvalStatus,
      ...(request.ApprovalDescription !== undefined && {
        approvalDescription: request.ApprovalDescription,
      }),
      request: {
        ...model.request,
        ...(InferenceSpecification && { InferenceSpecification }),
        ...(SourceUri !== undefined && { SourceUri }),
        ...(ModelCard && { ModelCard: { ...model.request.ModelCard, ...ModelCard } }),
        CustomerMetadataProperties: Object.fromEntries(
          Object.entries(metadata).filter(([name]) => !removed.has(name)),
        ),
      },
    });
    return { ModelPackageArn: arnOf(world, model) };
  },
} satisfies SageMakerOperations;
