import { deepEqual } from "node:assert/strict";

import { predictedChart } from "../../report/charts/predictions";

/** The labels of the axis of actual values, from one number to another. */
async function labels(least: number, greatest: number): Promise<readonly string[]> {
  const step = (greatest - least) / 10;
  const cells = [least, greatest - step].map((start) => ({
    x0: start,
    x1: start + step,
    y0: start,
    y1: start + step,
    count: 1,
    mean: 0,
    level: "1",
  }));
  const { text } = await predictedChart({ cells, levels: ["1"] });
  const shown = [...text.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, label = ""]) => label);
  return shown.slice(0, shown.indexOf("Actual"));
}

describe("the numbers of an axis", () => {
  for (const [least, greatest, shown] of [
    [-100, 100, ["−100", "−50", "0", "50", "100"]],
    [0.2, 1.2, ["0.2", "0.4", "0.6", "0.8", "1", "1.2"]],
    [0, 140, ["0", "20", "40", "60", "80", "100", "120", "140"]],
    [0, 4000, ["0", "1,000", "2,000", "3,000", "4,000"]],
    [0, 400_000, ["0", "100k", "200k", "300k", "400k"]],
    [0, 4e-7, ["0", "1e-7", "2e-7", "3e-7", "4e-7"]],
  ] as const) {
    it(`are easy to read from ${least} to ${greatest}`, async () => {
      deepEqual(await labels(least, greatest), shown);
    });
  }
});
