import { deepEqual } from "node:assert/strict";

import { allSteps } from "../../pipeline/language/graph";
import { evaluationOf } from "../../sageMaker/evaluation";
import { type Config, program } from "../support/definitions";

describe("the evaluation of a candidate with its own image", () => {
  it("is found behind its model and transform, with and without a champion", async () => {
    const columns = ["price", "rooms"].map((name) => ({ name, type: "double" }));
    const dataset = { table: "flats", columns, target: "price" };
    const image = "1.dkr.ecr.us-east-1.amazonaws.com/own:1";
    const own = {
      name: "Own",
      algorithm: { image, metrics: { "validation:rmse": "(.*)" } },
      ranges: { depth: { type: "integer", min: 1, max: 2 } },
    };
    const candidates = [own, { name: "A", algorithm: "ridge" }];
    const champion = { champion: { beats: { by: 0, confidence: 0.9 } } };
    for (const config of [{}, champion] satisfies Config[]) {
      const { definition } = await program({ dataset, candidates, ...(config as Config) });
      const steps = allSteps(definition);
      deepEqual(
        ["TuneOwn", "TuneA", "TuneB"].map((one) => evaluationOf(steps, one)?.step.Name),
        ["EvaluateOwn", "EvaluateA", undefined],
      );
    }
  });
});
