import Table from "cli-table3";
import pc from "picocolors";

import type { Session } from "./session";
import type { CandidateSummary } from "./summary";

/** The best trial's hyperparameters, without those that are the same for all trials. */
function hyperparameterText({ best, trials }: CandidateSummary): string {
  return Object.entries(best?.hyperparameters ?? {})
    .filter(([name, value]) =>
      trials.some(({ hyperparameters }) => hyperparameters[name] !== value),
    )
    .map(([name, value]) => {
      const number = Number(value);
      return `${name}=${Number.isFinite(number) ? String(Number(number.toPrecision(4))) : value}`;
    })
    .join("\n");
}

/** The candidates side by side, the winner marked, as a table for the terminal. */
export function candidateTable(session: Session): string {
  const table = new Table({
    head: ["", "Candidate", "R²", "MSE", "Best hyperparameters", "Trials", "Seconds"],
    colAligns: ["left", "left", "right", "right", "left", "right", "right"],
    style: { head: pc.isColorSupported ? ["bold"] : [], border: [] },
  });
  for (const candidate of session.candidates) {
    const completed = candidate.trials.filter(({ status }) => status === "Completed").length;
    table.push([
      candidate === session.winner ? pc.green("★") : "",
      candidate.name,
      candidate.metrics?.r2.toFixed(4) ?? "-",
      candidate.metrics?.mse.toPrecision(6) ?? "-",
      hyperparameterText(candidate),
      completed === candidate.trials.length
        ? String(completed)
        : `${completed} of ${candidate.trials.length}`,
      candidate.seconds.toFixed(1),
    ]);
  }
  return table.toString();
}
