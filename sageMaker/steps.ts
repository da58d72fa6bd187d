import {
  DescribePipelineDefinitionForExecutionCommand,
  DescribeProcessingJobCommand,
  paginateListPipelineExecutionSteps,
  type PipelineExecutionStep,
  type PipelineExecutionStepMetadata,
  type SageMakerClient,
} from "@aws-sdk/client-sagemaker";

import type { PipelineDefinition } from "../pipeline/language/definition";
import { allSteps } from "../pipeline/language/graph";
import type { ShownStep } from "../terminal/progress";
import { parseDefinition } from "./parseDefinition";
import { executionId, type ExecutionState } from "./executions";

/** The kinds of jobs that write logs or have trials. */
export type JobKind = "processing" | "training" | "transform" | "tuning";

/** The job that a step has started. */
export interface Job {
  readonly kind: JobKind;
  readonly name: string;
}

/** A step of an execution. */
export interface ExecutionStep extends ShownStep {
  /** Type in the definition. */
  readonly type: string;
  /** Number of attempts; 0 if it was not executed. */
  readonly attempts: number;
  readonly job?: Job;
  /** The ARN of the model package that it registered. */
  readonly modelPackage?: string;
  /** The execution whose job it reuses: by the cache, or by selective execution. */
  readonly reusedFrom?: string;
}

/** An execution with its steps: first those that have started, in that order. */
export interface Snapshot extends ExecutionState {
  readonly steps: readonly ExecutionStep[];
}

/** Whether a step has been executed to its end. */
export function stepHasEnded({ status }: Pick<ExecutionStep, "status">): boolean {
  return status === "Failed" || status === "Stopped" || status === "Succeeded";
}

function jobOf(metadata: PipelineExecutionStepMetadata): Job | undefined {
  const arns: Readonly<Record<JobKind, string | undefined>> = {
    processing:
      metadata.ProcessingJob?.Arn ??
      metadata.QualityCheck?.CheckJobArn ??
      metadata.ClarifyCheck?.CheckJobArn,
    training: metadata.TrainingJob?.Arn,
    transform: metadata.TransformJob?.Arn,
    tuning: metadata.TuningJob?.Arn,
  };
  for (const [kind, arn] of Object.entries(arns)) {
    if (arn !== undefined) {
      return { kind: kind as JobKind, name: arn.slice(arn.lastIndexOf("/") + 1) };
    }
  }
  return undefined;
}

/** The details of a step's outcome. */
function detailOf(step: PipelineExecutionStep, reusedFrom: string | undefined): string | undefined {
  const { AttemptCount: attempts = 0, Metadata: metadata = {}, StepStatus: status } = step;
  const [, group, version] =
    /model-package\/([^/]+)\/(\d+)$/.exec(metadata.RegisterModel?.Arn ?? "") ?? [];
  if (status === "Failed") {
    return undefined;
  }
  if (reusedFrom !== undefined) {
    return `as in execution ${reusedFrom}`;
  }
  if (metadata.Condition?.Outcome !== undefined) {
    return metadata.Condition.Outcome.toLowerCase();
  }
  if (version !== undefined) {
    return `version ${version} of ${group ?? ""}`;
  }
  return attempts > 1 ? `attempt ${attempts}` : undefined;
}

function executionStep(step: PipelineExecutionStep, type: string): ExecutionStep {
  const { EndTime: end, Metadata: metadata = {}, StartTime: start, StepStatus: status } = step;
  const source =
    step.CacheHitResult?.SourcePipelineExecutionArn ??
    step.SelectiveExecutionResult?.SourcePipelineExecutionArn;
  const reusedFrom = source === undefined ? undefined : executionId(source);
  const failureReason = step.FailureReason ?? metadata.Fail?.ErrorMessage;
  return {
    name: step.StepName ?? "",
    type,
    // Starting lasts only a moment.
    status: status === undefined || status === "Starting" ? "Executing" : status,
    attempts: step.AttemptCount ?? 1,
    startTime: start?.toISOString(),
    seconds: start && end && (end.getTime() - start.getTime()) / 1000,
    detail: detailOf(step, reusedFrom),
    failureReason: status === "Failed" ? failureReason : undefined,
    job: jobOf(metadata),
    modelPackage: metadata.RegisterModel?.Arn,
    reusedFrom,
  };
}

/** The definition that an execution runs, which may be an earlier one than the stack's. */
export async function definitionOf(
  client: SageMakerClient,
  arn: string,
): Promise<PipelineDefinition> {
  const { PipelineDefinition: text = "" } = await client.send(
    new DescribePipelineDefinitionForExecutionCommand({ PipelineExecutionArn: arn }),
  );
  return parseDefinition(`the definition of ${arn}`, text);
}

/**
 * The steps of an execution that have started, in that order.
 * @param types the steps' types by name, which only the definition has
 */
export async function startedSteps(
  client: SageMakerClient,
  arn: string,
  types: ReadonlyMap<string, string> = new Map(),
): Promise<readonly ExecutionStep[]> {
  const started: ExecutionStep[] = [];
  const pages = paginateListPipelineExecutionSteps(
    { client, pageSize: 100 },
    { PipelineExecutionArn: arn, SortOrder: "Ascending" },
  );
  for await (const { PipelineExecutionSteps: page = [] } of pages) {
    started.push(...page.map((step) => executionStep(step, types.get(step.StepName ?? "") ?? "")));
  }
  return started;
}

/** All steps of an execution: first those that have started, in that order. */
export async function stepsOf(
  client: SageMakerClient,
  arn: string,
  definition: PipelineDefinition,
): Promise<readonly ExecutionStep[]> {
  const types = new Map<string, string>(
    allSteps(definition).map(({ step }) => [step.Name, step.Type]),
  );
  const started = await startedSteps(client, arn, types);
  const known = new Set(started.map(({ name }) => name));
  const others = [...types].filter(([name]) => !known.has(name));
  return [
    ...started,
    ...others.map(([name, type]): ExecutionStep => ({
      name,
      type,
      status: "NotExecuted",
      attempts: 0,
    })),
  ];
}

/** The folder of an output of a step's processing job, as an S3 URI that ends with a slash. */
export async function outputFolder(
  client: SageMakerClient,
  { job }: ExecutionStep,
  output: string,
): Promise<string | undefined> {
  if (job?.kind !== "processing") {
    return undefined;
  }
  const { ProcessingOutputConfig: config } = await client.send(
    new DescribeProcessingJobCommand({ ProcessingJobName: job.name }),
  );
  const found = config?.Outputs?.find(({ OutputName: name }) => name === output);
  return found?.S3Output?.S3Uri?.replace(/\/?$/, "/");
}
