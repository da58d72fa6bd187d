import { parse, View } from "vega";
import { compile, type Config, type TopLevelSpec } from "vega-lite";

import type { Trial } from "../execution";

/** An actual target and what the model predicts, in the target's unit. */
export interface Prediction {
  readonly actual: number;
  readonly predicted: number;
}

/** Axes and text take the colour of the page's text, so that charts fit its light and its dark form. */
const config: Config = {
  background: "transparent",
  font: "system-ui, sans-serif",
  view: { stroke: null },
  axis: {
    labelColor: "currentColor",
    titleColor: "currentColor",
    tickColor: "currentColor",
    domainColor: "currentColor",
    gridColor: "currentColor",
    gridOpacity: 0.12,
    titleFontWeight: "normal",
  },
  legend: { labelColor: "currentColor", titleColor: "currentColor" },
  title: { color: "currentColor", fontWeight: "normal", fontSize: 12 },
  mark: { color: "#3b82c4" },
};

const schema = "https://vega.github.io/schema/vega-lite/v5.json";
const accent = "#d97706";

async function draw(spec: Omit<TopLevelSpec, "$schema">): Promise<string> {
  const { spec: compiled } = compile({ $schema: schema, ...spec, config } as TopLevelSpec);
  const view = new View(parse(compiled), { renderer: "none" });
  const svg = await view.toSVG();
  view.finalize();
  return svg;
}

/** R² of each candidate, as bars. */
export function candidateChart(
  candidates: readonly { readonly name: string; readonly r2: number; readonly winner: boolean }[],
): Promise<string> {
  return draw({
    data: { values: [...candidates] },
    width: 520,
    height: { step: 28 },
    layer: [
      {
        mark: { type: "bar", cornerRadiusEnd: 3 },
        encoding: {
          color: { condition: { test: "datum.winner", value: accent }, value: "#3b82c4" },
        },
      },
      {
        mark: { type: "text", align: "left", dx: 4, fill: "currentColor" },
        encoding: { text: { field: "r2", format: ".4f" } },
      },
    ],
    encoding: {
      y: { field: "name", type: "nominal", sort: null, title: null },
      x: { field: "r2", type: "quantitative", title: "R² on the test data" },
    },
  } as Omit<TopLevelSpec, "$schema">);
}

/** The objective of each trial, and the best so far. */
export function trialChart(trials: readonly Trial[]): Promise<string> {
  const completed = trials.filter(({ objective }) => objective !== undefined);
  return draw({
    data: {
      values: completed.map(({ number, objective }) => ({ trial: number + 1, objective })),
    },
    width: 520,
    height: 200,
    transform: [
      {
        window: [{ op: "min", field: "objective", as: "best" }],
        sort: [{ field: "trial" }],
        frame: [null, 0],
      },
    ],
    encoding: {
      x: { field: "trial", type: "quantitative", title: "Trial", axis: { tickMinStep: 1 } },
    },
    layer: [
      {
        mark: { type: "line", interpolate: "step-after", color: accent },
        encoding: { y: { field: "best", type: "quantitative", scale: { zero: false } } },
      },
      {
        mark: { type: "point", filled: true, size: 45 },
        encoding: {
          y: {
            field: "objective",
            type: "quantitative",
            title: completed[0]?.objectiveMetric ?? "objective",
            scale: { zero: false },
            axis: { format: "~s" },
          },
        },
      },
    ],
  } as Omit<TopLevelSpec, "$schema">);
}

/** The objective against each hyperparameter that differs between trials. */
export function hyperparameterChart(trials: readonly Trial[]): Promise<string> {
  const completed = trials.filter(({ objective }) => objective !== undefined);
  const names = Object.keys(completed[0]?.hyperparameters ?? {}).filter(
    (name) => new Set(completed.map(({ hyperparameters }) => hyperparameters[name])).size > 1,
  );
  const numeric = (name: string): boolean =>
    completed.every(({ hyperparameters }) => Number.isFinite(Number(hyperparameters[name])));
  return draw({
    columns: 3,
    concat: names.map((name) => ({
      data: {
        values: completed.map(({ hyperparameters, objective }) => ({
          value: numeric(name) ? Number(hyperparameters[name]) : hyperparameters[name],
          objective,
        })),
      },
      width: 150,
      height: 110,
      mark: { type: "point", filled: true, size: 30 },
      encoding: {
        x: {
          field: "value",
          type: numeric(name) ? "quantitative" : "nominal",
          title: name,
          scale: numeric(name) ? { zero: false } : {},
          axis: { tickCount: 3, labelAngle: 0 },
        },
        y: {
          field: "objective",
          type: "quantitative",
          title: null,
          scale: { zero: false },
          axis: { format: "~s", tickCount: 4 },
        },
      },
    })),
  } as Omit<TopLevelSpec, "$schema">);
}

/** How often each pair of actual and predicted value occurs, with the line where they are equal. */
export function predictionChart(predictions: readonly Prediction[]): Promise<string> {
  const values = predictions.flatMap(({ actual, predicted }) => [actual, predicted]);
  const ends = [Math.min(...values), Math.max(...values)];
  const axis = { format: "~s", tickCount: 6, labelAngle: 0 };
  return draw({
    width: 360,
    height: 360,
    layer: [
      {
        data: { values: [...predictions] },
        mark: "rect",
        encoding: {
          x: { field: "actual", type: "quantitative", bin: { maxbins: 50 }, title: "Actual", axis },
          y: {
            field: "predicted",
            type: "quantitative",
            bin: { maxbins: 50 },
            title: "Predicted",
            axis,
          },
          color: {
            aggregate: "count",
            title: "Rows",
            scale: { scheme: "blues", type: "log" },
            legend: { gradientLength: 100 },
          },
        },
      },
      {
        data: { values: ends.map((end) => ({ end })) },
        mark: { type: "line", color: accent, strokeDash: [4, 4] },
        encoding: {
          x: { field: "end", type: "quantitative" },
          y: { field: "end", type: "quantitative" },
        },
      },
    ],
  } as Omit<TopLevelSpec, "$schema">);
}

/** How the errors, predicted minus actual, are distributed. */
export function residualChart(predictions: readonly Prediction[]): Promise<string> {
  return draw({
    data: {
      values: predictions.map(({ actual, predicted }) => ({ residual: predicted - actual })),
    },
    width: 360,
    height: 200,
    mark: "bar",
    encoding: {
      x: {
        field: "residual",
        type: "quantitative",
        bin: { maxbins: 60 },
        title: "Predicted minus actual",
        axis: { format: "~s", tickCount: 6, labelAngle: 0 },
      },
      y: { aggregate: "count", title: "Rows" },
    },
  } as Omit<TopLevelSpec, "$schema">);
}
