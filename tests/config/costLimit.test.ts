import { deepEqual, equal, match, rejects } from "node:assert/strict";

import { executionCost } from "../../pipeline/cost/executionCost";
import { pricesWith } from "../../pipeline/cost/prices";
import { queryScanLimit } from "../../pipeline/query";
import { defaultCandidates } from "../../pipeline/candidates";
import { type Config, program } from "../support/definitions";

/** What the program says against a configuration. */
async function refusal(config: Config): Promise<string> {
  let message = "";
  await rejects(program(config), (error: Error) => {
    message = error.message;
    return true;
  });
  return message;
}

describe("the cost limit of an execution", () => {
  it("admits only definitions below it, whose instance types are fixed", async () => {
    const { definition } = await program({ maxCostPerExecution: 70 });
    const { worst } = executionCost(definition, {
      prices: pricesWith({}),
      queryBytes: queryScanLimit,
    });
    equal(worst > 60 && worst <= 70, true, String(worst));
    deepEqual(
      definition.Parameters?.map(({ Name: name }) => name),
      ["ModelApprovalStatus", "MinimumR2"],
    );
    equal(JSON.stringify(definition).includes("Parameters.ProcessingInstance"), false);
  });

  it("refuses a definition that could cost more by its key, with a sufficient change", async () => {
    const message = await refusal({ maxCostPerExecution: 55 });
    match(
      message,
      /restate:maxCostPerExecution: is \$55\.00, but an execution could cost \$64\.37 \(TuneDecisionTree \$20\.46, /,
    );
    const [, candidate, limit] =
      /lower maxRuntimeInSeconds of candidate (\w+) to (\d+), or raise the limit/.exec(message) ??
      [];
    const candidates = defaultCandidates.map((one) =>
      one.name === candidate ? { ...one, maxRuntimeInSeconds: Number(limit) } : one,
    );
    await program({ maxCostPerExecution: 55, candidates });
  });

  it("says if changing one candidate is not enough", async () => {
    match(await refusal({ maxCostPerExecution: 5 }), /changing one candidate is not enough/);
  });

  it("requires the prices of the stack's region and instances", async () => {
    match(
      await refusal({ maxCostPerExecution: 1000, "aws:region": "eu-west-1" }),
      /restate:prices: are for us-east-1, but the stack is in eu-west-1/,
    );
    const own = { maxCostPerExecution: 1000, trainingInstanceType: "ml.m7i.xlarge" };
    match(
      await refusal(own),
      /restate:prices: step TuneDecisionTree: there is no price of ml\.m7i\.xlarge/,
    );
    await program({ ...own, prices: { instanceHour: { "ml.m7i.xlarge": 0.2419 } } });
  });

  it("cannot be guaranteed if a candidate is evaluated by a batch transform", async () => {
    const algorithm = {
      image: "111122223333.dkr.ecr.us-east-1.amazonaws.com/own:1",
      metrics: { "validation:rmse": "rmse=(.*)" },
    };
    const own = { name: "Own", algorithm, ranges: { depth: { type: "integer", min: 1, max: 2 } } };
    match(
      await refusal({ maxCostPerExecution: 1000, candidates: [own] }),
      /step \w+Own\w* has no time limit, as the batch transform/,
    );
  });
});
