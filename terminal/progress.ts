import { MultiBar, type SingleBar } from "cli-progress";
import pc from "picocolors";

/** The state of a step or an execution, in SageMaker's words; NotExecuted is ours. */
export type ShownStatus =
  "Executing" | "Failed" | "NotExecuted" | "Starting" | "Stopped" | "Stopping" | "Succeeded";

/** What is shown of a step. */
export interface ShownStep {
  readonly name: string;
  readonly status: ShownStatus;
  readonly seconds?: number;
  /** What there is to say of its outcome. */
  readonly detail?: string;
  /** Why it failed. */
  readonly failureReason?: string;
}

/** What is shown of a training job of a tuning step. */
export interface ShownTrial {
  readonly step: string;
  /** Number among the step's trials, from 0. */
  readonly number: number;
  /** Name of the objective metric. */
  readonly objectiveMetric: string;
  readonly objective?: number;
  /** Whether the higher objective is the better one. Default: the lower one is. */
  readonly maximised?: boolean;
  readonly failureReason?: string;
  /** Execution whose equal training job stands in for it. */
  readonly reusedFrom?: string;
}

/** What happens in an execution. */
export type ShownEvent =
  | { readonly kind: "step"; readonly step: ShownStep }
  | { readonly kind: "trial"; readonly trial: ShownTrial; readonly of: number };

/** Shows a run while it goes on. */
export interface Progress {
  readonly report: (event: ShownEvent) => void;
  readonly say: (line: string) => void;
  /** Ends what is drawn, so that other output can follow. */
  readonly close: () => void;
}

const marks: Readonly<Record<ShownStatus, string>> = {
  Executing: pc.cyan("▶"),
  Failed: pc.red("✗"),
  NotExecuted: "-",
  Starting: pc.cyan("▶"),
  Stopped: pc.yellow("■"),
  Stopping: pc.yellow("■"),
  Succeeded: pc.green("✓"),
};

function duration(seconds: number): string {
  const whole = Math.round(seconds);
  return seconds < 60 ? `${seconds.toFixed(1)} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** A step in one line. */
export function stepLine({ detail, failureReason, name, seconds, status }: ShownStep): string {
  const time = seconds === undefined ? "" : pc.dim(` ${duration(seconds)}`);
  const [more] = (detail ?? failureReason ?? "").split("\n");
  return `${marks[status]} ${name}${time}${more ? pc.dim(` (${more})`) : ""}`;
}

function trialText(trial: ShownTrial): string {
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
  const tunings = new Map<string, { readonly bar: SingleBar; best?: ShownTrial }>();
  const say = (line: string): void => {
    if (tunings.size > 0) {
      multibar.log(`${line}\n`);
    } else {
      stream.write(`${line}\n`);
    }
  };
  const trialEnded = (trial: ShownTrial, of: number): void => {
    const tuning: { readonly bar: SingleBar; best?: ShownTrial } = tunings.get(trial.step) ?? {
      bar: multibar.create(of, 0, { step: trial.step, best: "" }),
    };
    tunings.set(trial.step, tuning);
    if (
      trial.objective !== undefined &&
      (tuning.best?.objective === undefined ||
        (trial.maximised === true
          ? trial.objective > tuning.best.objective
          : trial.objective < tuning.best.objective))
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

/** Bars on a terminal that a person watches, otherwise plain lines. */
export function progressOn(stream: NodeJS.WriteStream): Progress {
  return stream.isTTY && process.env["CI"] === undefined ? bars(stream) : plainLines(stream);
}
