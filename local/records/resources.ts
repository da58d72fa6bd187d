import type { Tag } from "@aws-sdk/client-sagemaker";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

import type { Properties } from "../execution/execution";
import { writeJson } from "../storage/files";
import { readDocument } from "./documents";
import type { Workspace } from "./workspace";

/** The kinds of named resources that the API creates, which are also the names of their folders. */
export type ResourceKind =
  "endpoint-config" | "endpoint" | "model" | "model-package-group" | "pipeline";

/** A resource that was created through the API. */
export interface Resource {
  readonly version: 1;
  readonly name: string;
  readonly arn: string;
  /** ISO 8601. */
  readonly creationTime: string;
  readonly lastModifiedTime: string;
  readonly tags: readonly Tag[];
  /** The request that created it, with later changes. */
  readonly request: Properties;
}

/** A resource that exists although the API has not created it, such as the model of a step. */
export const impliedResource = (
  name: string,
  arn: string,
  creationTime: string,
  request: Properties = {},
): Resource => ({
  version: 1,
  name,
  arn,
  creationTime,
  lastModifiedTime: creationTime,
  tags: [],
  request,
});

const schema = z.object({
  version: z.literal(1),
  name: z.string(),
  arn: z.string(),
  creationTime: z.iso.datetime(),
  lastModifiedTime: z.iso.datetime(),
  tags: z.array(z.object({ Key: z.string(), Value: z.string() })),
  request: z.record(z.string(), z.unknown()),
});

/** The resources of a kind in a work folder, a document each. */
export class Resources {
  private readonly folder: string;

  constructor(
    workspace: Workspace,
    readonly kind: ResourceKind,
  ) {
    this.folder = join(workspace.resources, kind);
  }

  /** All resources, except damaged ones. */
  list(): readonly Resource[] {
    return existsSync(this.folder)
      ? readdirSync(this.folder)
          .filter((file) => file.endsWith(".json"))
          .flatMap((file) => readDocument(join(this.folder, file), schema) ?? [])
      : [];
  }

  /**
   * The resource with a name or an ARN. The service accepts both, and ARNs have pipelines' names in lower case, so case does
   * not matter.
   */
  find(nameOrArn: string): Resource | undefined {
    const wanted = nameOrArn.toLowerCase();
    return this.list().find(
      ({ arn, name }) => name.toLowerCase() === wanted || arn.toLowerCase() === wanted,
    );
  }

  put(resource: Resource): void {
    writeJson(this.path(resource.name), resource);
  }

  remove({ name }: Resource): void {
    rmSync(this.path(name), { force: true });
  }

  /** A pipeline's name can have 256 characters, but a file's only 255, with its suffixes. */
  private path(name: string): string {
    const file = name.length > 200 ? createHash("sha256").update(name).digest("hex") : name;
    return join(this.folder, `${file}.json`);
  }
}
