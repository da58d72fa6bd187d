import type {
  DescribePipelineDefinitionForExecutionRequest,
  DescribePipelineExecutionRequest,
  ListPipelineExecutionsRequest,
  ListPipelineExecutionStepsRequest,
  ListPipelineParametersForExecutionRequest,
  ParallelismConfiguration,
  Parameter,
  RetryPipelineExecutionRequest,
  RetryPipelineExecutionResponse,
  SelectiveExecutionConfig,
  StartPipelineExecutionRequest,
  StartPipelineExecutionResponse,
  StopPipelineExecutionRequest,
  StopPipelineExecutionResponse,
  UpdatePipelineExecutionRequest,
  UpdatePipelineExecutionResponse,
} from "@aws-sdk/client-sagemaker";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import type { PipelineDefinition } from "../../pipeline/language/definition";
import { allSteps } from "../../pipeline/language/graph";
import { type ExecutionDocument, executionId } from "../records/executionDocument";
import { writeDocument } from "../records/executionFile";
import { findDocument, isUnderWay, recordPath } from "../records/executions";
import { readSelection, type Selection } from "../execution/selection";
import { requestStop } from "../execution/stopRequest";
import { versionOf } from "./definitionVersions";
import { asInvalid, conflict, invalid, notFound, refuseUnsupported } from "./errors";
import type { Answer } from "./operation";
import { filtered, pageOf } from "./pages";
import { executionsOf, findPipeline, parseDefinition } from "./pipelines";
import type { World } from "./world";

/**
 * The document of an execution by its ARN.
 * @throws ApiError if there is none
 */
async function findExecution(world: World, arn: string): Promise<ExecutionDocument> {
  const id = arn.slice(arn.lastIndexOf("/") + 1);
  const document = await asInvalid(() => findDocument(world.workspace, id));
  if (document?.execution.PipelineExecutionArn.toLowerCase() !== arn.toLowerCase()) {
    throw notFound(`Pipeline execution with ARN ${arn} does not exist.`);
  }
  return document;
}

/** The definition of an execution, from its folder. */
function definitionOf(world: World, document: ExecutionDocument): string {
  const path = join(world.workspace.execution(executionId(document)), "definition.json");
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

async function selectionOf(
  world: World,
  definition: PipelineDefinition,
  pipelineArn: string,
  config: SelectiveExecutionConfig | undefined,
): Promise<Selection | undefined> {
  const arn = config?.SourcePipelineExecutionArn;
  const reference = arn === undefined ? undefined : await findExecution(world, arn);
  if (reference !== undefined && reference.execution.PipelineArn !== pipelineArn) {
    throw invalid(`The reference execution ${arn ?? ""} is not one of pipeline ${pipelineArn}.`);
  }
  return config && readSelection(definition, config, reference);
}

async function start(
  world: World,
  request: StartPipelineExecutionRequest,
): Promise<StartPipelineExecutionResponse> {
  refuseUnsupported(request, ["PipelineVersionAlias"]);
  const { ClientRequestToken: clientRequestToken, PipelineName = "" } = request;
  const pipeline = findPipeline(world, PipelineName);
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
  return asInvalid(async () => {
    const { SelectiveExecutionConfig: config } = request;
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
        selection: await selectionOf(world, definition, pipeline.arn, config),
      },
    );
    return { PipelineExecutionArn };
  });
}

async function stop(
  world: World,
  request: StopPipelineExecutionRequest,
): Promise<StopPipelineExecutionResponse> {
  const arn = request.PipelineExecutionArn ?? "";
  const document = await findExecution(world, arn);
  if (!isUnderWay(document)) {
    const { PipelineExecutionStatus: status } = document.execution;
    throw conflict(`Pipeline execution with ARN ${arn} cannot be stopped: it is ${status}.`);
  }
  const id = executionId(document);
  if (!world.runs.stop(id)) {
    requestStop(world.workspace.execution(id));
  }
  return { PipelineExecutionArn: document.execution.PipelineExecutionArn };
}

