import type { Diagnoses } from "../report/diagnosis";
import { challengeText } from "../report/challengeText";
import { analysisWarnings, remarks } from "../report/remarks";
import { widthOf } from "../terminal/output";
import { lastLines } from "../local/environments/logs";
import type { Session } from "../local/execution/session";
import { candidateTable } from "./candidateTable";
import { failedStepText } from "./failedStep";
import { note, print, type Terminal } from "./terminal";

/** The one object that `--json` prints. */
function resultJson(session: Session, diagnoses: Diagnoses, report: string): object {
  const { winner } = session;
  return {
    status: session.result.status,
    execution: session.executionId,
    winner: winner?.name ?? null,
    candidates: session.candidates.map(({ best, metrics, name, seconds, trials }) => ({
      name,
      r2: metrics?.r2 ?? null,
      mse: metrics?.mse ?? null,
      rmse: metrics?.rmse ?? null,
      rows: metrics?.rows ?? null,
      r2Interval: metrics?.r2Interval ?? null,
      crossValidation: metrics?.crossValidation ?? null,
      hyperparameters: best?.hyperparameters ?? {},
      trials: trials.length,
      seconds,
    })),
    model:
      winner?.model === undefined
        ? null
        : { group: winner.model.group, version: winner.model.version },
    ...(session.challenge && { challenge: session.challenge }),
    comparison: diagnoses.comparison ?? null,
    baseline: diagnoses.baseline ?? null,
    report,
    ...(session.result.failureReason === undefined
      ? {}
      : { failureReason: session.result.failureReason }),
  };
}

/** Command lines for a failed step. */
interface StepCommands {
  /** Runs the step again, alone. */
  readonly again: (step: string, execution: string) => string;
  /** Opens a shell in its job's folder. */
  readonly shell: (step: string, execution: string) => string;
}

/** Why an execution failed. */
function failureText(session: Session, { again, shell }: StepCommands): string {
  const { executionId: id, result } = session;
  const { log, name } = result.steps.find(({ status }) => status === "Failed") ?? { name: "" };
  const text = failedStepText({
    name,
    reason: result.failureReason ?? "",
    job:
      log === undefined
        ? undefined
        : {
            lastLines: lastLines(log).split("\n"),
            log,
            again: again(name, id),
            shell: shell(name, id),
          },
  });
  return `error: ${text}`;
}

/** How far a stopped execution got, and how to continue it: with `--no-cache`, a run is always a new execution. */
function stoppedText({ executionId, result, trials }: Session, cache: boolean): string {
  const steps = result.steps.filter(({ status }) => status === "Succeeded").length;
  const completed = trials.filter(({ status }) => status === "Completed").length;
  return (
    `stopped: execution ${executionId}, with ${steps} of ${result.steps.length} steps and ` +
    `${completed} trials done; run the same command${cache ? "" : " without --no-cache"} to continue it`
  );
}

/**
 * Prints the result of a run to standard output: candidates, winner and report, or all of it as one JSON object. The reason
 * for a failure goes to standard error.
 *
 * @param diagnoses the diagnostics of the candidates
 * @param report path of the report
 * @param options of the run: whether to print JSON, and whether earlier results are used
 * @param commands command lines to run a failed step again and to inspect it
 */
export function printOutcome(
  session: Session,
  diagnoses: Diagnoses,
  report: string,
  { cache, json }: { readonly cache: boolean; readonly json?: boolean },
  commands: StepCommands,
  terminal: Terminal,
): void {
  const { candidates, result, winner } = session;
  const lines: string[] = [];
  if (json === true) {
    lines.push(JSON.stringify(resultJson(session, diagnoses, report)));
  } else if (result.status !== "Stopped") {
    // With selected steps, only their candidates are shown.
    const shown = candidates.filter(
      ({ metrics, trials }) => metrics !== undefined || trials.length > 0,
    );
    if (shown.length > 0) {
      lines.push(candidateTable(shown, winner, widthOf(terminal.stdout)));
    }
    if (winner?.model !== undefined) {
      const { approvalStatus, group, version } = winner.model;
      const registered = `registered as version ${version} of ${group} (${approvalStatus})`;
      lines.push(`Winner: ${winner.name}, ${registered}`);
    }
    if (session.challenge !== undefined) {
      lines.push(challengeText(session.challenge));
    }
    lines.push(...remarks(shown, winner?.name, diagnoses), ...analysisWarnings(diagnoses));
  }
  if (json !== true) {
    lines.push(`Report: ${report}`);
  }
  for (const line of lines) {
    print(terminal, line);
  }
  if (result.status === "Failed") {
    note(terminal, failureText(session, commands));
  } else if (result.status === "Stopped") {
    note(terminal, stoppedText(session, cache));
  }
}
