import { equal } from "node:assert/strict";

import { hyperbandRule, medianRule } from "../../local/execution/steps/earlyStopping";

/** Values that fall from a start to an end, evenly. */
const falling = (from: number, to: number, count = 10): readonly number[] =>
  Array.from({ length: count }, (_, index) => from + ((to - from) * index) / (count - 1));

describe("medianRule", () => {
  const earlier = [falling(10, 1), falling(10, 2), falling(10, 3)];

  it("continues jobs that are no worse than the median of the running averages", () => {
    equal(medianRule(falling(10, 2.5), earlier), undefined);
  });

  it("stops a worse job at the first such value", () => {
    // The running averages after 3 values are 9, 9.11 and 9.22: the third value is above their median.
    equal(medianRule([10, 9, 9.2, 1], earlier), 3);
    equal(medianRule([10, 9, 9.1, 1], earlier), undefined);
  });

  it("stops nothing before a fifth of an earlier job's length", () => {
    equal(medianRule([99], earlier), undefined);
    equal(medianRule([99, 99], earlier), 2);
  });

  it("stops nothing with fewer than 3 earlier jobs", () => {
    equal(medianRule([99, 99, 99], earlier.slice(1)), undefined);
  });
});

describe("hyperbandRule", () => {
  const rule = hyperbandRule(2, 18);
  const earlier = [falling(10, 1), falling(9, 1), falling(8, 1), falling(7, 1), falling(6, 1)];

  it("only decides at its rungs", () => {
    equal(rule([99], earlier), undefined);
    equal(rule([99, 99], earlier), 2);
    equal(rule([1, 1, 99, 99, 99], earlier), undefined);
    equal(rule([1, 1, 99, 99, 99, 99], earlier), 6);
  });

  it("continues the best third", () => {
    equal(rule([9, 5.5], earlier), undefined);
    equal(rule([9, 6], earlier), undefined);
    equal(rule([9, 6.5], earlier), 2);
  });

  it("has no rung at MaxResource or beyond", () => {
    equal(hyperbandRule(2, 2)([99, 99], earlier), undefined);
  });
});
