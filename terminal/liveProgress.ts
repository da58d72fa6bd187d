import { createLogUpdate } from "log-update";

import { duration } from "./duration";
import type { Progress, ShownStep, ShownTrial } from "./events";
import { marks, stepLine, trialText } from "./lines";

/** Milliseconds between redraws of the running steps' lines. */
const interval = 100;

/** Max width of a bar, in columns; the text beside it has priority. */
const maxBarWidth = 20;

/** Min width of a bar; without room for it there is none. */
const minBarWidth = 5;

/** A tuning step that is running. */
interface RunningTuning {
  readonly of: number;
  /** Max trials at once. */
  readonly parallel: number;
  readonly seconds: number[];
  ended: number;
  best?: ShownTrial;
}

export interface RunningStep {
  readonly name: string;
  /** Its start, in milliseconds since 1970. */
  readonly since: number;
  tuning?: RunningTuning;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? 0) + (sorted[Math.floor(middle)] ?? 0)) / 2;
}

/**
 * Estimates the seconds until a tuning ends, from the median duration of its trials and how many run at once.
 *
 * @param slots trials that can run at once for this tuning; infinite if unknown
 * @returns undefined if unknown
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

/** The text for a running tuning, and a shorter one for narrow terminals. */
function tuningTexts(tuning: RunningTuning, slots: number): readonly string[] {
  const { best, ended, of } = tuning;
  const count = `${ended}/${of}`;
  const result = best === undefined ? count : `${count} best ${trialText(best)}`;
  const left = secondsLeft(tuning.seconds, of - ended, slots);
  return left === undefined
    ? [result, count]
    : [`${result}, ${duration(left)} left`, result, count];
}

/**
 * The line of a running step, fitted to the terminal's width.
 *
 * @param columns width of the terminal
 * @param now milliseconds since 1970
 * @param slots trials that can run at once for this step's tuning
 */
export function runningLine(
  { name, since, tuning }: RunningStep,
  columns: number,
  now: number,
  slots: number,
): string {
  // A line of the full width makes some terminals wrap.
  const room = columns - 1 - "▶ ".length;
  const fit = (text: string): string => (text.length > room ? `${text.slice(0, room - 1)}…` : text);
  if (tuning === undefined) {
    return `${marks.Executing} ${fit(`${name} ${duration((now - since) / 1000)}`)}`;
  }
  const texts = tuningTexts(tuning, slots);
  const text = texts.find((one) => name.length + 1 + one.length <= room) ?? texts.at(-1) ?? "";
  const barWidth = Math.min(maxBarWidth, room - `${name}  ${text}`.length);
  if (barWidth < minBarWidth) {
    return `${marks.Executing} ${fit(`${name} ${text}`)}`;
  }
  const filled = Math.round((barWidth * tuning.ended) / Math.max(1, tuning.of));
  const bar = "█".repeat(filled) + "░".repeat(barWidth - filled);
  return `${marks.Executing} ${name} ${bar} ${text}`;
}

/** Whether a trial is better than another, or is the first with a result. */
function isBetter(trial: ShownTrial, than: ShownTrial | undefined): boolean {
  if (trial.objective === undefined || than?.objective === undefined) {
    return trial.objective !== undefined;
  }
  return trial.maximised === true
    ? trial.objective > than.objective
    : trial.objective < than.objective;
}

/** The running steps, from the reported events. */
class RunningSteps {
  private readonly steps = new Map<string, RunningStep>();

  /** @param slots trials that can run at once on this machine; infinite if unknown */
  constructor(private readonly slots: number) {}

  begin({ name, startTime }: Pick<ShownStep, "name" | "startTime">): RunningStep {
    const since = startTime === undefined ? Date.now() : Date.parse(startTime);
    const step = this.steps.get(name) ?? { name, since };
    this.steps.set(name, step);
    return step;
  }

  end(name: string): void {
    this.steps.delete(name);
  }

  beginTuning(name: string, of: number, parallel: number): RunningTuning {
    const tuning: RunningTuning = { of, parallel, ended: 0, seconds: [] };
    this.begin({ name }).tuning = tuning;
    return tuning;
  }

  addTrial(trial: ShownTrial, of: number): void {
    const tuning = this.steps.get(trial.step)?.tuning ?? this.beginTuning(trial.step, of, Infinity);
    tuning.ended += 1;
    if (trial.reusedFrom === undefined && trial.seconds !== undefined) {
      tuning.seconds.push(trial.seconds);
    }
    if (isBetter(trial, tuning.best)) {
      tuning.best = trial;
    }
  }

  lines(columns: number): readonly string[] {
    const all = [...this.steps.values()];
    const tunings = all.filter(({ tuning }) => tuning !== undefined).length;
    return all.map((step) => {
      // Parallel tunings share the machine.
      const slots = Math.min(step.tuning?.parallel ?? 1, this.slots / Math.max(1, tunings));
      return runningLine(step, columns, Date.now(), slots);
    });
  }
}

/** Shows a line for each ended step, and below them one for each running step. */
export function liveProgress(stream: NodeJS.WriteStream, slots: number): Progress {
  const running = new RunningSteps(slots);
  const live = createLogUpdate(stream, { showCursor: true });
  const draw = (): void => {
    const lines = running.lines(stream.columns);
    if (lines.length === 0) {
      live.clear();
    } else {
      live(lines.join("\n"));
    }
  };
  const say = (line: string): void => {
    live.persist(line);
    draw();
  };
  const timer = setInterval(draw, interval);
  timer.unref();
  return {
    say,
    close: () => {
      clearInterval(timer);
      live.clear();
      live.done();
    },
    report: (event) => {
      if (event.kind === "tuning") {
        running.beginTuning(event.step, event.of, event.parallel);
      } else if (event.kind === "trial") {
        running.addTrial(event.trial, event.of);
      } else if (event.step.status === "Executing" && event.step.detail === undefined) {
        running.begin(event.step);
        draw();
      } else {
        if (event.step.status !== "Executing") {
          running.end(event.step.name);
        }
        say(stepLine(event.step));
      }
    },
  };
}
