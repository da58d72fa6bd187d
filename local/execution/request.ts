import type { MLflowConfiguration, PipelineExperimentConfig } from "@aws-sdk/client-sagemaker";

import type { PipelineDefinition } from "../../pipeline/language/definition";
import { evaluate, type Scope } from "../../pipeline/language/evaluate";
import type { Json } from "../../pipeline/language/json";
import type { ExecutionDocument } from "../records/executionDocument";
import type { BegunExecution } from "../records/recorder";
import type { TakenResults } from "./selection";

/** The start request of an execution, apart from its definition and parameters. */
export interface ExecutionRequest extends TakenResults {
  readonly pipelineName: string;
  /** The pipeline version of the definition. Default: none, for example for a file. */
  readonly pipelineVersionId?: number | undefined;
  readonly displayName?: string | undefined;
  readonly description?: string | undefined;
  readonly clientRequestToken?: string | undefined;
  /** ARN of the pipeline's role. Default: the stack's. */
  readonly roleArn?: string | undefined;
  /** The experiment in the MLflow app, in place of the definition's. */
  readonly mlflowExperimentName?: string | undefined;
  /** Max concurrent steps. Default: unlimited. */
  readonly maxParallelSteps?: number | undefined;
}

/** The values of parameters, in the form of ListPipelineParametersForExecution. */
export function parameterList(values: ReadonlyMap<string, Json>): ExecutionDocument["parameters"] {
  return [...values].map(([Name, value]) => ({
    Name,
    Value: typeof value === "string" ? value : JSON.stringify(value),
  }));
}

/** The MLflow app of an execution, to which nothing is logged here. Its members are strings, which `check` sees to. */
function mlflowOf(
  { MlflowConfig: config }: PipelineDefinition,
  scope: Scope,
  named: string | undefined,
): MLflowConfiguration | undefined {
  if (!config) {
    return undefined;
  }
  const { MlflowExperimentName: own, ...app } = evaluate(config, scope) as MLflowConfiguration;
  // The SDK writes null where it has no name.
  return { ...app, MlflowExperimentName: named ?? own ?? undefined };
}

/** The record of an execution that begins or continues. */
export function begunExecution(
  scope: Scope,
  definition: PipelineDefinition,
  request: ExecutionRequest,
  {
    startTime,
    ...known
  }: Pick<BegunExecution, "authorization" | "inputs"> & { readonly startTime: Date },
): BegunExecution {
  const { clientRequestToken, maxParallelSteps: max, pipelineName, retried } = request;
  const { PipelineExperimentConfig: experiment } = definition;
  return {
    pipelineName,
    clientRequestToken,
    ...known,
    parameters: parameterList(scope.parameters),
    execution: {
      ...(retried?.execution ?? {
        PipelineArn: scope.execution.get("PipelineArn") as string,
        PipelineExecutionArn: scope.execution.get("PipelineExecutionArn") as string,
        PipelineVersionId: request.pipelineVersionId,
        PipelineExecutionDisplayName: request.displayName,
        PipelineExecutionDescription: request.description,
        // `check` ensures that its members are strings.
        PipelineExperimentConfig: experiment
          ? (evaluate(experiment, scope) as PipelineExperimentConfig)
          : undefined,
        MLflowConfig: mlflowOf(definition, scope, request.mlflowExperimentName),
        CreationTime: startTime.toISOString(),
        SelectiveExecutionConfig: request.selection?.config,
      }),
      FailureReason: undefined,
      ParallelismConfiguration: max === undefined ? undefined : { MaxParallelExecutionSteps: max },
    },
  };
}
