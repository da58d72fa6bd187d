import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

import type { RegisterModelRequest } from "../../pipeline/language/evaluate";
import { readDocument } from "./documents";
import { writeJson } from "../storage/files";

/** A registered model. */
export interface ModelPackage {
  readonly group: string;
  readonly version: number;
  readonly arn: string;
  readonly approvalStatus: string;
  /** The reason for its approval or rejection. */
  readonly approvalDescription?: string;
  readonly creationTime: string;
  readonly lastModifiedTime?: string;
  /** The request of CreateModelPackage. */
  readonly request: RegisterModelRequest;
}

const lastSchema = z.object({ version: z.number() });
const packageSchema = z.looseObject({
  group: z.string(),
  version: z.number(),
  approvalStatus: z.string(),
  request: z.looseObject({}),
});

/** The model registry: a folder per group, with a document per version. */
export class ModelRegistry {
  /** @param folder folder of the registry */
  constructor(
    private readonly folder: string,
    private readonly arnPrefix: string,
  ) {}

  /** Registers a model as the next version of its group. */
  register(group: string, request: RegisterModelRequest): ModelPackage {
    const folder = join(this.folder, group);
    mkdirSync(folder, { recursive: true });
    const version = Math.max(this.lastRemoved(group), ...this.versions(group)) + 1;
    const modelPackage: ModelPackage = {
      group,
      version,
      arn: `${this.arnPrefix}:model-package/${group}/${version}`,
      approvalStatus: request.ModelApprovalStatus ?? "PendingManualApproval",
      creationTime: new Date().toISOString(),
      request,
    };
    writeJson(join(folder, `${version}.json`), modelPackage);
    return modelPackage;
  }

  /**
   * Changes a version.
   * @param request the new registration request
   */
  update(
    model: ModelPackage,
    changes: Partial<Pick<ModelPackage, "approvalDescription" | "approvalStatus" | "request">>,
  ): void {
    writeJson(this.path(model), {
      ...model,
      ...changes,
      lastModifiedTime: new Date().toISOString(),
    });
  }

  /** Deletes a version. Its number is not reused. */
  remove(model: ModelPackage): void {
    writeJson(join(this.folder, model.group, "last.json"), {
      version: Math.max(...this.versions(model.group), this.lastRemoved(model.group)),
    });
    rmSync(this.path(model));
  }

  /** Deletes an empty group. */
  removeGroup(group: string): void {
    rmSync(join(this.folder, group), { recursive: true, force: true });
  }

  private path({ group, version }: ModelPackage): string {
    return join(this.folder, group, `${version}.json`);
  }

  /** The highest number of a group's deleted versions. */
  private lastRemoved(group: string): number {
    const path = join(this.folder, group, "last.json");
    return existsSync(path) ? (readDocument(path, lastSchema)?.version ?? 0) : 0;
  }

  /** The groups that have models. */
  groups(): readonly string[] {
    return existsSync(this.folder) ? readdirSync(this.folder).sort() : [];
  }

  /** The versions of a group, oldest first, except damaged ones. */
  list(group: string): readonly ModelPackage[] {
    return this.versions(group).flatMap((version) => this.get(group, version) ?? []);
  }

  /** A version of a group; undefined if it does not exist, or is damaged. */
  get(group: string, version: number): ModelPackage | undefined {
    const path = join(this.folder, group, `${version}.json`);
    return existsSync(path)
      ? (readDocument(path, packageSchema) as ModelPackage | undefined)
      : undefined;
  }

  private versions(group: string): readonly number[] {
    const folder = join(this.folder, group);
    return existsSync(folder)
      ? readdirSync(folder)
          .flatMap((file) => (/^\d+\.json$/.test(file) ? [parseInt(file, 10)] : []))
          .sort((left, right) => left - right)
      : [];
  }
}
