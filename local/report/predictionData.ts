import { type Bar, binsOf, type Cell, extent, grid, histogram, type Point } from "./bins";
import type { Details } from "./diagnosis";
import { niceAbove, significant } from "./numbers";

/** A test row. */
export interface Prediction {
  readonly actual: number;
  readonly predicted: number;
  readonly longitude?: number;
  readonly latitude?: number;
}

/** The rows of the details that have an actual value and a prediction. */
export function predictionsOf({ actual, place, predicted }: Details): readonly Prediction[] {
  return actual.flatMap((value, index) => {
    const prediction = predicted[index] ?? null;
    const [longitude, latitude] = [place?.longitude[index], place?.latitude[index]];
    return value === null || prediction === null
      ? []
      : [
          {
            actual: value,
            predicted: prediction,
            ...(typeof longitude === "number" && typeof latitude === "number"
              ? { longitude, latitude }
              : {}),
          },
        ];
  });
}

/** A cell, and the level that its colour shows. */
export interface LevelCell extends Cell {
  readonly level: string;
}

/** Cells with the levels that they have, in order, each with its place among the colours. */
export interface LevelGrid {
  readonly cells: readonly LevelCell[];
  readonly levels: readonly string[];
}

/** Least counts of the levels, so that few and many rows can be told apart. */
const countLevels = [1, 2, 5, 10, 25, 100];

/** Cells with levels of how many points are in them. */
function byCount(cells: readonly Cell[]): LevelGrid {
  const levels = countLevels.map((least, index) => {
    const next = countLevels[index + 1];
    return next === undefined
      ? `${least}+`
      : next - 1 === least
        ? String(least)
        : `${least} to ${next - 1}`;
  });
  const levelOf = (count: number): string =>
    levels[countLevels.findLastIndex((least) => count >= least)] ?? "";
  return { levels, cells: cells.map((cell) => ({ ...cell, level: levelOf(cell.count) })) };
}

/** How often each pair of actual and predicted value occurs, on axes that are the same. */
export function predictedAgainstActual(predictions: readonly Prediction[]): LevelGrid {
  const points = predictions.map(({ actual, predicted }): Point => ({
    x: actual,
    y: predicted,
    value: 0,
  }));
  const both = binsOf([...extent(points.flatMap(({ x, y }) => [x, y]))], 40);
  return byCount(grid(points, both, both));
}

/** How often each pair of prediction and residual, predicted minus actual, occurs. */
export function residualAgainstPredicted(predictions: readonly Prediction[]): LevelGrid {
  const points = predictions.map(({ actual, predicted }): Point => ({
    x: predicted,
    y: predicted - actual,
    value: 0,
  }));
  const [x, y] = [points.map((one) => one.x), points.map((one) => one.y)];
  return byCount(grid(points, binsOf(x, 40), binsOf(y, 40)));
}

/** How many residuals, predicted minus actual, are in each bin. */
export function residualHistogram(predictions: readonly Prediction[]): readonly Bar[] {
  return histogram(
    predictions.map(({ actual, predicted }) => predicted - actual),
    40,
  );
}

/** Cells by longitude and latitude, with levels of the mean residual in them; undefined without places. */
export function errorMap(predictions: readonly Prediction[]): LevelGrid | undefined {
  const points = predictions.flatMap(({ actual, latitude, longitude, predicted }): Point[] =>
    longitude === undefined || latitude === undefined
      ? []
      : [{ x: longitude, y: latitude, value: predicted - actual }],
  );
  if (points.length === 0) {
    return undefined;
  }
  const [x, y] = [points.map((one) => one.x), points.map((one) => one.y)];
  const cells = grid(points, binsOf(x, 36), binsOf(y, 36));
  const squares = cells.reduce((sum, { mean }) => sum + mean ** 2, 0);
  const typical = Math.sqrt(squares / cells.length);
  const near = typical === 0 ? 1 : niceAbove(typical / 4);
  const far = 3 * near;
  const [short, long] = [significant(near), significant(far)];
  const levels = [
    `below −${long}`,
    `−${long} to −${short}`,
    `within ±${short}`,
    `${short} to ${long}`,
    `above ${long}`,
  ];
  const levelOf = (mean: number): string =>
    levels[[-far, -near, near, far].filter((end) => mean > end).length] ?? "";
  return { levels, cells: cells.map((cell) => ({ ...cell, level: levelOf(cell.mean) })) };
}
