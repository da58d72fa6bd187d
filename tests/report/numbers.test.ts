import { deepEqual } from "node:assert/strict";

import { decimal, hyperparameter, niceAbove, score } from "../../report/numbers";
import { duration } from "../../terminal/duration";

describe("numbers", () => {
  it("are formatted for people", () => {
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
