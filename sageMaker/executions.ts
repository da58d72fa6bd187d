import {
  DescribePipelineExecutionCommand,
  paginateListPipelineExecutions,
  type PipelineExecutionStatus,
  type PipelineExecutionSummary,
  type SageMakerClient,
} from "@aws-sdk/client-sagemaker";

import { nearest } from "../pipeline/language/nearest";
import { UserError } from "../errors/userError";
import type { World } from "./world";
import { AwsError } from "./awsErrors";
import type { Pipeline } from "./inventory";

/** Max executions that an error lists. */
const maxNamed = 5;

/** Max executions to search for one that a mistyped id may mean. */
const maxSimilar = 100;

/** The state of an execution. */
export interface ExecutionState {
  readonly id: string;
  readonly arn: string;
  readonly pipelineName: string;
  readonly status: PipelineExecutionStatus;
  readonly failureReason?: string;
  /** ISO 8601. */
  readonly startTime: string;
  /** From its start to its end, or until now. */
  readonly seconds: number;
}

/** The final states. */
const ended: ReadonlySet<PipelineExecutionStatus> = new Set(["Failed", "Stopped", "Succeeded"]);

/** Whether an execution has ended. */
export function hasEnded({ status }: Pick<ExecutionState, "status">): boolean {
  return ended.has(status);
}

/** The id of an execution: the last part of its ARN. */
export function executionId(arn: string): string {
  return arn.slice(arn.lastIndexOf("/") + 1);
}

/** The latest executions of some pipelines, newest first. */
export async function latestExecutions(
  client: SageMakerClient,
  pipelines: readonly Pipeline[],
  max: number,
): Promise<readonly PipelineExecutionSummary[]> {
  const found: PipelineExecutionSummary[] = [];
  for (const { pipelineName } of pipelines) {
    const own: PipelineExecutionSummary[] = [];
    const pages = paginateListPipelineExecutions(
      { client, pageSize: Math.min(max, 100) },
      { PipelineName: pipelineName, SortBy: "CreationTime", SortOrder: "Descending" },
    );
    for await (const { PipelineExecutionSummaries: page = [] } of pages) {
      own.push(...page);
      if (own.length >= max) {
        break;
      }
    }
    found.push(...own);
  }
  if (pipelines.length > 1) {
    const time = ({ StartTime: start }: PipelineExecutionSummary): number => start?.getTime() ?? 0;
    found.sort((left, right) => time(right) - time(left));
  }
  return found.slice(0, max);
}

/**
 * An error that suggests executions: those most similar to what was typed, or the latest.
 * @param refusal why it cannot be described, if there is one of that name
 */
async function unknownExecution(
  world: World,
  typed: string,
  refusal: UserError | undefined,
): Promise<UserError> {
  const latest = await latestExecutions(world.client, await world.pipelines(), maxSimilar);
  const ids = latest.map((one) => executionId(one.PipelineExecutionArn ?? ""));
  if (refusal !== undefined && ids.includes(typed)) {
    return refusal;
  }
  const similar = nearest(typed, ids);
  const some = ids.slice(0, maxNamed).join(", ") || "none";
  const known = ids.length > maxNamed ? `the latest are ${some}` : `it has ${some}`;
  return new UserError(
    `${world.place} has no execution ${typed}; ` +
      (similar === undefined ? known : `did you mean ${similar}?`),
  );
}

/** The pipeline of an execution's ARN, where SageMaker writes the name in lower case. */
function pipelineOf(pipelines: readonly Pipeline[], arn: string): Pipeline | undefined {
  return pipelines.find(({ pipelineArn }) =>
    arn.toLowerCase().startsWith(`${pipelineArn.toLowerCase()}/execution/`),
  );
}

/** Whether the service answered that the resource does not exist. */
export function isUnknown(error: unknown): error is AwsError {
  return (
    error instanceof AwsError &&
    (error.code === "ResourceNotFound" || error.code === "ValidationException")
  );
}

/** The state of an execution; the service's error if it does not exist. */
async function describe(
  client: SageMakerClient,
  { pipelineName }: Pick<Pipeline, "pipelineName">,
  arn: string,
): Promise<AwsError | ExecutionState> {
  const command = new DescribePipelineExecutionCommand({ PipelineExecutionArn: arn });
  const answer = await client.send(command).catch((error: unknown) => {
    if (!isUnknown(error)) {
      throw error;
    }
    return error;
  });
  if (answer instanceof AwsError) {
    return answer;
  }
  const start = answer.CreationTime ?? new Date();
  const status = answer.PipelineExecutionStatus ?? "Executing";
  const end = ended.has(status) ? (answer.LastModifiedTime ?? new Date()) : new Date();
  return {
    id: executionId(arn),
    arn,
    pipelineName,
    status,
    ...(answer.FailureReason ? { failureReason: answer.FailureReason } : {}),
    startTime: start.toISOString(),
    seconds: Math.max(0, (end.getTime() - start.getTime()) / 1000),
  };
}

/**
 * Finds an execution and its state.
 *
 * @param named its id or its ARN; by default the latest
 * @throws UserError if it does not exist, or the ARN is of another pipeline
 */
export async function findExecution(
  world: World,
  named: string | undefined,
): Promise<ExecutionState> {
  const pipelines = await world.pipelines();
  const [latest] = named === undefined ? await latestExecutions(world.client, pipelines, 1) : [];
  const wanted = named ?? latest?.PipelineExecutionArn;
  if (wanted === undefined) {
    const verb = world.machine === undefined ? "start" : "run";
    throw new UserError(`${world.place} has no executions; \`${world.command(verb)}\` starts one`);
  }
  if (wanted.startsWith("arn:") && pipelineOf(pipelines, wanted) === undefined) {
    throw new UserError(`${wanted} is not an execution of ${world.place}`);
  }
  let refusal: AwsError | undefined;
  for (const pipeline of pipelines) {
    const arn = wanted.startsWith("arn:") ? wanted : `${pipeline.pipelineArn}/execution/${wanted}`;
    const found =
      pipelineOf([pipeline], arn) === undefined
        ? undefined
        : await describe(world.client, pipeline, arn);
    if (found instanceof AwsError) {
      refusal = found;
    } else if (found !== undefined) {
      return found;
    }
  }
  throw await unknownExecution(world, executionId(wanted), refusal);
}

/** The current state of an execution found before. */
export async function describeExecution(
  world: World,
  { arn, pipelineName }: Pick<ExecutionState, "arn" | "pipelineName">,
): Promise<ExecutionState> {
  const found = await describe(world.client, { pipelineName }, arn);
  if (found instanceof AwsError) {
    throw await unknownExecution(world, executionId(arn), found);
  }
  return found;
}
