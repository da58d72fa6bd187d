import type { JsonObject } from "../../pipeline/expressions";
import type { Session } from "../session";
import { candidateTable, widthOf } from "./candidateTable";

/** The one object that `--json` prints. */
function resultJson(session: Session, report: string): JsonObject {
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
      hyperparameters: best?.hyperparameters ?? {},
      trials: trials.length,
      seconds,
    })),
    model:
      winner?.model === undefined
        ? null
        : { group: winner.model.group, version: winner.model.version },
    report,
    ...(session.result.failureReason === undefined
      ? {}
      : { failureReason: session.result.failureReason }),
  };
}

/** Says why an execution failed: the step, its reason, and where its log is. */
function failureText(session: Session): string {
  const step = session.result.steps.find(({ status }) => status === "Failed");
  const log = step?.log === undefined ? "" : `\nlog: ${step.log}`;
  return `error: step ${step?.name ?? ""} failed: ${session.result.failureReason ?? ""}${log}`;
}

/** Says what a stopped execution leaves for the next one. */
function stoppedText({ executionId, result, trials }: Session): string {
  const steps = result.steps.filter(({ status }) => status === "Succeeded").length;
  const completed = trials.filter(({ status }) => status === "Completed").length;
  return (
    `stopped: execution ${executionId}, with ${steps} of ${result.steps.length} steps and ` +
    `${completed} trials done; the same command takes them and goes on`
  );
}

/**
 * Prints what a run came to: the candidates, the winner and the report on standard output, or all of it as
 * one JSON object; why it did not succeed on standard error.
 *
 * @param report path of the report
 */
export function printOutcome(session: Session, report: string, json: boolean): void {
  const { candidates, result, winner } = session;
  const lines: string[] = [];
  if (json) {
    lines.push(JSON.stringify(resultJson(session, report)));
  } else if (result.status !== "Stopped") {
    if (candidates.length > 0) {
      lines.push(candidateTable(candidates, winner, widthOf(process.stdout)));
    }
    if (winner?.model !== undefined) {
      const { approvalStatus, group, version } = winner.model;
      const registered = `registered as version ${version} of ${group} (${approvalStatus})`;
      lines.push(`Winner: ${winner.name}, ${registered}`);
    }
  }
  if (!json) {
    lines.push(`Report: ${report}`);
  }
  process.stdout.write(lines.map((line) => `${line}\n`).join(""));
  if (result.status === "Failed") {
    process.stderr.write(`${failureText(session)}\n`);
  } else if (result.status === "Stopped") {
    process.stderr.write(`${stoppedText(session)}\n`);
  }
}
