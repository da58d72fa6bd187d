import type {
  CreatePipelineRequest,
  ParallelismConfiguration,
  Parameter,
  SelectiveExecutionConfig,
} from "@aws-sdk/client-sagemaker";
import { existsSync, readFileSync } from "node:fs";

import type { PipelineDefinition } from "../../pipeline/language/definition";
import { allSteps } from "../../pipeline/language/graph";
import { type ExecutionDocument, executionId } from "../records/executionDocument";
import { writeDocument } from "../records/executionFile";
import { definitionPath, findDocument, isUnderWay, recordPath } from "../records/executions";
import type { Resource } from "../records/resources";
import { readSelection, type Selection } from "../execution/selection";
import { requestStop } from "../execution/stopRequest";
import { versionOf } from "./definitionVersions";
import { conflict, invalid, notFound, refuseUnsupported } from "./errors";
import { filtered, pageOf } from "./pages";
import { executionsOf, findPipeline, parseDefinition } from "./pipelines";
import type { SageMakerOperations } from "./operation";
import type { World } from "./world";

/**
 * The document of an execution by its ARN.
 * @throws ApiError if there is none
 */
function findExecution(world: World, arn = ""): ExecutionDocument {
  const id = arn.slice(arn.lastIndexOf("/") + 1);
  const document = findDocument(world.workspace, id);
  if (document?.execution.PipelineExecutionArn.toLowerCase() !== arn.toLowerCase()) {
    throw notFound(`Pipeline execution with ARN ${arn} does not exist.`);
  }
  return document;
}

/** The definition of an execution, from its folder. */
function definitionOf(world: World, document: ExecutionDocument): string {
  const path = definitionPath(world.workspace.execution(executionId(document)));
  if (!existsSync(path)) {
    throw invalid(`The definition of the execution is missing: ${path}`);
  }
  return readFileSync(path, "utf8");
}

function parametersOf(parameters: readonly Parameter[] = []): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const { Name: name = "", Value: value = "" } of parameters) {
    if (values.has(name)) {
      throw invalid(`Parameter ${name} is set twice.`);
    }
    values.set(name, value);
  }
  return values;
}

const roleOf = ({ request }: Pick<Resource, "request">): string | undefined =>
  (request as Partial<CreatePipelineRequest>).RoleArn;

function selectionOf(
  world: World,
  definition: PipelineDefinition,
  pipelineArn: string,
  config: SelectiveExecutionConfig | undefined,
): Selection | undefined {
  const arn = config?.SourcePipelineExecutionArn;
  const reference = arn === undefined ? undefined : findExecution(world, arn);
  if (reference !== undefined && reference.execution.PipelineArn !== pipelineArn) {
    throw invalid(`The reference execution ${arn ?? ""} is not one of pipeline ${pipelineArn}.`);
  }
  return config && readSelection(definition, config, reference);
}

