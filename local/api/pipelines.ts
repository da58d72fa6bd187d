import type { CreatePipelineRequest, ListPipelinesRequest } from "@aws-sdk/client-sagemaker";
import { rmSync } from "node:fs";

import { check } from "../../pipeline/language/check";
import { canonicalJson } from "../../pipeline/language/canonicalJson";
import type { PipelineDefinition } from "../../pipeline/language/definition";
import { parseText } from "../../pipeline/language/parse";
import type { Program } from "../../offline/program";
import { executionId, type ExecutionHead } from "../records/executionDocument";
import { isUnderWay, listHeads } from "../records/executions";
import { impliedResource, type Resource } from "../records/resources";
import { versionOf, versionsOf, withDefinition } from "./definitionVersions";
import { conflict, invalid, notFound, refuseUnsupported } from "./errors";
import { byTime, filtered, pageOf } from "./pages";
import type { SageMakerOperations } from "./operation";
import type { World } from "./world";

/** Unsupported members of requests that create or change a pipeline. */
const unsupported = ["PipelineVersionAliases"];

/** The pipelines with executions, whether or not they were created through the API. */
function executedPipelines(heads: readonly ExecutionHead[]): readonly Resource[] {
  const found = new Map<string, Resource>();
  for (const { execution, pipelineName: name } of heads) {
    const { CreationTime: creationTime, PipelineArn: arn } = execution;
    const { lastModifiedTime = creationTime } = found.get(arn) ?? {};
    found.set(arn, { ...impliedResource(name, arn, creationTime), lastModifiedTime });
  }
  return [...found.values()];
}

/** All pipelines: those that were created, and others that were run. */
function allPipelines(world: World, heads: readonly ExecutionHead[]): readonly Resource[] {
  const created = world.of("pipeline").list();
  const known = new Set(created.map(({ arn }) => arn));
  return [...created, ...executedPipelines(heads).filter(({ arn }) => !known.has(arn))];
}

/**
 * A pipeline by its name or ARN.
 * @throws ApiError if there is none
 */
export function findPipeline(world: World, nameOrArn = ""): Resource {
  const pipeline =
    world.of("pipeline").find(nameOrArn) ??
    executedPipelines(listHeads(world.workspace)).find(
      ({ arn, name }) => name === nameOrArn || arn.toLowerCase() === nameOrArn.toLowerCase(),
    );
  if (pipeline === undefined) {
    const arn = nameOrArn.startsWith("arn:") ? nameOrArn : world.arnOf("pipeline", nameOrArn);
    throw notFound(`Pipeline '${arn}' does not exist.`);
  }
  return pipeline;
}

/** Creates or updates the program's own pipeline. */
export function ensurePipeline(world: World, program: Program): void {
  const { definition, pipelineName } = program;
  const content = canonicalJson(definition);
  const existing = world.of("pipeline").find(pipelineName);
  if (existing === undefined) {
    world.create("pipeline", pipelineName, { PipelineDefinition: content });
  } else if (existing.request["PipelineDefinition"] !== content) {
    world.update(existing, "pipeline", withDefinition(existing, content));
  }
}

