import { equal } from "node:assert/strict";

import { trialText } from "../../terminal/lines";

describe("a trial's line", () => {
  const trial = { step: "Tune", number: 0, objectiveMetric: "validation:rmse" };

  it("has its objective, why it failed, or why it was stopped", () => {
    equal(trialText({ ...trial, status: "Completed", objective: 0.5 }), "validation:rmse 0.500000");
    equal(
      trialText({ ...trial, status: "Failed", failureReason: "no luck\nmore" }),
      "failed: no luck",
    );
    equal(
      trialText({ ...trial, status: "Stopped", failureReason: "stopped, why" }),
      "stopped, why",
    );
  });
});
