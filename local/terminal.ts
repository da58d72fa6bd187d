import { MultiBar, type SingleBar } from "cli-progress";
import Table from "cli-table3";
import pc from "picocolors";

import type { Event, Status, StepResult, Trial } from "./execution";
import type { Session } from "./session";
import type { CandidateSummary } from "./summary";

/** Shows a run while it goes on. */
export interface Progress {
  readonly report: (event: Event) => void;
  readonly say: (line: string) => void;
  /** Ends what is drawn, so that other output can follow. */
  readonly close: () => void;
}

const marks: Readonly<Record<Status, string>> = {
  Executing: pc.cyan("▶"),
  Failed: pc.red("✗"),
  NotExecuted: "-",
  Stopped: pc.yellow("■"),
  Succeeded: pc.green("✓"),
};

function duration(seconds: number): string {
  return seconds < 60
    ? `${seconds.toFixed(1)} s`
    : `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}

function stepLine({ detail, failureReason, name, seconds, status }: StepResult): string {
  const time = seconds === undefined ? "" : pc.dim(` ${duration(seconds)}`);
  const [more] = (detail ?? failureReason ?? "").split("\n");
  return `${marks[status]} ${name}${time}${more ? pc.dim(` (${more})`) : ""}`;
}

function trialText(trial: Trial): string {
  return trial.objective === undefined
    ? `failed: ${trial.failureReason?.split("\n")[0] ?? ""}`
    : `${trial.objectiveMetric} ${trial.objective.toPrecision(6)}`;
}

/** Shows nothing. */
export function silent(): Progress {
  return { report: () => undefined, say: () => undefined, close: () => undefined };
}

/** Plain lines, for logs: each step, and each trial as it ends. */
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
      } else if (event.trial.reusedFrom === undefined) {
        say(
          `  ${event.trial.step} ${event.trial.number + 1}/${event.of}: ${trialText(event.trial)}`,
        );
      }
    },
  };
}

/** A bar for each tuning that is running, below the lines of finished steps. */
export function bars(stream: NodeJS.WriteStream): Progress {
  const multibar = new MultiBar({
    format: "  {step} {bar} {value}/{total} | {best} | {eta_formatted} left",
    barCompleteChar: "█",
    barIncompleteChar: "░",
    barsize: 24,
    clearOnComplete: true,
    hideCursor: true,
    stream,
  });
  const tunings = new Map<string, { readonly bar: SingleBar; best?: Trial }>();
  const say = (line: string): void => {
    if (tunings.size > 0) {
      multibar.log(`${line}\n`);
    } else {
      stream.write(`${line}\n`);
    }
  };
  const trialEnded = (trial: Trial, of: number): void => {
    const tuning: { readonly bar: SingleBar; best?: Trial } = tunings.get(trial.step) ?? {
      bar: multibar.create(of, 0, { step: trial.step, best: "" }),
    };
    tunings.set(trial.step, tuning);
    if (
      trial.objective !== undefined &&
      (tuning.best?.objective === undefined || trial.objective < tuning.best.objective)
    ) {
      tuning.best = trial;
    }
    tuning.bar.increment(1, {
      best: tuning.best === undefined ? "no result yet" : `best ${trialText(tuning.best)}`,
    });
  };
  return {
    say,
    close: () => {
      multibar.stop();
    },
    report: (event) => {
      if (event.kind === "trial") {
        trialEnded(event.trial, event.of);
        return;
      }
      const { step } = event;
      const tuning = tunings.get(step.name);
      if (tuning !== undefined && step.status !== "Executing") {
        multibar.remove(tuning.bar);
        tunings.delete(step.name);
      }
      say(stepLine(step));
    },
  };
}

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
