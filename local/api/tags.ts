import type { Tag } from "@aws-sdk/client-sagemaker";

import type { Resource, ResourceKind } from "../records/resources";
import { invalid } from "./errors";
import { findJob, type JobKind } from "./jobs";
import { pageOf } from "./pages";
import { findPackage } from "./registry";
import type { SageMakerOperations } from "./operation";
import { checkKey, checkTags } from "./tagRules";
import type { World } from "./world";

const resourceKinds: readonly string[] = [
  "endpoint",
  "endpoint-config",
  "model",
  "model-package-group",
  "pipeline",
] satisfies readonly ResourceKind[];

/** The kinds of jobs by their names in ARNs. */
const jobKinds: ReadonlyMap<string, JobKind> = new Map([
  ["hyper-parameter-tuning-job", "tuning"],
  ["processing-job", "processing"],
  ["training-job", "training"],
  ["transform-job", "transform"],
]);

function parts(arn: string): readonly [kind: string, name: string] {
  const [, kind = "", name = ""] =
    /^arn:[^:]+:sagemaker:[^:]*:\d{12}:([a-z-]+)\/(.+)$/.exec(arn) ?? [];
  return [kind, name];
}

/** A resource that was created through the API, whose tags can be changed. */
interface TaggedResource {
  readonly kind: ResourceKind;
  readonly resource: Resource;
}

function resourceOf(world: World, arn: string): TaggedResource | undefined {
  const [kind] = parts(arn);
  const known = resourceKinds.includes(kind) ? (kind as ResourceKind) : undefined;
  const resource = known && world.of(known).find(arn);
  return known && resource && { kind: known, resource };
}

function changeable(world: World, arn: string): TaggedResource {
  const found = resourceOf(world, arn);
  if (found === undefined) {
    throw invalid(
      `${arn} does not exist, or its tags cannot be changed on this machine; those of ${resourceKinds.join(", ")} can.`,
    );
  }
  return found;
}

/** The tags of any resource. */
function tagsOf(world: World, arn: string): readonly Tag[] {
  const found = resourceOf(world, arn);
  if (found !== undefined) {
    return found.resource.tags;
  }
  const [kind, name] = parts(arn);
  const jobKind = jobKinds.get(kind);
  if (kind === "model-package") {
    return findPackage(world, arn).request.Tags ?? [];
  }
  const job = jobKind && findJob(world, jobKind, name);
  if (job === undefined) {
    throw invalid(`${arn} does not exist, or has no tags on this machine.`);
  }
  return (job.properties["Tags"] ?? []) as readonly Tag[];
}

/** The operations on tags. */
export const tags = {
  AddTags(world, request) {
    const { kind, resource } = changeable(world, request.ResourceArn ?? "");
    const added = request.Tags ?? [];
    const keys = new Set(added.map(({ Key }) => Key));
    const tags = [...resource.tags.filter(({ Key }) => !keys.has(Key)), ...added];
    checkTags(tags);
    world.of(kind).put({ ...resource, tags });
    return { Tags: tags };
  },

  DeleteTags(world, request) {
    const { kind, resource } = changeable(world, request.ResourceArn ?? "");
    const keys = new Set(request.TagKeys);
    keys.forEach(checkKey);
    const tags = resource.tags.filter(({ Key = "" }) => !keys.has(Key));
    world.of(kind).put({ ...resource, tags });
    return {};
  },

  ListTags(world, request) {
    const all = tagsOf(world, request.ResourceArn ?? "");
    const page = pageOf(all, request, { key: ({ Key = "" }) => Key });
    return { NextToken: page.NextToken, Tags: page.items };
  },
} satisfies SageMakerOperations;