/** The operations on executions. */
export const executions = {
  DescribePipelineDefinitionForExecution(world, request) {
    const document = findExecution(world, request.PipelineExecutionArn);
    return {
      PipelineDefinition: definitionOf(world, document),
      CreationTime: document.execution.CreationTime,
    };
  },

  DescribePipelineExecution(world, request) {
    const { execution } = findExecution(world, request.PipelineExecutionArn);
    return { CreatedBy: {}, LastModifiedBy: {}, ...execution };
  },

  ListPipelineExecutions(world, request) {
    refuseUnsupported(request, ["PipelineVersionAlias"]);
    const pipeline = findPipeline(world, request.PipelineName);
    const items = executionsOf(world, pipeline).map(({ execution }) => ({
      execution,
      name: execution.PipelineExecutionArn,
      creationTime: execution.CreationTime,
    }));
    const page = pageOf(filtered(items, request), request, {
      key: ({ name }) => name,
      sorts: {
        CreationTime: ({ creationTime }) => creationTime,
        PipelineExecutionArn: ({ name }) => name,
      },
      defaultSort: "CreationTime",
      defaultOrder: "Descending",
    });
    return {
      NextToken: page.NextToken,
      PipelineExecutionSummaries: page.items.map(({ execution }) => ({
        ...execution,
        StartTime: execution.CreationTime,
        PipelineExecutionFailureReason: execution.FailureReason,
      })),
    };
  },

  ListPipelineExecutionSteps(world, request) {
    const document = findExecution(world, request.PipelineExecutionArn);
    const definition = parseDefinition(definitionOf(world, document));
    const defined = new Map(allSteps(definition).map(({ step }) => [step.Name, step]));
    const page = pageOf(document.steps, request, {
      key: ({ StepName }) => StepName,
      sorts: { StartTime: ({ StartTime }) => StartTime ?? "" },
      defaultSort: "StartTime",
      defaultOrder: "Descending",
    });
    return {
      NextToken: page.NextToken,
      PipelineExecutionSteps: page.items.map((step) => ({
        ...step,
        StepDisplayName: defined.get(step.StepName)?.DisplayName,
        StepDescription: defined.get(step.StepName)?.Description,
      })),
    };
  },

  ListPipelineParametersForExecution(world, request) {
    const { parameters } = findExecution(world, request.PipelineExecutionArn);
    const page = pageOf(parameters, request, {
      key: ({ Name = "" }) => Name,
    });
    return { NextToken: page.NextToken, PipelineParameters: page.items };
  },

  async RetryPipelineExecution(world, request) {
    const { ClientRequestToken: token = "", PipelineExecutionArn: arn } = request;
    const found = findExecution(world, arn);
    await world.runs.retry(executionId(found), token, async () => {
      const document = findExecution(world, arn);
      const { execution, pipelineName } = document;
      if (execution.PipelineExecutionStatus === "Succeeded" || isUnderWay(document)) {
        const { PipelineExecutionStatus: status } = execution;
        throw conflict(`Pipeline execution with ARN ${arn} cannot be retried: it is ${status}.`);
      }
      await world.runs.ended(executionId(document));
      const definition = parseDefinition(definitionOf(world, document));
      const parallelism = request.ParallelismConfiguration ?? execution.ParallelismConfiguration;
      const { SelectiveExecutionConfig: config } = execution;
      await world.runs.start(definition, parametersOf([...document.parameters] as Parameter[]), {
        pipelineName,
        clientRequestToken: document.clientRequestToken,
        maxParallelSteps: parallelism?.MaxParallelExecutionSteps,
        roleArn: roleOf(findPipeline(world, execution.PipelineArn)),
        selection: selectionOf(world, definition, execution.PipelineArn, config),
        retried: document,
      });
    });
    return { PipelineExecutionArn: found.execution.PipelineExecutionArn };
  },

  async StartPipelineExecution(world, request) {
    refuseUnsupported(request, ["PipelineVersionAlias"]);
    const { ClientRequestToken: clientRequestToken, SelectiveExecutionConfig: config } = request;
    const pipeline = findPipeline(world, request.PipelineName);
    const same = executionsOf(world, pipeline).find(
      (head) => clientRequestToken !== undefined && head.clientRequestToken === clientRequestToken,
    );
    if (same !== undefined) {
      return { PipelineExecutionArn: same.execution.PipelineExecutionArn };
    }
    const version = versionOf(pipeline, request.PipelineVersionId);
    const definition = parseDefinition(version.PipelineDefinition);
    if (!definition.MlflowConfig) {
      // No source says what it means then.
      refuseUnsupported(request, ["MlflowExperimentName"]);
    }
    const parallelism =
      request.ParallelismConfiguration ??
      (pipeline.request["ParallelismConfiguration"] as ParallelismConfiguration | undefined);
    const PipelineExecutionArn = await world.runs.start(
      definition,
      parametersOf(request.PipelineParameters),
      {
        pipelineName: pipeline.name,
        pipelineVersionId: version.PipelineVersionId,
        displayName: request.PipelineExecutionDisplayName,
        description: request.PipelineExecutionDescription,
        clientRequestToken,
        mlflowExperimentName: request.MlflowExperimentName,
        maxParallelSteps: parallelism?.MaxParallelExecutionSteps,
        // The service's model has it, but the SDK's types do not yet.
        roleArn: roleOf({ request: { ...pipeline.request, ...request } }),
        selection: selectionOf(world, definition, pipeline.arn, config),
      },
    );
    return { PipelineExecutionArn };
  },

  StopPipelineExecution(world, { PipelineExecutionArn: arn }) {
    const document = findExecution(world, arn);
    if (!isUnderWay(document)) {
      const { PipelineExecutionStatus: status } = document.execution;
      throw conflict(`Pipeline execution with ARN ${arn} cannot be stopped: it is ${status}.`);
    }
    const id = executionId(document);
    if (!world.runs.stop(id)) {
      requestStop(world.workspace.execution(id));
    }
    return { PipelineExecutionArn: document.execution.PipelineExecutionArn };
  },

  UpdatePipelineExecution(world, request) {
    refuseUnsupported(request, ["ParallelismConfiguration"]);
    const document = findExecution(world, request.PipelineExecutionArn);
    if (isUnderWay(document)) {
      throw conflict("An execution that is running cannot be changed on this machine.");
    }
    const { execution } = document;
    const { PipelineExecutionDescription: description, PipelineExecutionDisplayName: name } =
      request;
    writeDocument(recordPath(world.workspace.execution(executionId(document))), {
      ...document,
      execution: {
        ...execution,
        PipelineExecutionDescription: description ?? execution.PipelineExecutionDescription,
        PipelineExecutionDisplayName: name ?? execution.PipelineExecutionDisplayName,
      },
    });
    return { PipelineExecutionArn: execution.PipelineExecutionArn };
  },
} satisfies SageMakerOperations;
