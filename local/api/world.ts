import type { Tag } from "@aws-sdk/client-sagemaker";

import type { ServedApi } from "../environments/awsServices";
import { arnPrefixOf } from "../records/executionDocument";
import { ModelRegistry } from "../records/modelRegistry";
import { type Resource, type ResourceKind, Resources } from "../records/resources";
import type { Workspace } from "../records/workspace";
import { ObjectStore } from "../storage/objectStore";
import { Endpoints } from "./endpointServers";
import { Runs } from "./runs";
import { checkTags } from "./tagRules";
import type { WorldOptions } from "./worldOptions";

/** A request that creates something. */
type CreationRequest = Readonly<Record<string, unknown>> & {
  readonly Tags?: readonly Tag[] | undefined;
};

/** SageMaker on this machine: a work folder, and its executions and endpoints in this process. */
export class World {
  readonly workspace: Workspace;
  readonly region: string;
  readonly accountId: string;
  readonly store: ObjectStore;
  readonly registry: ModelRegistry;
  readonly runs: Runs;
  readonly endpoints: Endpoints;
  /** The responses to requests that may be repeated, by operation and body. */
  readonly performed = new Map<string, object>();

  /** @param serve serves its API over HTTP to jobs that call AWS; by default, they have none */
  constructor(
    readonly options: WorldOptions,
    serve?: (world: World) => Promise<ServedApi>,
  ) {
    const { accountId, region, workspace } = options;
    this.workspace = workspace;
    this.region = region;
    this.accountId = accountId;
    this.store = new ObjectStore(workspace.objects);
    this.registry = new ModelRegistry(workspace.models, this.arnPrefix);
    this.runs = new Runs(options, serve && (() => serve(this)));
    this.endpoints = new Endpoints(options);
  }

  /** Prefix of ARNs. */
  get arnPrefix(): string {
    return arnPrefixOf(this);
  }

  /** The ARN of a resource, with its name in the service's form. */
  arnOf(kind: ResourceKind, name: string): string {
    return `${this.arnPrefix}:${kind}/${name.toLowerCase()}`;
  }

  of(kind: ResourceKind): Resources {
    return new Resources(this.workspace, kind);
  }

  /**
   * Stores a new resource.
   * @throws ApiError for tags that it cannot have
   */
  create(kind: ResourceKind, name: string, { Tags = [], ...request }: CreationRequest): Resource {
    checkTags(Tags);
    const now = new Date().toISOString();
    const resource: Resource = {
      version: 1,
      name,
      arn: this.arnOf(kind, name),
      creationTime: now,
      lastModifiedTime: now,
      tags: Tags,
      request,
    };
    this.of(kind).put(resource);
    return resource;
  }

  /** Changes members of a resource. */
  update(resource: Resource, kind: ResourceKind, changes: object): Resource {
    const changed: Resource = {
      ...resource,
      lastModifiedTime: new Date().toISOString(),
      request: { ...resource.request, ...changes },
    };
    this.of(kind).put(changed);
    return changed;
  }

  /** Stops executions and endpoints of this process, and waits for their end. */
  async close(): Promise<void> {
    await Promise.all([this.runs.close(), this.endpoints.close()]);
  }
}
