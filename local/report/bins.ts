import { niceAbove } from "./numbers";

/** Bins of equal width, whose ends are round numbers. */
export interface Bins {
  readonly start: number;
  readonly step: number;
  readonly count: number;
}

/** A bin and how many values are in it. */
export interface Bar {
  readonly start: number;
  readonly end: number;
  readonly count: number;
}

/** A cell of two bins, how many points are in it, and the mean of what they carry. */
export interface Cell {
  readonly x0: number;
  readonly x1: number;
  readonly y0: number;
  readonly y1: number;
  readonly count: number;
  readonly mean: number;
}

/** A point, and a value that it carries. */
export interface Point {
  readonly x: number;
  readonly y: number;
  readonly value: number;
}

/** The least and the greatest of some values. */
export function extent(values: Iterable<number>): readonly [number, number] {
  let [least, greatest] = [Infinity, -Infinity];
  for (const value of values) {
    least = Math.min(least, value);
    greatest = Math.max(greatest, value);
  }
  return [least, greatest];
}

/** At most so many bins, and one more, that hold all of some values. */
export function binsOf(values: readonly number[], most: number): Bins {
  const [least, greatest] = extent(values);
  if (values.length === 0 || least === greatest) {
    const step = values.length === 0 || least === 0 ? 1 : niceAbove(Math.abs(least) / 10);
    return { start: Math.floor((values[0] ?? 0) / step) * step, step, count: 1 };
  }
  const step = niceAbove((greatest - least) / most);
  const first = Math.floor(least / step);
  return { start: first * step, step, count: Math.floor(greatest / step) - first + 1 };
}

function place({ count, start, step }: Bins, value: number): number {
  return Math.min(count - 1, Math.max(0, Math.floor((value - start) / step)));
}

/** How many values are in each of at most so many bins. */
export function histogram(values: readonly number[], most: number): readonly Bar[] {
  const bins = binsOf(values, most);
  const counts = new Array<number>(bins.count).fill(0);
  for (const value of values) {
    const index = place(bins, value);
    counts[index] = (counts[index] ?? 0) + 1;
  }
  return counts.map((count, index) => ({
    start: bins.start + index * bins.step,
    end: bins.start + (index + 1) * bins.step,
    count,
  }));
}

/** The cells of a grid that hold points. */
export function grid(points: readonly Point[], x: Bins, y: Bins): readonly Cell[] {
  const cells = new Map<number, { count: number; sum: number }>();
  for (const point of points) {
    const index = place(x, point.x) * y.count + place(y, point.y);
    const cell = cells.get(index) ?? { count: 0, sum: 0 };
    cell.count += 1;
    cell.sum += point.value;
    cells.set(index, cell);
  }
  return [...cells].map(([index, { count, sum }]) => {
    const [x0, y0] = [
      x.start + Math.floor(index / y.count) * x.step,
      y.start + (index % y.count) * y.step,
    ];
    return { x0, x1: x0 + x.step, y0, y1: y0 + y.step, count, mean: sum / count };
  });
}