async function retry(
  world: World,
  request: RetryPipelineExecutionRequest,
): Promise<RetryPipelineExecutionResponse> {
  const arn = request.PipelineExecutionArn ?? "";
  const document = await findExecution(world, arn);
  const { execution, pipelineName } = document;
  if (execution.PipelineExecutionStatus === "Succeeded" || isUnderWay(document)) {
    const { PipelineExecutionStatus: status } = execution;
    throw conflict(`Pipeline execution with ARN ${arn} cannot be retried: it is ${status}.`);
  }
  await world.runs.ended(executionId(document));
  const definition = parseDefinition(definitionOf(world, document));
  const parallelism = request.ParallelismConfiguration ?? execution.ParallelismConfiguration;
  const { SelectiveExecutionConfig: config } = execution;
  await asInvalid(async () => {
    await world.runs.start(definition, parametersOf([...document.parameters] as Parameter[]), {
      pipelineName,
      clientRequestToken: document.clientRequestToken,
      maxParallelSteps: parallelism?.MaxParallelExecutionSteps,
      selection: await selectionOf(world, definition, execution.PipelineArn, config),
      retried: document,
    });
  });
  return { PipelineExecutionArn: execution.PipelineExecutionArn };
}

async function update(
  world: World,
  request: UpdatePipelineExecutionRequest,
): Promise<UpdatePipelineExecutionResponse> {
  refuseUnsupported(request, ["ParallelismConfiguration"]);
  const document = await findExecution(world, request.PipelineExecutionArn ?? "");
  if (isUnderWay(document)) {
    throw conflict("An execution that is running cannot be changed on this machine.");
  }
  const { execution } = document;
  const { PipelineExecutionDescription: description, PipelineExecutionDisplayName: name } = request;
  writeDocument(recordPath(world.workspace.execution(executionId(document))), {
    ...document,
    execution: {
      ...execution,
      PipelineExecutionDescription: description ?? execution.PipelineExecutionDescription,
      PipelineExecutionDisplayName: name ?? execution.PipelineExecutionDisplayName,
    },
  });
  return { PipelineExecutionArn: execution.PipelineExecutionArn };
}

async function describe(world: World, request: DescribePipelineExecutionRequest): Promise<Answer> {
  const { execution } = await findExecution(world, request.PipelineExecutionArn ?? "");
  return { CreatedBy: {}, LastModifiedBy: {}, ...execution };
}

async function describeDefinition(
  world: World,
  request: DescribePipelineDefinitionForExecutionRequest,
): Promise<Answer> {
  const document = await findExecution(world, request.PipelineExecutionArn ?? "");
  return {
    PipelineDefinition: definitionOf(world, document),
    CreationTime: document.execution.CreationTime,
  };
}

function list(world: World, request: ListPipelineExecutionsRequest): Answer {
  refuseUnsupported(request, ["PipelineVersionAlias"]);
  const pipeline = findPipeline(world, request.PipelineName ?? "");
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
}

async function listSteps(
  world: World,
  request: ListPipelineExecutionStepsRequest,
): Promise<Answer> {
  const document = await findExecution(world, request.PipelineExecutionArn ?? "");
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
}

async function listParameters(
  world: World,
  request: ListPipelineParametersForExecutionRequest,
): Promise<Answer> {
  const { parameters } = await findExecution(world, request.PipelineExecutionArn ?? "");
  const page = pageOf(parameters, request, {
    key: ({ Name = "" }) => Name,
    sorts: {},
    defaultSort: "",
    defaultOrder: "Ascending",
  });
  return { NextToken: page.NextToken, PipelineParameters: page.items };
}

/** The operations on executions. */
export const executions = {
  DescribePipelineDefinitionForExecution: describeDefinition,
  DescribePipelineExecution: describe,
  ListPipelineExecutions: list,
  ListPipelineExecutionSteps: listSteps,
  ListPipelineParametersForExecution: listParameters,
  RetryPipelineExecution: retry,
  StartPipelineExecution: start,
  StopPipelineExecution: stop,
  UpdatePipelineExecution: update,
};
