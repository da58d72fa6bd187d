import pc from "picocolors";

import { duration } from "./duration";
import type { Progress, ShownStatus, ShownStep, ShownTrial } from "./events";
import { significant } from "./listing";

/** The mark before a step, by status. */
export const marks: Readonly<Record<ShownStatus, string>> = {
  Executing: pc.cyan("▶"),
  Failed: pc.red("✗"),
  NotExecuted: "-",
  Stopped: pc.yellow("■"),
  Stopping: pc.yellow("■"),
  Succeeded: pc.green("✓"),
};

export function stepLine({ detail, failureReason, name, seconds, status }: ShownStep): string {
  const time = seconds === undefined ? "" : pc.dim(` ${duration(seconds)}`);
  const [more] = (detail ?? failureReason ?? "").split("\n");
  return `${marks[status]} ${name}${time}${more ? pc.dim(` (${more})`) : ""}`;
}

/** The result of a trial. */
export function trialText(trial: ShownTrial): string {
  const [reason = ""] = trial.failureReason?.split("\n") ?? [];
  return trial.objective === undefined
    ? trial.status === "Stopped" && reason !== ""
      ? reason
      : `failed: ${reason}`
    : `${trial.objectiveMetric} ${significant(trial.objective, 6)}`;
}

/** Shows progress as plain lines, for logs: one for each step, and one for each trial as it ends. */
export function plainLines(stream: NodeJS.WriteStream): Progress {
  const say = (line: string): void => {
    stream.write(`${line}\n`);
  };
  return {
    say,
    close: () => undefined,
    report: (event) => {
      if (event.kind === "step") {
        say(stepLine(event.step));
      } else if (event.kind === "trial" && event.trial.reusedFrom === undefined) {
        say(
          `  ${event.trial.step} ${event.trial.number + 1}/${event.of}: ${trialText(event.trial)}`,
        );
      }
    },
  };
}
