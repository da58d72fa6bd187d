import type { SageMakerClient } from "@aws-sdk/client-sagemaker";

import { UserError } from "../terminal/errors";
import { formatListing, inSeconds, toTheSecond } from "../terminal/listing";
import { progressOn } from "../terminal/progress";
import { executionId, type Pipeline } from "./executions";
import { follow, type Pace, type Snapshot } from "./follow";
import { missingRight } from "./missingRights";
import { definitionOf, type DeployedStep } from "./steps";

/** How the commands that can watch an execution show it. */
export interface WatchOptions {
  readonly stack: string;
  readonly json: boolean;
  readonly pace: Pace;
}

/** What `--json` prints of an execution. */
export function snapshotJson({ execution, steps }: Snapshot): string {
  const { id, ...rest } = execution;
  return JSON.stringify({ execution: id, ...rest, steps });
}

/** The seconds of a step, also of one that is running. */
function secondsOf({ seconds, startTime, status }: DeployedStep): number | undefined {
  return status === "Executing" && startTime !== undefined
    ? (Date.now() - Date.parse(startTime)) / 1000
    : seconds;
}

/** A line, with a line break before it, that names the right for whose lack a step has failed; empty where none did. */
function missingRightOf({ execution, steps }: Snapshot): string {
  const [missing] = [...steps, execution].flatMap(
    ({ failureReason }) => missingRight(failureReason ?? "") ?? [],
  );
  return missing === undefined ? "" : `\n${missing}`;
}

/** An execution and its steps as text. */
export function snapshotText({ execution, steps }: Snapshot, pipeline: Pipeline): string {
  const { failureReason, id, seconds, startTime, status } = execution;
  const table = formatListing(
    {
      head: ["Step", "Type", "Status", "Seconds", "Detail"],
      rows: steps.map((step) => [
        step.name,
        step.type,
        step.status,
        inSeconds(secondsOf(step)),
        step.failureReason ?? step.detail ?? "",
      ]),
      items: steps,
    },
    false,
  );
  const started = `started ${toTheSecond(startTime)}, ${inSeconds(seconds)} seconds`;
  const reason = failureReason === undefined ? "" : `\n${failureReason}`;
  const missing = missingRightOf({ execution, steps });
  return `Execution ${id} of ${pipeline.pipelineName}: ${status} (${started})\n${table}${reason}${missing}`;
}

/** Says why an execution did not succeed, and where to read on. */
function failureText({ execution, steps }: Snapshot, stack: string): string {
  const step = steps.find(({ status }) => status === "Failed");
  const { failureReason = "", id, status } = execution;
  const missing = missingRightOf({ execution, steps });
  if (step === undefined) {
    const reason = failureReason === "" ? "" : `: ${failureReason}`;
    return `error: execution ${id}: ${status}${reason}${missing}`;
  }
  const log =
    step.job === undefined
      ? ""
      : `\nlog: npm run restate -- logs ${step.name} ${id} --stack ${stack}`;
  return `error: step ${step.name} failed: ${step.failureReason ?? failureReason}${missing}${log}`;
}

/**
 * Watches an execution to its end, and shows how it goes. Ctrl-C ends the watching only.
 * @returns the exit code: 0 only where it succeeded
 */
export async function watch(
  client: SageMakerClient,
  pipeline: Pipeline,
  arn: string,
  { json, pace, stack }: WatchOptions,
): Promise<number> {
  const id = executionId(arn);
  const progress = progressOn(json ? process.stderr : process.stdout);
  const again = `npm run restate -- status ${id} --follow --stack ${stack}`;
  const interrupted = (): void => {
    progress.close();
    process.stderr.write(
      `stopped watching; execution ${id} goes on. To watch it again: ${again}\n` +
        `To stop it: npm run restate -- stop ${id} --stack ${stack}\n`,
    );
    process.exit(130);
  };
  process.once("SIGINT", interrupted);
  try {
    const definition = await definitionOf(client, arn);
    const last = await follow(client, pipeline, arn, definition, progress.report, pace);
    progress.close();
    const outcome = json ? snapshotJson(last) : `Execution ${id}: ${last.execution.status}`;
    process.stdout.write(`${outcome}\n`);
    if (last.execution.status === "Succeeded") {
      return 0;
    }
    process.stderr.write(`${failureText(last, stack)}\n`);
    return 1;
  } catch (error) {
    progress.close();
    // The user must not take a failure to watch for a failure of the execution.
    throw error instanceof UserError
      ? new UserError(`${error.message}\nThe execution goes on; to watch it again: ${again}`)
      : error;
  } finally {
    process.off("SIGINT", interrupted);
  }
}
