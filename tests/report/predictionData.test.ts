import { deepEqual, equal } from "node:assert/strict";

import type { Cell } from "../../report/diagnosis";
import { byCount, byMean } from "../../report/predictionData";

const cell = (more: Partial<Cell>): Cell => ({
  x0: 0,
  x1: 1,
  y0: 0,
  y1: 1,
  count: 1,
  mean: 0,
  ...more,
});

describe("byCount", () => {
  it("has a level for each count", () => {
    const counts = [1, 2, 4, 5, 9, 10, 24, 25, 99, 100, 7000];
    deepEqual(
      byCount(counts.map((count) => cell({ count }))).cells.map(({ level }) => level),
      [
        ...["1", "2 to 4", "2 to 4", "5 to 9", "5 to 9", "10 to 24", "10 to 24"],
        ...["25 to 99", "25 to 99", "100+", "100+"],
      ],
    );
  });
});

describe("byMean", () => {
  it("distinguishes predictions that are too high and too low", () => {
    const { cells, levels } = byMean([-40, -9, 0, 9, 40].map((mean) => cell({ mean })));
    deepEqual(levels, ["below −30", "−30 to −10", "within ±10", "10 to 30", "above 30"]);
    deepEqual(
      cells.map(({ level }) => level),
      ["below −30", "within ±10", "within ±10", "within ±10", "above 30"],
    );
  });

  it("accepts predictions without any error", () => {
    const map = byMean([cell({ mean: 0 })]);
    equal(map.cells[0]?.level, map.levels[2]);
  });
});
