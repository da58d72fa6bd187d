import { deepEqual, equal, ok } from "node:assert/strict";

import {
  errorMap,
  predictedAgainstActual,
  type Prediction,
  predictionsOf,
  residualAgainstPredicted,
  residualHistogram,
} from "../../../local/report/predictionData";
import { randomNumbers } from "../../support/housing";

const random = randomNumbers(3);
/** Too high by 40 in the east, right in the west. */
const predictions: readonly Prediction[] = Array.from({ length: 2000 }, () => {
  const [longitude, latitude] = [-124 + 10 * random(), 32 + 10 * random()];
  const actual = 100 + 400 * random();
  return { actual, predicted: actual + (longitude > -119 ? 40 : 0), longitude, latitude };
});

const total = (cells: readonly { readonly count: number }[]): number =>
  cells.reduce((sum, { count }) => sum + count, 0);

describe("predictionsOf", () => {
  it("leaves out rows with a missing value, and keeps places where they are", () => {
    const details = {
      actual: [1, null, 3],
      predicted: [1.5, 2, 3.5],
      isPart: false,
      place: { longitude: [-120, -121, null], latitude: [35, 36, 37] },
    };
    deepEqual(predictionsOf(details), [
      { actual: 1, predicted: 1.5, longitude: -120, latitude: 35 },
      { actual: 3, predicted: 3.5 },
    ]);
  });
});

describe("the grids", () => {
  it("hold every row once", () => {
    for (const { cells, levels } of [
      predictedAgainstActual(predictions),
      residualAgainstPredicted(predictions),
    ]) {
      equal(total(cells), 2000);
      ok(cells.every(({ level }) => levels.includes(level)));
    }
    equal(total(residualHistogram(predictions)), 2000);
  });

  it("name the level of a count", () => {
    const many = (count: number): string | undefined =>
      predictedAgainstActual(Array.from({ length: count }, () => ({ actual: 1, predicted: 1 })))
        .cells[0]?.level;
    deepEqual([1, 2, 4, 5, 9, 10, 24, 25, 99, 100, 7000].map(many), [
      ...["1", "2 to 4", "2 to 4", "5 to 9", "5 to 9", "10 to 24", "10 to 24"],
      ...["25 to 99", "25 to 99", "100+", "100+"],
    ]);
  });

  it("have few cells, however many rows there are", () => {
    ok(predictedAgainstActual(predictions).cells.length < 2000);
    ok(residualAgainstPredicted(predictions).cells.length < 2000);
  });
});

describe("errorMap", () => {
  it("shows where predictions are too high", () => {
    const map = errorMap(predictions);
    ok(map);
    equal(total(map.cells), 2000);
    const [, , near] = map.levels;
    for (const { level, x0, x1 } of map.cells) {
      if (x1 <= -119) {
        equal(level, near);
      } else if (x0 >= -119) {
        ok(map.levels.indexOf(level) > 2, level);
      }
    }
  });

  it("is left out where no row has a place", () => {
    equal(errorMap([{ actual: 1, predicted: 2 }]), undefined);
  });

  it("takes predictions without any error", () => {
    const map = errorMap([{ actual: 1, predicted: 1, longitude: 0, latitude: 0 }]);
    equal(map?.cells[0]?.level, map?.levels[2]);
  });
});
