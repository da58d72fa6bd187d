import type { Cell } from "./diagnosis";
import { niceAbove, significant } from "./numbers";

/** A cell with the level of its colour. */
interface LevelCell extends Cell {
  readonly level: string;
}

/** Cells with their levels in order, each with its index among the colours. */
export interface LevelGrid {
  readonly cells: readonly LevelCell[];
  readonly levels: readonly string[];
}

/** The min count of each level, so that few and many rows can be told apart. */
const countLevels = [1, 2, 5, 10, 25, 100];

/** Cells with levels by the number of rows in them. */
export function byCount(cells: readonly Cell[]): LevelGrid {
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

/** Cells with levels by their mean residual (predicted minus actual), around zero. */
export function byMean(cells: readonly Cell[]): LevelGrid {
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
