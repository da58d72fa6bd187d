import { type Challenge, challengeIn } from "../sageMaker/challenge";
import { UserError } from "../errors/userError";
import { wrapped } from "../terminal/fittedTable";
import { formatListing, inSeconds, toTheSecond } from "../terminal/listing";
import { progressOn } from "../terminal/progress";
import { note, print, type Terminal } from "./terminal";
import type { World } from "../sageMaker/world";
import type { ExecutionState } from "../sageMaker/executions";
import { follow, type Pace } from "../sageMaker/follow";
import { failureText, missingRightOf, type Typed } from "./failure";
import { shownChallenge } from "./shownChallenge";
import { definitionOf, type ExecutionStep, type Snapshot } from "../sageMaker/steps";

/** The options of commands that can watch an execution. */
interface WatchOptions {
  readonly json: boolean;
  readonly pace: Pace;
  readonly typed: Typed;
}

/** An execution for `--json`, with the champion's challenge if it got to that. */
export function snapshotJson({ id, ...rest }: Snapshot, challenge?: Challenge): string {
  return JSON.stringify({ execution: id, ...rest, challenge });
}

/** The seconds of a step, running or ended. */
function secondsOf({ seconds, startTime, status }: ExecutionStep): number | undefined {
  return status === "Executing" && startTime !== undefined
    ? (Date.now() - Date.parse(startTime)) / 1000
    : seconds;
}

/**
 * An execution and its steps as text.
 * @param width max characters of a line of the heading and the table
 */
export function snapshotText(snapshot: Snapshot, width: number): string {
  const { failureReason, id, pipelineName, seconds, startTime, status, steps } = snapshot;
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
    width,
  );
  const started = `started ${toTheSecond(startTime)}, ${inSeconds(seconds)} seconds`;
  const reason = failureReason === undefined ? "" : `\n${failureReason}`;
  const missing = missingRightOf(snapshot);
  const heading = wrapped(`Execution ${id} of ${pipelineName}: ${status} (${started})`, width);
  return `${heading.join("\n")}\n${table}${reason}${missing}`;
}

/**
 * Watches an execution to its end, and shows its progress. Ctrl-C only ends the watching, unless this process
 * runs the execution: then it is stopped in order.
 * @returns the exit code: 0 only if it succeeded
 */
export async function watch(
  world: World,
  started: Pick<ExecutionState, "arn" | "id" | "pipelineName">,
  { json, pace, typed }: WatchOptions,
  terminal: Terminal,
): Promise<number> {
  const { arn, id } = started;
  const progress = progressOn(json ? terminal.stderr : terminal.stdout);
  const again = world.command(`status ${id} --follow`);
  let code: number | undefined;
  const interrupted = (): void => {
    if (world.machine?.runs.stop(id) === true) {
      code = 130;
      return;
    }
    progress.close();
    note(terminal, `stopped watching; execution ${id} continues. To watch it again: ${again}`);
    note(terminal, `To stop it: ${world.command(`stop ${id}`)}`);
    process.exit(130);
  };
  process.once("SIGINT", interrupted);
  try {
    const definition = await definitionOf(world.client, arn);
    const { report } = progress;
    const last = await follow(world, started, definition, report, pace, terminal.pause);
    // An execution in this process does more after its status is final; wait before the world is closed.
    await world.machine?.runs.ended(id);
    progress.close();
    const { challenge, lines } = await shownChallenge(() => challengeIn(world, last.steps));
    print(terminal, json ? snapshotJson(last, challenge) : `Execution ${id}: ${last.status}`);
    for (const line of json ? [] : lines) {
      print(terminal, line);
    }
    if (last.status === "Succeeded") {
      return 0;
    }
    note(terminal, `error: ${await failureText(world, last, typed)}`);
    return code ?? 1;
  } catch (error) {
    progress.close();
    // The user must not mistake a failure to watch for a failure of the execution.
    throw error instanceof UserError
      ? new UserError(`${error.message}\nThe execution continues; to watch it again: ${again}`)
      : error;
  } finally {
    process.off("SIGINT", interrupted);
  }
}
