import {
  DescribePipelineExecutionCommand,
  paginateListPipelineExecutions,
  type PipelineExecutionStatus,
  type PipelineExecutionSummary,
  type SageMakerClient,
} from "@aws-sdk/client-sagemaker";

import { UserError } from "../terminal/errors";
import type { StackOutputs } from "../contract/outputs";
import { AwsError } from "./awsErrors";

/** A deployed pipeline: what the stack's exports say of it. */
export type Pipeline = Pick<StackOutputs, "pipelineArn" | "pipelineName" | "region">;

/** How far an execution has got. */
export interface ExecutionState {
  readonly id: string;
  readonly arn: string;
  readonly status: PipelineExecutionStatus;
  readonly failureReason?: string;
  /** ISO 8601. */
  readonly startTime: string;
  /** Since it started, until it ended or until now. */
  readonly seconds: number;
}

/** The states in which nothing more happens. */
const ended: ReadonlySet<PipelineExecutionStatus> = new Set(["Failed", "Stopped", "Succeeded"]);

/** Whether an execution has ended. */
export function hasEnded({ status }: Pick<ExecutionState, "status">): boolean {
  return ended.has(status);
}

/** The id of an execution: the last part of its ARN. */
export function executionId(arn: string): string {
  return arn.slice(arn.lastIndexOf("/") + 1);
}

/** The latest executions of a pipeline, the latest first. */
export async function latestExecutions(
  client: SageMakerClient,
  { pipelineName }: Pipeline,
  most: number,
): Promise<readonly PipelineExecutionSummary[]> {
  const found: PipelineExecutionSummary[] = [];
  const pages = paginateListPipelineExecutions(
    { client, pageSize: Math.min(most, 100) },
    { PipelineName: pipelineName, SortBy: "CreationTime", SortOrder: "Descending" },
  );
  for await (const { PipelineExecutionSummaries: page = [] } of pages) {
    found.push(...page);
    if (found.length >= most) {
      break;
    }
  }
  return found.slice(0, most);
}

/**
 * The ARN of an execution.
 *
 * @param named its id or its ARN; by default the latest
 * @throws UserError where the pipeline has none, or the ARN is another pipeline's
 */
export async function executionArn(
  client: SageMakerClient,
  pipeline: Pipeline,
  named: string | undefined,
): Promise<string> {
  if (named === undefined) {
    const [latest] = await latestExecutions(client, pipeline, 1);
    if (latest?.PipelineExecutionArn === undefined) {
      throw new UserError(
        `the pipeline ${pipeline.pipelineName} has no execution; \`npm run restate -- start\` starts one`,
      );
    }
    return latest.PipelineExecutionArn;
  }
  if (!named.startsWith("arn:")) {
    return `${pipeline.pipelineArn}/execution/${named}`;
  }
  // SageMaker folds the name of a pipeline to lower case in ARNs.
  if (!named.toLowerCase().startsWith(`${pipeline.pipelineArn.toLowerCase()}/execution/`)) {
    throw new UserError(`${named} is no execution of the pipeline ${pipeline.pipelineName}`);
  }
  return named;
}

/** Whether the service says that it knows no such thing. */
function isUnknown(error: unknown): boolean {
  return (
    error instanceof AwsError &&
    (error.code === "ResourceNotFound" || error.code === "ValidationException")
  );
}

/**
 * How far an execution has got.
 * @throws UserError where there is none of the ARN
 */
export async function describeExecution(
  client: SageMakerClient,
  pipeline: Pipeline,
  arn: string,
): Promise<ExecutionState> {
  const command = new DescribePipelineExecutionCommand({ PipelineExecutionArn: arn });
  const answer = await client.send(command).catch(async (error: unknown) => {
    if (!isUnknown(error)) {
      throw error;
    }
    const latest = await latestExecutions(client, pipeline, 5);
    const ids = latest.map((one) => executionId(one.PipelineExecutionArn ?? ""));
    throw new UserError(
      `the pipeline ${pipeline.pipelineName} has no execution ${executionId(arn)}; the latest are ` +
        (ids.join(", ") || "none"),
    );
  });
  const start = answer.CreationTime ?? new Date();
  const status = answer.PipelineExecutionStatus ?? "Executing";
  const end = ended.has(status) ? (answer.LastModifiedTime ?? new Date()) : new Date();
  return {
    id: executionId(arn),
    arn,
    status,
    ...(answer.FailureReason ? { failureReason: answer.FailureReason } : {}),
    startTime: start.toISOString(),
    seconds: Math.max(0, (end.getTime() - start.getTime()) / 1000),
  };
}
