import type { Bar, Contributions, FeatureImportance } from "../diagnosis";
import type { Html } from "../html";
import { decimal, significant } from "../numbers";
import type { LevelGrid } from "../predictionData";
import { axisNumbers, chartWidth, figure, quantity, rowNames } from "./draw";

function axisOf(values: readonly number[]): object {
  return { ...axisNumbers(values), tickCount: 5, labelAngle: 0, grid: false };
}

const countColours = [1, 2, 3, 4, 5, 6].map((level) => `var(--ramp-${level})`);
const errorColours = ["below-2", "below-1", "near", "above-1", "above-2"].map(
  (name) => `var(--${name})`,
);

/** Rectangles with colours for levels. */
function cells(
  { cells: values, levels }: LevelGrid,
  colours: readonly string[],
  [x, y]: readonly [string, string],
  columns: number,
): object {
  const scale = { zero: false, nice: false };
  const xAxis = axisOf(values.flatMap(({ x0, x1 }) => [x0, x1]));
  const yAxis = axisOf(values.flatMap(({ y0, y1 }) => [y0, y1]));
  return {
    data: { values },
    mark: { type: "rect" },
    encoding: {
      x: quantity("x0", { title: x, axis: xAxis, scale }),
      x2: { field: "x1" },
      y: quantity("y0", { title: y, axis: yAxis, scale }),
      y2: { field: "y1" },
      color: {
        field: "level",
        type: "ordinal",
        scale: { domain: levels, range: colours },
        legend: { columns, symbolType: "square", symbolStrokeWidth: 0 },
      },
    },
  };
}

/** A reference line through points. */
function line(points: readonly { readonly x: number; readonly y: number }[]): object {
  return {
    data: { values: points },
    mark: { type: "line", color: "var(--accent)", strokeDash: [5, 4] },
    encoding: { x: quantity("x"), y: quantity("y") },
  };
}

/** Predicted against actual values, with the line where they are equal. */
export function predictedChart(grid: LevelGrid): Promise<Html> {
  const ends = grid.cells.flatMap(({ x0, x1, y0, y1 }) => [x0, x1, y0, y1]);
  const [least, greatest] = [Math.min(...ends), Math.max(...ends)];
  return figure(
    "Predicted against actual; colour: rows per cell",
    "Counts of test rows by actual and predicted value, which are equal on the dashed line.",
    {
      height: chartWidth + 40,
      layer: [
        cells(grid, countColours, ["Actual", "Predicted"], 3),
        line([
          { x: least, y: least },
          { x: greatest, y: greatest },
        ]),
      ],
    },
  );
}

/** Residuals against predictions, with the zero line. */
export function residualChart(grid: LevelGrid): Promise<Html> {
  const ends = grid.cells.flatMap(({ x0, x1 }) => [x0, x1]);
  return figure(
    "Residual against prediction; colour: rows per cell",
    "Counts of test rows by predicted value and residual, which is 0 on the dashed line.",
    {
      height: 280,
      layer: [
        cells(grid, countColours, ["Predicted", "Predicted minus actual"], 3),
        line([Math.min(...ends), Math.max(...ends)].map((x) => ({ x, y: 0 }))),
      ],
    },
  );
}

/** The distribution of the residuals. */
export function histogramChart(bars: readonly Bar[]): Promise<Html> {
  return figure(
    "Distribution of the residuals",
    "Histogram of predicted minus actual on the test rows.",
    {
      height: 240,
      data: { values: bars },
      mark: { type: "bar", binSpacing: 0.5 },
      encoding: {
        x: quantity("start", {
          bin: "binned",
          title: "Predicted minus actual",
          axis: axisOf(bars.flatMap(({ end, start }) => [start, end])),
        }),
        x2: { field: "end" },
        y: quantity("count", { title: "Rows", axis: { tickCount: 5 } }),
      },
    },
  );
}

/** How much R² drops without each feature. */
export function importanceChart(features: readonly FeatureImportance[]): Promise<Html> {
  const values = features.map(({ fall, name }) => `${name} ${decimal(fall, 3)}`);
  return figure(
    "Importance: decrease of R² when a feature is shuffled",
    `Features with the decrease of R²: ${values.join(", ")}.`,
    {
      height: 40 + 20 * features.length,
      data: { values: features },
      mark: { type: "bar", cornerRadiusEnd: 2 },
      encoding: {
        y: rowNames(
          "name",
          features.map(({ name }) => name),
        ),
        x: quantity("fall", {
          title: null,
          axis: { ...axisNumbers(features.map(({ fall }) => fall)), tickCount: 4 },
        }),
      },
    },
  );
}

const valueLevels = ["lowest", "low", "middle", "high", "highest"];
const missingLevel = "missing";

/** SHAP values of each feature: a point for each of some rows, with similar values side by side. */
export function contributionChart({ features, isLog }: Contributions): Promise<Html> {
  const drawn = features.filter(({ points }) => points !== undefined);
  const points = drawn.flatMap(({ name, points: some = [] }) =>
    some.map(({ level, offset, value }) => ({
      name,
      value,
      offset,
      level: level === null ? missingLevel : valueLevels[level],
    })),
  );
  const levels = [...valueLevels, missingLevel].filter((one) =>
    points.some(({ level }) => level === one),
  );
  const means = drawn.map(({ mean, name }) => `${name} ${significant(mean)}`);
  return figure(
    "SHAP values; colour: the feature's value, in fifths",
    `Features with their mean absolute SHAP values: ${means.join(", ")}.`,
    {
      height: 86 + 34 * drawn.length,
      layer: [
        {
          data: { values: [{ x: 0 }] },
          mark: { type: "rule", color: "var(--faint)" },
          encoding: { x: quantity("x") },
        },
        {
          data: { values: points },
          mark: { type: "circle", size: 9, opacity: 0.9 },
          encoding: {
            x: quantity("value", {
              title: isLog ? "SHAP value (of the logarithm)" : "SHAP value",
              axis: axisOf(points.map(({ value }) => value)),
            }),
            y: rowNames(
              "name",
              drawn.map(({ name }) => name),
            ),
            yOffset: quantity("offset", { scale: { domain: [-1.3, 1.3] } }),
            color: {
              field: "level",
              type: "ordinal",
              scale: {
                domain: levels,
                range: levels.map((level) =>
                  level === missingLevel
                    ? "var(--faint)"
                    : errorColours[valueLevels.indexOf(level)],
                ),
              },
              // Long feature names leave no room for three columns.
              legend: { columns: 2, symbolType: "circle", symbolStrokeWidth: 0 },
            },
          },
        },
      ],
    },
  );
}

/** A map of mean residuals, with longitudes scaled for the middle latitude. */
export function mapChart(grid: LevelGrid): Promise<Html> {
  const xs = grid.cells.flatMap(({ x0, x1 }) => [x0, x1]);
  const ys = grid.cells.flatMap(({ y0, y1 }) => [y0, y1]);
  const [west, east, south, north] = [
    Math.min(...xs),
    Math.max(...xs),
    Math.min(...ys),
    Math.max(...ys),
  ];
  const shrink = Math.cos(((((south + north) / 2) * Math.PI) / 180) % Math.PI);
  const ratio = (north - south) / ((east - west) * Math.max(0.1, Math.abs(shrink)));
  return figure(
    "Errors by location: mean of predicted minus actual",
    "Map of the mean error of test rows by longitude and latitude.",
    {
      height: Math.round(Math.min(460, Math.max(200, (chartWidth - 40) * ratio)) + 80),
      ...cells(grid, errorColours, ["Longitude", "Latitude"], 2),
    },
  );
}
