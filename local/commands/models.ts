import { isObject, text } from "../../pipeline/walk";
import { UserError } from "../../terminal/errors";
import { type ModelPackage, ModelRegistry } from "../records/modelRegistry";
import type { Workspace } from "../records/workspace";

/** The registry of a work folder. It registers nothing here, so it needs no ARNs. */
function registryOf(workspace: Workspace): ModelRegistry {
  return new ModelRegistry(workspace.models, "");
}

/** All model packages, by group and version. */
export function allModels(workspace: Workspace): readonly ModelPackage[] {
  const registry = registryOf(workspace);
  return registry.groups().flatMap((group) => registry.list(group));
}

/** A value of a model package's metadata, or an empty text. */
export function metadataOf(model: ModelPackage, name: string): string {
  const metadata = model.request["CustomerMetadataProperties"];
  return isObject(metadata) ? text(metadata[name]) : "";
}

/**
 * A model package by its version, and by its group where there are several.
 * @throws UserError where there is no such one, or it takes the group to tell
 */
export function findModel(
  workspace: Workspace,
  version: string,
  group: string | undefined,
): ModelPackage {
  const found = allModels(workspace).filter(
    (model) => String(model.version) === version && (group === undefined || model.group === group),
  );
  const [model] = found;
  if (model === undefined) {
    const known = allModels(workspace).map((one) => `${one.version} of ${one.group}`);
    throw new UserError(
      `there is no model version ${version}; there are ${known.join(", ") || "none"}`,
    );
  }
  if (found.length > 1) {
    const groups = found.map((one) => one.group).join(", ");
    throw new UserError(`version ${version} is in several groups; name one by --group: ${groups}`);
  }
  return model;
}

/**
 * The latest approved model package.
 * @throws UserError where none is approved
 */
export function latestApproved(workspace: Workspace, group: string | undefined): ModelPackage {
  const approved = allModels(workspace)
    .filter((model) => model.approvalStatus === "Approved")
    .filter((model) => group === undefined || model.group === group);
  const latest = approved.sort((a, b) => a.creationTime.localeCompare(b.creationTime)).at(-1);
  if (latest === undefined) {
    throw new UserError("no model is approved; `npm run local -- approve VERSION` approves one");
  }
  return latest;
}

/** Approves or rejects a model package. */
export function setApproval(
  workspace: Workspace,
  model: ModelPackage,
  status: "Approved" | "Rejected",
  comment: string | undefined,
): void {
  registryOf(workspace).setApprovalStatus(model, status, comment);
}
