import { deepEqual, equal, ok } from "node:assert/strict";

import {
  bestTrials,
  course,
  evenly,
  spreadsWide,
  type Tuning,
  tunings,
} from "../../report/tuningData";
import type { Step } from "../../pipeline/language/definition";
import type { Trial } from "../../local/execution/execution";
import { definitionOf, step, trial, tuningStep } from "./records";

const ranges = {
  IntegerParameterRanges: [{ Name: "depth", MinValue: "1", MaxValue: "9", ScalingType: "Auto" }],
  ContinuousParameterRanges: [
    { Name: "eta", MinValue: "0.01", MaxValue: "1", ScalingType: "Logarithmic" },
  ],
  CategoricalParameterRanges: [{ Name: "criterion", Values: ["a", "b"] }],
};

function tuningOf(trials: readonly Trial[], type: "Maximize" | "Minimize" = "Minimize"): Tuning {
  const [tuning] = tunings(
    definitionOf([step("Read"), tuningStep("TuneTree", ranges, type)]),
    trials,
  );
  ok(tuning);
  return tuning;
}

describe("tunings", () => {
  it("has the tuned hyperparameters with their scaling", () => {
    deepEqual(tuningOf([]).parameters, [
      { name: "depth", kind: "linear" },
      { name: "eta", kind: "logarithmic" },
      { name: "criterion", kind: "categorical" },
    ]);
  });

  it("names a candidate by its step's DisplayName, or by its Name if others have the same one", () => {
    const displayed = (name: string, displayName: string): Step => ({
      ...tuningStep(name, ranges),
      DisplayName: displayName,
    });
    const definition = definitionOf([
      displayed("TuneTree", "Tree"),
      tuningStep("TuneOther", ranges),
      displayed("First", "Same"),
      displayed("Second", "Same"),
    ]);
    deepEqual(
      tunings(definition, []).map(({ candidate }) => candidate),
      ["Tree", "TuneOther", "First", "Second"],
    );
  });

  it("has the step's own trials in their order, and the best completed one", () => {
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
    equal(tuning.best?.number, 2);
    equal(tuningOf([trial(0, 5), trial(1, 3)], "Maximize").best?.number, 0);
    equal(tuningOf([trial(0, undefined)]).best, undefined);
  });

  it("finds tunings in the branches of conditions", () => {
    const inside = step("Check", {
      Type: "Condition",
      Arguments: { IfSteps: [tuningStep("TuneTree", ranges)], ElseSteps: [] },
    });
    equal(tunings(definitionOf([inside]), [trial(0, 1)])[0]?.trials.length, 1);
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