/** Whether two ARNs are of the same pipeline. */
function isOf(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

/** The executions of a pipeline, latest first. */
export function executionsOf(world: World, { arn }: Resource): readonly ExecutionHead[] {
  return listHeads(world.workspace).filter(({ execution }) => isOf(execution.PipelineArn, arn));
}

/** The definition in a request or in S3; undefined if there is none. */
function definitionIn(
  world: World,
  request: Pick<CreatePipelineRequest, "PipelineDefinition" | "PipelineDefinitionS3Location">,
): string | undefined {
  const { PipelineDefinition: given, PipelineDefinitionS3Location: location } = request;
  if (given !== undefined && location !== undefined) {
    throw invalid("Only one of PipelineDefinition and PipelineDefinitionS3Location is possible.");
  }
  if (location === undefined) {
    return given;
  }
  const uri = `s3://${location.Bucket ?? ""}/${location.ObjectKey ?? ""}`;
  if (location.VersionId !== undefined) {
    throw invalid("PipelineDefinitionS3Location.VersionId is not supported on this machine");
  }
  if (!world.store.isObject(uri)) {
    throw invalid(`There is no object ${uri}.`);
  }
  return world.store.read(uri);
}

/** Parses a definition. @throws ApiError if it is not valid */
export function parseDefinition(content: string): PipelineDefinition {
  const { definition, problems } = parseText(content);
  if (problems !== undefined) {
    throw invalid(`Unable to parse pipeline definition: ${problems.join("; ")}`);
  }
  return definition;
}

function checkDefinition(content: string): void {
  const problems = check(parseDefinition(content), { foreign: true });
  if (problems.length > 0) {
    throw invalid(`Invalid pipeline definition: ${problems.join("; ")}`);
  }
}

/** The time of a pipeline's last execution. */
function lastRun(heads: readonly ExecutionHead[], { arn }: Resource): string | undefined {
  return heads.find(({ execution }) => isOf(execution.PipelineArn, arn))?.execution.CreationTime;
}

/** The operations on pipelines. */
export const pipelines = {
  CreatePipeline(world, request) {
    refuseUnsupported(request, unsupported);
    const { ClientRequestToken: token, PipelineName: name = "" } = request;
    const existing = world.of("pipeline").find(name);
    if (existing !== undefined) {
      if (existing.request["ClientRequestToken"] === token) {
        return { PipelineArn: existing.arn };
      }
      throw invalid(
        "Pipeline names must be unique within an AWS account and region. " +
          `Pipeline with name (${name}) already exists.`,
      );
    }
    const definition = definitionIn(world, request);
    if (definition === undefined) {
      throw invalid("One of PipelineDefinition and PipelineDefinitionS3Location is required.");
    }
    checkDefinition(definition);
    const { arn } = world.create("pipeline", name, {
      ...request,
      PipelineDefinition: definition,
      PipelineDefinitionS3Location: undefined,
    });
    return { PipelineArn: arn };
  },

  /** Deletes a pipeline with its executions, as documented. */
  DeletePipeline(world, request) {
    const pipeline = findPipeline(world, request.PipelineName);
    const executions = executionsOf(world, pipeline);
    if (executions.some(isUnderWay) || world.runs.begins(pipeline.name)) {
      throw conflict(
        `Pipeline ${pipeline.arn} has executions that are running. Stop them before you delete it.`,
      );
    }
    for (const head of executions) {
      const folder = world.workspace.execution(executionId(head));
      rmSync(folder, { recursive: true, force: true });
    }
    world.of("pipeline").remove(pipeline);
    return { PipelineArn: pipeline.arn };
  },

  DescribePipeline(world, request) {
    refuseUnsupported(request, ["PipelineVersionAlias"]);
    const { PipelineName: name = "", PipelineVersionId: id } = request;
    const pipeline = findPipeline(world, name);
    const version = id === undefined ? versionsOf(pipeline).at(-1) : versionOf(pipeline, id);
    return {
      PipelineDisplayName: pipeline.name,
      ...pipeline.request,
      ...version,
      PipelineArn: pipeline.arn,
      PipelineName: pipeline.name,
      PipelineStatus: "Active",
      CreationTime: pipeline.creationTime,
      LastModifiedTime: pipeline.lastModifiedTime,
      LastRunTime: lastRun(listHeads(world.workspace), pipeline),
      CreatedBy: {},
      LastModifiedBy: {},
    };
  },

  ListPipelines(world, request) {
    const { ManagedBy: manager, PipelineNamePrefix: prefix = "" } =
      request as ListPipelinesRequest & {
        // The service's model has it, but the SDK's types do not yet.
        readonly ManagedBy?: "AWS" | "CUSTOMER";
      };
    const heads = listHeads(world.workspace);
    const all = manager === "AWS" ? [] : allPipelines(world, heads);
    const page = pageOf(
      filtered(all, request).filter(({ name }) => name.startsWith(prefix)),
      request,
      {
        ...byTime,
        defaultOrder: "Descending",
      },
    );
    return {
      NextToken: page.NextToken,
      PipelineSummaries: page.items.map((pipeline) => ({
        PipelineArn: pipeline.arn,
        PipelineName: pipeline.name,
        PipelineDisplayName: pipeline.request["PipelineDisplayName"] ?? pipeline.name,
        PipelineDescription: pipeline.request["PipelineDescription"],
        RoleArn: pipeline.request["RoleArn"],
        CreationTime: pipeline.creationTime,
        LastModifiedTime: pipeline.lastModifiedTime,
        LastExecutionTime: lastRun(heads, pipeline),
      })),
    };
  },

  UpdatePipeline(world, request) {
    refuseUnsupported(request, unsupported);
    const pipeline = findPipeline(world, request.PipelineName);
    const definition = definitionIn(world, request);
    if (definition !== undefined) {
      checkDefinition(definition);
    }
    const { ParallelismConfiguration, PipelineDescription, PipelineDisplayName, RoleArn } = request;
    const changes = {
      ParallelismConfiguration,
      PipelineDescription,
      PipelineDisplayName,
      RoleArn,
      ...(definition === undefined ? {} : withDefinition(pipeline, definition)),
    };
    const given = Object.entries(changes).filter(([, value]) => value !== undefined);
    const updated = world.update(pipeline, "pipeline", Object.fromEntries(given));
    const PipelineVersionId = versionsOf(updated).at(-1)?.PipelineVersionId;
    return { PipelineArn: pipeline.arn, PipelineVersionId };
  },
} satisfies SageMakerOperations;
