import { deepEqual } from "node:assert/strict";

import { analysisWarnings, remarks } from "../../report/remarks";

const scored = (name: string, r2: number, rows?: number) => ({
  name,
  metrics: { r2, ...(rows === undefined ? {} : { rows }) },
});

describe("the remarks on a result", () => {
  it("warn about a score on few test rows", () => {
    const none = { candidates: [] };
    deepEqual(remarks([scored("Tree", 0.996, 2)], "Tree", none), [
      "warning: R² 0.9960 on 2 test rows says little",
    ]);
    deepEqual(remarks([scored("Tree", 0.996, 99)], "Tree", none).length, 1);
    deepEqual(remarks([scored("Tree", 0.996, 100)], "Tree", none), []);
    deepEqual(remarks([scored("Tree", 0.996)], "Tree", none), []);
  });

  it("name the weight, and show R² of rows that count the same", () => {
    const weighted = (name: string, r2: number, unweightedR2: number) => ({
      name,
      metrics: { r2, sampleWeight: { column: "exposure", unweightedR2 } },
    });
    deepEqual(
      remarks([weighted("Tree", 0.8, 0.7), weighted("Ridge", 0.7, 0.75)], "Tree", {
        candidates: [],
      }),
      ["metrics are weighted by exposure; unweighted R²: Tree 0.7000, Ridge 0.7500"],
    );
  });

  it("report a tie if the test rows cannot distinguish candidates", () => {
    const candidates = [scored("Tree", 0.8), scored("Boosted", 0.81), scored("Own", 0.805)];
    const differing = (name: string, low: number, high: number) => ({ name, low, high });
    const compared = (...differences: readonly ReturnType<typeof differing>[]) => ({
      candidates: [],
      comparison: { name: "Boosted", rows: 4128, differences },
    });
    const tie = compared(differing("Tree", 0, 0.02), differing("Own", 0.001, 0.02));
    deepEqual(remarks(candidates, "Boosted", tie), [
      "Boosted and Tree: a tie within the noise of 4,128 test rows",
    ]);
    const boosted = [scored("Tree", 0.8), scored("Boosted", 0.81, 10_000)];
    deepEqual(remarks(boosted, "Boosted", tie), [
      "Boosted and Tree: a tie within the noise of 4,128 of the 10,000 test rows",
    ]);
    // Without a winner it is the best that has been compared.
    deepEqual(remarks(candidates, undefined, tie).length, 1);
    deepEqual(remarks(candidates, "Tree", tie), []);
    const ties = compared(differing("Tree", -0.01, 0.02), differing("Own", -0.01, 0));
    deepEqual(remarks(candidates, "Boosted", ties), [
      "Boosted, Tree and Own: a tie within the noise of 4,128 test rows",
    ]);
    deepEqual(remarks(candidates, "Boosted", compared(differing("Tree", 0.001, 0.02))), []);
  });

  it("warn about candidates of which nothing could be analysed", () => {
    const problem = "it is damaged";
    const own = {
      name: "Own",
      splits: { test: { r2: 0.5, mse: 1, rmse: 1, mae: 1, rows: 9, isPart: false } },
    };
    const candidates = [
      { name: "Tree", splits: {}, problem },
      { ...own, problem },
    ];
    deepEqual(analysisWarnings({ candidates }), [
      "warning: Tree could not be analysed for the report: it is damaged",
    ]);
  });

  it("say if the folds decided", () => {
    const folds = (name: string, r2: number, mean: number) => ({
      name,
      metrics: { r2, crossValidation: { mean, deviation: 0.05, models: 15 } },
    });
    const candidates = [folds("Tree", 0.9, 0.7), folds("Ridge", 0.8, 0.75)];
    const line =
      "cross-validation: Tree R² 0.7000 ± 0.0500, Ridge R² 0.7500 ± 0.0500 " +
      "(mean and standard deviation of 15 models on other rows";
    const none = { candidates: [] };
    deepEqual(remarks(candidates, "Ridge", none), [`${line}; the best mean wins)`]);
    deepEqual(remarks(candidates, "Tree", none), [`${line})`]);
    deepEqual(remarks([...candidates, scored("Own", 0.7)], "Ridge", none), [`${line})`]);
  });

  it("name the baselines", () => {
    const baseline = { column: "median_income", r2: 0.4735, rmse: 83_000.4, meanRmse: 115_000 };
    const diagnoses = { candidates: [], baseline };
    const line = "baseline: median_income alone R² 0.4735 (RMSE 83,000; of the mean 115,000)";
    deepEqual(remarks([scored("Tree", 0.8)], "Tree", diagnoses), [line]);
    deepEqual(remarks([scored("Tree", 0.4735)], "Tree", diagnoses), [
      `${line}, which Tree does not beat`,
    ]);
    deepEqual(remarks([{ name: "Tree" }], undefined, diagnoses), []);
    deepEqual(remarks([], undefined, diagnoses), []);
  });
});
