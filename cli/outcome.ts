import { challengeText } from "../report/challengeText";
import { analysisWarnings, remarks } from "../report/remarks";
import type { ReportData } from "../report/reportData";
import type { FullExecution } from "../sageMaker/fullExecution";
import { widthOf } from "../terminal/output";
import { candidateTable } from "./candidateTable";
import { print, type Terminal } from "./terminal";

/** The one object that `--json` prints. */
function resultJson({ diagnoses, execution }: ReportData, report: string): object {
  const { candidates, challenge, failureReason, id, status, winner } = execution;
  return {
    status,
    execution: id,
    winner: winner?.name ?? null,
    candidates: candidates.map(({ best, metrics, name, seconds, trials }) => ({
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
    model: winner === undefined ? null : { group: winner.group, version: winner.version },
    challenge,
    comparison: diagnoses.comparison ?? null,
    baseline: diagnoses.baseline ?? null,
    report,
    failureReason,
  };
}

/** How far a stopped execution got, and how to continue it: with `--no-cache`, a run is always a new execution. */
export function stoppedText({ candidates, id, steps }: FullExecution, cache: boolean): string {
  const done = steps.filter(({ status }) => status === "Succeeded").length;
  const trials = candidates.flatMap((one) => one.trials);
  const completed = trials.filter(({ status }) => status === "Completed").length;
  return (
    `stopped: execution ${id}, with ${done} of ${steps.length} steps and ` +
    `${completed} trials done; run the same command${cache ? "" : " without --no-cache"} to continue it`
  );
}

/**
 * Prints the result of a run to standard output: candidates, winner and report, or all of it as one JSON object.
 * @param report path of the report
 */
export function printOutcome(
  data: ReportData,
  report: string,
  json: boolean,
  terminal: Terminal,
): void {
  const { diagnoses, execution } = data;
  const { candidates, challenge, status, winner } = execution;
  if (json) {
    print(terminal, JSON.stringify(resultJson(data, report)));
    return;
  }
  const lines: string[] = [];
  if (status !== "Stopped") {
    // With selected steps, only their candidates are shown.
    const shown = candidates.filter(
      ({ metrics, trials }) => metrics !== undefined || trials.length > 0,
    );
    if (shown.length > 0) {
      lines.push(candidateTable(shown, winner?.name, widthOf(terminal.stdout)));
    }
    if (winner !== undefined) {
      const { approvalStatus, group, name, version } = winner;
      lines.push(
        `Winner: ${name}, registered as version ${version} of ${group} (${approvalStatus})`,
      );
    }
    if (challenge !== undefined) {
      lines.push(challengeText(challenge));
    }
    lines.push(...remarks(shown, winner?.name, diagnoses), ...analysisWarnings(diagnoses));
  }
  for (const line of [...lines, `Report: ${report}`]) {
    print(terminal, line);
  }
}
