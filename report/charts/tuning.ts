import type { Html } from "../html";
import { course, evenly, spreadsWide, type TunedParameter, type Tuning } from "../tuningData";
import { axisNumbers, category, figure, quantity } from "./draw";
import type { ExecutionTrial } from "../../sageMaker/trials";

const statuses: readonly ExecutionTrial["status"][] = ["Completed", "Stopped", "Failed"];

/** The mark of each status. */
const shape = category("status", {
  scale: { domain: statuses, range: ["circle", "triangle-up", "cross"] },
});
const color = category("status", {
  scale: { domain: statuses, range: ["var(--series)", "var(--warn)", "var(--bad)"] },
});

/** The axis of the objective; trials without an objective are drawn at the bottom. */
function objectiveAxis(values: readonly number[], title: string | null): object {
  return quantity("objective", {
    title,
    scale: spreadsWide(values) ? { type: "log", nice: true } : { zero: false },
    axis: { ...axisNumbers(values), tickCount: 5 },
  });
}

function objectives(trials: readonly ExecutionTrial[]): readonly number[] {
  return trials.flatMap(({ objective }) => objective ?? []);
}

/**
 * The objective of each trial, and the best so far.
 * @param most max trials to draw; of more, an evenly spaced selection
 */
export function objectiveChart(tuning: Tuning, most: number): Promise<Html> {
  const height = 220;
  const all = course(tuning);
  const points = evenly(all, most);
  const y = objectiveAxis(objectives(tuning.trials), tuning.objectiveMetric);
  const x = quantity("number", {
    title: "Trial",
    scale: { domain: [1, Math.max(2, all.length)], nice: false },
    axis: { format: "d", tickMinStep: 1, tickCount: 8, grid: false },
  });
  const better = tuning.minimised ? "lower" : "higher";
  return figure(
    `Objective of each trial, and the best so far (${better} is better)`,
    `${tuning.objectiveMetric} of ${tuning.trials.length} trials of ${tuning.step}; the best is ` +
      `${tuning.best?.objective ?? "none"}.`,
    {
      height,
      data: { values: points },
      encoding: { x },
      layer: [
        {
          transform: [{ filter: "isValid(datum.best)" }],
          mark: { type: "line", interpolate: "step-after", color: "var(--accent)", strokeWidth: 2 },
          encoding: { y: { ...y, field: "best" } },
        },
        {
          transform: [{ filter: "isValid(datum.objective)" }],
          mark: { type: "point", filled: true, opacity: 0.9, size: 45 },
          encoding: { y, shape, color },
        },
        {
          transform: [{ filter: "!isValid(datum.objective)" }],
          mark: { type: "point", filled: true, opacity: 1, size: 55 },
          encoding: { y: { value: height - 60 }, shape, color },
        },
      ],
    },
  );
}

/**
 * The objective against one hyperparameter.
 * @param most max trials to draw; of more, an evenly spaced selection
 */
export function parameterChart(
  { objectiveMetric, trials }: Tuning,
  { kind, name }: TunedParameter,
  most: number,
): Promise<Html> {
  const values = evenly(trials, most).flatMap(
    ({ hyperparameters: { [name]: text }, objective, status }) =>
      text === undefined || objective === undefined
        ? []
        : [{ value: kind === "categorical" ? text : Number(text), objective, status }],
  );
  const isLog = kind === "logarithmic" && values.every(({ value }) => Number(value) > 0);
  const numeric = {
    type: "quantitative",
    scale: isLog ? { type: "log", nice: false, padding: 6 } : { zero: false, padding: 6 },
    axis: {
      ...(isLog ? { format: "~g" } : axisNumbers(values.map(({ value }) => Number(value)))),
      tickCount: isLog ? 3 : 4,
      grid: false,
      labelFlush: 10,
      labelOverlap: true,
    },
  };
  const strip = { type: "nominal", axis: { labelAngle: 0, labelLimit: 90, labelOverlap: true } };
  return figure(
    isLog ? `${name} (logarithmic)` : name,
    `${objectiveMetric} against ${name} for ${values.length} trials.`,
    {
      width: 220,
      height: 160,
      data: { values },
      mark: { type: "point", filled: true, opacity: 0.8, size: 32 },
      encoding: {
        x: { field: "value", title: null, ...(kind === "categorical" ? strip : numeric) },
        y: objectiveAxis(objectives(trials), null),
        shape: { ...shape, legend: null },
        color: { ...color, legend: null },
      },
    },
  );
}
