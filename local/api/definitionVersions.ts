import type { Resource } from "../records/resources";
import { notFound } from "./errors";

/** A definition that a pipeline has or had, with the members of the service's answers. */
export interface PipelineVersion {
  readonly PipelineVersionId: number;
  /** ISO 8601. */
  readonly CreationTime: string;
  readonly PipelineDefinition: string;
  readonly PipelineVersionDisplayName?: string | undefined;
  readonly PipelineVersionDescription?: string | undefined;
}

/** The versions of a pipeline, the latest last. One that was run without being created has none. */
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
 * What changes of a pipeline by a new definition: it makes the next version, unless the latest has the same.
 * Source: aws/sagemaker-python-sdk, the integration tests of its pipelines: version 1 after a creation, 2 after an
 * update by a definition with one more step. That an equal definition makes none is assumed.
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
