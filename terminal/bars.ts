import { type GenericFormatter, MultiBar, type SingleBar } from "cli-progress";

import type { Progress, ShownStep, ShownTrial } from "./events";
import { duration, marks, stepLine, trialText } from "./lines";

/** A tuning step that is running. */
interface RunningTuning {
  readonly of: number;
  /** Trials that it runs at once, at most. */
  readonly parallel: number;
  readonly seconds: number[];
  ended: number;
  best?: ShownTrial;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? 0) + (sorted[Math.floor(middle)] ?? 0)) / 2;
}

/**
 * The seconds that a tuning has yet to go, by the median of its trials' seconds and how many run at once.
 *
 * @param slots trials that can run at once for this tuning; not finite where that is not known
 * @returns undefined where it cannot be told
 */
export function secondsLeft(
  trialSeconds: readonly number[],
  remaining: number,
  slots: number,
): number | undefined {
  return trialSeconds.length === 0 || !Number.isFinite(slots)
    ? undefined
    : Math.ceil(remaining / Math.max(1, slots)) * median(trialSeconds);
}

/** The line of a step that is running, with its time so far. */
function stopwatch({ name, startTime }: ShownStep): GenericFormatter {
  const since = startTime === undefined ? Date.now() : Date.parse(startTime);
  return () => `${marks.Executing} ${name} ${duration((Date.now() - since) / 1000)}`;
}

/** A line for each step that is running, a tuning's with a bar, below the lines of finished steps. */
export function bars(stream: NodeJS.WriteStream, slots: number): Progress {
  const multibar = new MultiBar({
    barCompleteChar: "█",
    barIncompleteChar: "░",
    barsize: 20,
    clearOnComplete: true,
    hideCursor: true,
    stream,
  });
  const running = new Map<string, SingleBar>();
  const tunings = new Map<string, RunningTuning>();
  const say = (line: string): void => {
    if (running.size > 0) {
      multibar.log(`${line}\n`);
    } else {
      stream.write(`${line}\n`);
    }
  };
  const tuningEvent = (step: string, tuning: RunningTuning): void => {
    // Tunings that run side by side share the machine.
    const share = Math.min(tuning.parallel, slots / Math.max(1, tunings.size));
    const left = secondsLeft(tuning.seconds, tuning.of - tuning.ended, share);
    running.get(step)?.update(tuning.ended, {
      best: tuning.best === undefined ? "no result yet" : `best ${trialText(tuning.best)}`,
      left: left === undefined ? "" : `, ${duration(left)} left`,
    });
  };
  const begin = (step: string, total: number, format: GenericFormatter | string): void => {
    const old = running.get(step);
    if (old !== undefined) {
      multibar.remove(old);
    }
    const bar = multibar.create(total, 0, { step, best: "", left: "" }, { format });
    running.set(step, bar);
  };
  const beginTuning = (step: string, of: number, parallel: number): RunningTuning => {
    begin(step, of, `${marks.Executing} {step} {bar} {value}/{total} {best}{left}`);
    const tuning: RunningTuning = { of, parallel, ended: 0, seconds: [] };
    tunings.set(step, tuning);
    return tuning;
  };
  return {
    say,
    close: () => {
      multibar.stop();
    },
    report: (event) => {
      if (event.kind === "tuning") {
        beginTuning(event.step, event.of, event.parallel);
      } else if (event.kind === "trial") {
        const { of, trial } = event;
        const tuning = tunings.get(trial.step) ?? beginTuning(trial.step, of, Infinity);
        tuning.ended += 1;
        if (trial.reusedFrom === undefined && trial.seconds !== undefined) {
          tuning.seconds.push(trial.seconds);
        }
        if (isBetter(trial, tuning.best)) {
          tuning.best = trial;
        }
        tuningEvent(trial.step, tuning);
      } else if (event.step.status === "Executing" && event.step.detail === undefined) {
        begin(event.step.name, 1, stopwatch(event.step));
      } else {
        const { step } = event;
        const bar = running.get(step.name);
        if (bar !== undefined && step.status !== "Executing") {
          multibar.remove(bar);
          running.delete(step.name);
          tunings.delete(step.name);
        }
        say(stepLine(step));
      }
    },
  };
}

function isBetter(trial: ShownTrial, than: ShownTrial | undefined): boolean {
  if (trial.objective === undefined || than?.objective === undefined) {
    return trial.objective !== undefined;
  }
  return trial.maximised === true
    ? trial.objective > than.objective
    : trial.objective < than.objective;
}
