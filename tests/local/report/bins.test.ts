import { deepEqual, equal, ok } from "node:assert/strict";

import { binsOf, grid, histogram } from "../../../local/report/bins";
import { decimal, duration, hyperparameter, niceAbove, score } from "../../../local/report/numbers";
import { randomNumbers } from "../../support/housing";

describe("histogram", () => {
  it("counts every value once, in bins with round ends", () => {
    const random = randomNumbers(1);
    const values = Array.from({ length: 5000 }, () => 1000 * (random() - 0.5));
    const bars = histogram(values, 40);
    equal(
      bars.reduce((sum, { count }) => sum + count, 0),
      5000,
    );
    ok(bars.length <= 42 && bars.length > 15, String(bars.length));
    for (const { count, end, start } of bars) {
      equal(count, values.filter((value) => value >= start && value < end).length);
      equal(Math.abs(start % 50), 0);
    }
  });

  it("takes values that are all the same, and none at all", () => {
    deepEqual(
      histogram([7, 7, 7], 40).map(({ count }) => count),
      [3],
    );
    deepEqual(
      histogram([], 40).map(({ count }) => count),
      [0],
    );
    deepEqual(histogram([0, 0], 40), [{ start: 0, end: 1, count: 2 }]);
  });

  it("puts negative values below zero", () => {
    deepEqual(
      histogram([-3, -1, 1], 4).filter(({ count }) => count > 0),
      [
        { start: -3, end: -2, count: 1 },
        { start: -1, end: 0, count: 1 },
        { start: 1, end: 2, count: 1 },
      ],
    );
  });
});

describe("grid", () => {
  it("has the cells that hold points, with the mean of what they carry", () => {
    const points = [
      { x: 0.5, y: 0.5, value: 1 },
      { x: 0.6, y: 0.4, value: 3 },
      { x: 3.5, y: 1.5, value: -2 },
    ];
    deepEqual(grid(points, { start: 0, step: 1, count: 4 }, { start: 0, step: 1, count: 2 }), [
      { x0: 0, x1: 1, y0: 0, y1: 1, count: 2, mean: 2 },
      { x0: 3, x1: 4, y0: 1, y1: 2, count: 1, mean: -2 },
    ]);
  });

  it("keeps the least and the greatest value inside", () => {
    const values = [0.1, 0.7, 1.3, 9.999999];
    const bins = binsOf(values, 10);
    ok(bins.start <= 0.1 && bins.start + bins.count * bins.step >= 9.999999);
  });
});

describe("numbers", () => {
  it("are written to be read", () => {
    deepEqual([score(0.85128), score(undefined), score(Number.NaN)], ["0.8513", "–", "–"]);
    deepEqual([decimal(12345.678, 1), decimal(undefined, 1)], ["12,345.7", "–"]);
    deepEqual([0.04, 59.96, 61, 3599.7, 7260].map(duration), [
      "0.0 s",
      "60.0 s",
      "1 min 1 s",
      "1 h 0 min",
      "2 h 1 min",
    ]);
    deepEqual(["0.047113412", "reg:squarederror", "7", undefined].map(hyperparameter), [
      "0.04711",
      "reg:squarederror",
      "7",
      "–",
    ]);
    deepEqual([0.3, 1, 1.1, 2300].map(niceAbove), [0.5, 1, 2, 5000]);
  });
});
