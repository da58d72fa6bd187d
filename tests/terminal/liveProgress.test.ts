import { deepEqual, equal } from "node:assert/strict";

import { type RunningStep, runningLine, secondsLeft } from "../../terminal/liveProgress";

describe("secondsLeft", () => {
  it("is the median duration of the trials, times the remaining rounds", () => {
    equal(secondsLeft([1, 9, 2], 6, 2), 6);
    equal(secondsLeft([1, 2], 5, 2), 4.5);
    equal(secondsLeft([4], 3, 0.5), 12);
    equal(secondsLeft([4], 0, 2), 0);
  });

  it("is unknown until a trial has ended, or if the number of trials at once is unknown", () => {
    equal(secondsLeft([], 3, 2), undefined);
    equal(secondsLeft([1], 3, Infinity), undefined);
  });
});

describe("the line of a running step", () => {
  const line = (step: RunningStep, columns: number): string => {
    const text = runningLine(step, columns, 62_000, 2);
    // eslint-disable-next-line no-control-regex
    return text.replace(/\u001b\[[0-9;]*m/g, "");
  };
  const best = { step: "", number: 0, objectiveMetric: "validation:rmse", objective: 51234.5 };
  const tuning = { of: 20, parallel: 2, ended: 5, seconds: [3, 3], best };

  it("shows its duration", () => {
    equal(line({ name: "Preprocess", since: 1000 }, 80), "▶ Preprocess 1 min 1 s");
  });

  it("is cut off if the name alone is too long", () => {
    equal(line({ name: "P".repeat(64), since: 1000 }, 20), `▶ ${"P".repeat(16)}…`);
  });

  it("shortens a tuning's line for a narrow terminal: first the bar, then the texts", () => {
    const step = { name: "TuneDecisionTree", since: 0, tuning };
    deepEqual(
      [120, 80, 70, 60, 40, 20].map((columns) => line(step, columns)),
      [
        "▶ TuneDecisionTree █████░░░░░░░░░░░░░░░ 5/20 best validation:rmse 51234.5, 24.0 s left",
        "▶ TuneDecisionTree ███░░░░░░░░░░ 5/20 best validation:rmse 51234.5, 24.0 s left",
        "▶ TuneDecisionTree 5/20 best validation:rmse 51234.5, 24.0 s left",
        "▶ TuneDecisionTree ██░░░░ 5/20 best validation:rmse 51234.5",
        "▶ TuneDecisionTree ████░░░░░░░░░░░ 5/20",
        "▶ TuneDecisionTree…",
      ],
    );
  });
});
