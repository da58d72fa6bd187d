import { deepEqual, equal, ok } from "node:assert/strict";

import { bestTrials, course, evenly, spreadsWide, type Tuning } from "../../report/tuningData";
import type { ExecutionTrial } from "../../sageMaker/trials";
import { reportOf, step, trial, tuningStep } from "./records";

const ranges = {
  IntegerParameterRanges: [{ Name: "depth", MinValue: "1", MaxValue: "9", ScalingType: "Auto" }],
  ContinuousParameterRanges: [
    { Name: "eta", MinValue: "0.01", MaxValue: "1", ScalingType: "Logarithmic" },
  ],
  CategoricalParameterRanges: [{ Name: "criterion", Values: ["a", "b"] }],
};

function tuningOf(
  trials: readonly ExecutionTrial[],
  type: "Maximize" | "Minimize" = "Minimize",
): Tuning {
  const steps = [step("Read"), tuningStep("TuneTree", ranges, type)];
  const [candidate] = reportOf({ steps, trials }).candidates;
  ok(candidate);
  return candidate.tuning;
}

describe("a tuning in the report", () => {
  it("has the tuned hyperparameters with their scaling", () => {
    deepEqual(tuningOf([]).parameters, [
      { name: "depth", kind: "linear" },
      { name: "eta", kind: "logarithmic" },
      { name: "criterion", kind: "categorical" },
    ]);
  });

  it("has the step's own trials in their order", () => {
    const tuning = tuningOf([
      trial(2, 3),
      trial(0, 5),
      trial(1, 2, { status: "Stopped" }),
      trial(3, undefined),
      trial(0, 1, { step: "TuneOther" }),
    ]);
    deepEqual(
      tuning.trials.map(({ number }) => number),
      [0, 1, 2, 3],
    );
  });
});

describe("course", () => {
  const trials = [
    trial(0, undefined),
    trial(1, 4),
    trial(2, 1, { status: "Stopped" }),
    trial(3, 5),
    trial(4, 3),
  ];

  it("is the best of the completed trials so far, and starts with the first", () => {
    deepEqual(
      course(tuningOf(trials)).map(({ best }) => best),
      [undefined, 4, 4, 4, 3],
    );
    deepEqual(
      course(tuningOf(trials, "Maximize")).map(({ best }) => best),
      [undefined, 4, 4, 5, 5],
    );
  });

  it("keeps failed and stopped trials", () => {
    deepEqual(
      course(tuningOf(trials)).map(({ number, objective, status }) => [number, objective, status]),
      [
        [1, undefined, "Failed"],
        [2, 4, "Completed"],
        [3, 1, "Stopped"],
        [4, 5, "Completed"],
        [5, 3, "Completed"],
      ],
    );
  });
});

describe("the selection of many trials", () => {
  const tuning = tuningOf(Array.from({ length: 1000 }, (_, number) => trial(number, number % 100)));

  it("has the best ones in the table", () => {
    const best = bestTrials(tuning, 20);
    equal(best.length, 20);
    ok(best.every(({ objective }) => (objective ?? 0) < 2));
    deepEqual(
      best.map(({ number }) => number),
      best.map(({ number }) => number).sort((left, right) => left - right),
    );
  });

  it("is evenly spaced in charts, with the first and the last", () => {
    deepEqual(evenly([1, 2, 3], 3), [1, 2, 3]);
    deepEqual(evenly([0, 1, 2, 3, 4, 5, 6, 7, 8], 3), [0, 4, 8]);
  });

  it("has a logarithmic axis for widely spread objectives", () => {
    deepEqual([[1, 30], [1, 10], [0, 30], [-1, 30], [5]].map(spreadsWide), [
      true,
      false,
      false,
      false,
      false,
    ]);
  });
});
