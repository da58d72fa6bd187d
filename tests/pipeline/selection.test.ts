import { deepEqual, equal } from "node:assert/strict";

import { check } from "../../pipeline/language/check";
import type { PipelineDefinition } from "../../pipeline/language/definition";
import { evaluate, holds, type Scope } from "../../pipeline/language/evaluate";
import type { Json } from "../../pipeline/language/json";
import { program, xgboostNamed } from "../support/definitions";

/** Names of the steps that a definition runs for given scores, by its own conditions. */
function selected(
  definition: PipelineDefinition,
  scores: Readonly<Record<string, number>>,
  minimum: number,
) {
  const scope: Scope = {
    parameters: new Map<string, Json>([["MinimumR2", minimum]]),
    execution: new Map(),
    steps: new Map(),
    document: () => null,
    propertyFile: (step) => ({
      regression_metrics: { r2: { value: scores[step.replace("Evaluate", "")] ?? null } },
    }),
  };
  return definition.Steps.flatMap((step) => (step.Type === "Condition" ? [step.Arguments] : []))
    .filter(({ Conditions: conditions }) => conditions.every((one) => holds(one, scope)))
    .flatMap(({ IfSteps: steps }) => steps ?? [])
    .map((step) =>
      step.Type === "Fail"
        ? `${step.Name}: ${String(evaluate(step.Arguments, scope).ErrorMessage)}`
        : step.Name,
    );
}

describe("selection by the definition's own conditions", () => {
  let definition: PipelineDefinition;

  before(async () => {
    ({ definition } = await program());
  });

  it("registers the better of two candidates", () => {
    deepEqual(selected(definition, { DecisionTree: 0.6, XGBoost: 0.8 }, 0), ["RegisterXGBoost"]);
    deepEqual(selected(definition, { DecisionTree: 0.8, XGBoost: 0.6 }, 0), [
      "RegisterDecisionTree",
    ]);
  });

  it("registers the earlier of two equal candidates", () => {
    deepEqual(selected(definition, { DecisionTree: 0.7, XGBoost: 0.7 }, 0), [
      "RegisterDecisionTree",
    ]);
  });

  it("registers a candidate exactly at the minimum", () => {
    deepEqual(selected(definition, { DecisionTree: 0.6, XGBoost: 0.7 }, 0.7), ["RegisterXGBoost"]);
  });

  it("fails below the minimum, with the scores in the message", () => {
    deepEqual(selected(definition, { DecisionTree: 0.6, XGBoost: 0.65 }, 0.7), [
      "FailBelowMinimumR2: No candidate reaches R2 0.7: DecisionTree 0.6, XGBoost 0.65",
    ]);
  });

  it("takes exactly one branch, whatever the scores of five candidates", async () => {
    const names = ["A", "B", "C", "D", "E"];
    const five = await program({ candidates: names.map(xgboostNamed) });
    const levels = [-0.5, 0.2, 0.5, 0.5, 0.9];
    for (let draw = 0; draw < 5 ** 5; draw += 1) {
      const scores = Object.fromEntries(
        names.map((name, index) => [name, levels[Math.floor(draw / 5 ** index) % 5] ?? 0]),
      );
      const best = Math.max(...Object.values(scores));
      const winner = names.find((name) => scores[name] === best) ?? "";
      const taken = selected(five.definition, scores, 0.4);
      equal(taken.length, 1, JSON.stringify(scores));
      equal(taken[0]?.split(":")[0], best >= 0.4 ? `Register${winner}` : "FailBelowMinimumR2");
    }
  });

  it("lets no execution lower the minimum if approval is strict", async () => {
    const strict = await program({ approval: "strict", minimumR2: 0.6 });
    const scores = { DecisionTree: 0.5, XGBoost: 0.55 };
    deepEqual(selected(strict.definition, scores, -1), [
      "FailLoweredMinimumR2: MinimumR2 -1 is below 0.6, the stack's own",
    ]);
    deepEqual(selected(strict.definition, { ...scores, XGBoost: 0.6 }, 0.6), ["RegisterXGBoost"]);
    deepEqual(selected(strict.definition, { ...scores, XGBoost: 0.65 }, 0.7), [
      "FailBelowMinimumR2: No candidate reaches R2 0.7: DecisionTree 0.5, XGBoost 0.65",
    ]);
    const relaxed = await program({ minimumR2: 0.6 });
    deepEqual(selected(relaxed.definition, scores, -1), ["RegisterXGBoost"]);
    deepEqual(check(strict.definition), []);
  });

  it("works with one candidate", async () => {
    const one = await program({ candidates: [xgboostNamed("Only")] });
    deepEqual(selected(one.definition, { Only: 0.5 }, 0.4), ["RegisterOnly"]);
    deepEqual(selected(one.definition, { Only: 0.5 }, 0.6).length, 1);
  });
});
