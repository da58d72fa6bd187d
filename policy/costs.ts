import { CostError, executionCost } from "../pipeline/cost/executionCost";
import { ownPricesSchema, pricesWith } from "../pipeline/cost/prices";
import { queryScanLimit } from "../pipeline/query";
import { definitionOf } from "./jobs";
import type { Rule } from "./rule";

/** The rule for a pipeline's costs. */
export const costRules: readonly Rule[] = [
  {
    name: "execution-within-cost",
    description:
      "If maxCostPerExecution is set, no execution of a pipeline can cost more, whatever its retries and parameters.",
    types: ["aws:sagemaker/pipeline:Pipeline"],
    reads: ["maxCostPerExecution", "prices"],
    problems: (inputs, { maxCostPerExecution: limit, prices = {} } = {}) => {
      const found = limit === undefined ? undefined : definitionOf(inputs);
      // The rule for jobs reports definitions that cannot be checked.
      if (limit === undefined || found?.definition === undefined) {
        return [];
      }
      const own = ownPricesSchema.safeParse(prices);
      if (!own.success) {
        return ["the configuration's prices must have the form of restate:prices"];
      }
      try {
        const { notPriced, worst } = executionCost(found.definition, {
          prices: pricesWith(own.data),
          ofAnyStart: true,
          queryBytes: queryScanLimit,
        });
        return worst > limit
          ? [`an execution could cost ${worst.toFixed(2)}, more than ${limit.toFixed(2)}`]
          : notPriced.map((what) => `${what} has no limit`);
      } catch (error) {
        if (error instanceof CostError) {
          return [error.message];
        }
        throw error;
      }
    },
  },
];
