import type { Resource } from "../records/resources";
import { notFound } from "./errors";

/** A version of a pipeline's definition, with the members of the service's responses. */
export interface PipelineVersion {
  readonly PipelineVersionId: number;
  /** ISO 8601. */
  readonly CreationTime: string;
  readonly PipelineDefinition: string;
  readonly PipelineVersionDisplayName?: string | undefined;
  readonly PipelineVersionDescription?: string | undefined;
}

/** The versions of a pipeline, oldest first; none if it was run without being created. */
export function versionsOf({ creationTime, request }: Resource): readonly PipelineVersion[] {
  const { PipelineDefinition, Versions } = request;
  if (Versions !== undefined) {
    return Versions as readonly PipelineVersion[];
  }
  return typeof PipelineDefinition === "string"
    ? [{ PipelineVersionId: 1, CreationTime: creationTime, PipelineDefinition }]
    : [];
}

/**
 * A version of a pipeline, by default the latest.
 * @throws ApiError if there is none
 */
export function versionOf(pipeline: Resource, id: number | undefined): PipelineVersion {
  const versions = versionsOf(pipeline);
  const found =
    id === undefined
      ? versions.at(-1)
      : versions.find(({ PipelineVersionId }) => PipelineVersionId === id);
  if (found === undefined) {
    const what =
      id === undefined ? "definition, because it was run but never created" : `version ${id}`;
    throw notFound(`Pipeline '${pipeline.arn}' has no ${what}.`);
  }
  return found;
}

/**
 * The changes to a pipeline by a new definition, which becomes the next version unless it equals the latest. Source:
 * the pipelines' integration tests in aws/sagemaker-python-sdk: version 1 after creation, 2 after an update with one more
 * step. That an equal definition creates no version is an assumption.
 */
export function withDefinition(pipeline: Resource, definition: string): object {
  const versions = versionsOf(pipeline);
  const latest = versions.at(-1);
  if (latest?.PipelineDefinition === definition) {
    return {};
  }
  const next: PipelineVersion = {
    PipelineVersionId: (latest?.PipelineVersionId ?? 0) + 1,
    CreationTime: new Date().toISOString(),
    PipelineDefinition: definition,
  };
  return { PipelineDefinition: definition, Versions: [...versions, next] };
}
