import type { AddTagsInput, DeleteTagsInput, ListTagsInput, Tag } from "@aws-sdk/client-sagemaker";

import type { Resource, ResourceKind } from "../records/resources";
import { invalid } from "./errors";
import { findJob, type JobKind } from "./jobs";
import type { Answer } from "./operation";
import { pageOf } from "./pages";
import { findPackage } from "./registry";
import type { World } from "./world";

const resourceKinds: readonly string[] = [
  "endpoint",
  "endpoint-config",
  "model",
  "model-package-group",
  "pipeline",
] satisfies readonly ResourceKind[];

/** The kinds of jobs by their names in ARNs. */
const jobKinds: Readonly<Record<string, JobKind>> = {
  "hyper-parameter-tuning-job": "tuning",
  "processing-job": "processing",
  "training-job": "training",
  "transform-job": "transform",
};

function parts(arn: string): readonly [kind: string, name: string] {
  const [, kind = "", name = ""] =
    /^arn:[^:]+:sagemaker:[^:]*:\d{12}:([a-z-]+)\/(.+)$/.exec(arn) ?? [];
  return [kind, name];
}

/** A resource that was created through the API, whose tags can be changed. */
function resourceOf(
  world: World,
  arn: string,
): { readonly kind: ResourceKind; readonly resource: Resource } | undefined {
  const [kind] = parts(arn);
  const known = resourceKinds.includes(kind) ? (kind as ResourceKind) : undefined;
  const resource = known && world.of(known).find(arn);
  return known && resource && { kind: known, resource };
}

function changeable(
  world: World,
  arn: string,
): { readonly kind: ResourceKind; readonly resource: Resource } {
  const found = resourceOf(world, arn);
  if (found === undefined) {
    throw invalid(
      `${arn} does not exist, or its tags cannot be changed on this machine; those of ${resourceKinds.join(", ")} can.`,
    );
  }
  return found;
}

/** Merges tags; later ones replace those with the same key. */
function merged(before: readonly Tag[], added: readonly Tag[]): readonly Tag[] {
  const keys = new Set(added.map(({ Key }) => Key));
  return [...before.filter(({ Key }) => !keys.has(Key)), ...added];
}

function add(world: World, request: AddTagsInput): Answer {
  const { kind, resource } = changeable(world, request.ResourceArn ?? "");
  const tags = merged(resource.tags, request.Tags ?? []);
  world.of(kind).put({ ...resource, tags });
  return { Tags: tags };
}

function remove(world: World, request: DeleteTagsInput): Answer {
  const { kind, resource } = changeable(world, request.ResourceArn ?? "");
  const keys = new Set(request.TagKeys);
  world.of(kind).put({ ...resource, tags: resource.tags.filter(({ Key = "" }) => !keys.has(Key)) });
  return {};
}

/** The tags of any resource. */
async function tagsOf(world: World, arn: string): Promise<readonly Tag[]> {
  const found = resourceOf(world, arn);
  if (found !== undefined) {
    return found.resource.tags;
  }
  const [kind, name] = parts(arn);
  const jobKind = jobKinds[kind];
  if (kind === "model-package") {
    return findPackage(world, arn).request.Tags ?? [];
  }
  const job = jobKind && (await findJob(world, jobKind, name));
  if (job === undefined) {
    throw invalid(`There is no ${arn}.`);
  }
  return (job.properties["Tags"] ?? []) as readonly Tag[];
}

async function list(world: World, request: ListTagsInput): Promise<Answer> {
  const page = pageOf(await tagsOf(world, request.ResourceArn ?? ""), request, {
    key: ({ Key = "" }) => Key,
    sorts: {},
    defaultSort: "",
    defaultOrder: "Ascending",
  });
  return { NextToken: page.NextToken, Tags: page.items };
}

/** The operations on tags. */
export const tags = { AddTags: add, DeleteTags: remove, ListTags: list };
