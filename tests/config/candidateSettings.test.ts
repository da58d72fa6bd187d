import { deepEqual, rejects } from "node:assert/strict";

import type { AlgorithmName } from "../../pipeline/algorithms";
import { candidatesSchema } from "../../pipeline/candidates";
import { defaultTunings } from "../../pipeline/defaultTuning";
import type { JsonObject } from "../../pipeline/language/json";
import { type Config, program } from "../support/definitions";
import { boost, candidate, type Mistake, refuse, tree } from "./mistakes";

const ranges = (change: JsonObject): Config =>
  candidate({ ranges: { ...(boost["ranges"] as JsonObject), ...change } });

/** Mistakes, each with the line that names its key. */
const mistakes: readonly Mistake[] = [
  ["no candidates", { candidates: [] }, /restate:candidates: must list at least one candidate/],
  [
    "two candidates of one name",
    { candidates: [boost, { ...boost, name: "xgboost" }] },
    /restate:candidates\[1\]\.name: "xgboost" is also the name of candidate 0/,
  ],
  [
    "a candidate's name that no step can carry",
    candidate({ name: "X G" }),
    /restate:candidates\[1\]\.name: must be a letter/,
  ],
  [
    "an unknown algorithm",
    candidate({ algorithm: "catboost" }),
    /restate:candidates\[1\]\.algorithm: must be one of decision-tree, random-forest, .*, xgboost, or an object$/m,
  ],
  [
    "a candidate without an algorithm",
    { candidates: [{ name: "Tree" }] },
    /restate:candidates\[0\]\.algorithm: missing, expected one of decision-tree, .*, xgboost, or an object$/m,
  ],
  [
    "a hyperparameter of another algorithm",
    { candidates: [{ name: "Linear", algorithm: "ridge", hyperparameters: { max_depth: 3 } }] },
    /restate:candidates\[0\]\.hyperparameters\.max_depth: is not a hyperparameter of ridge, which has alpha, fit_intercept/,
  ],
  [
    "the algorithm among the hyperparameters",
    candidate({ algorithm: "extra-trees", hyperparameters: { algorithm: "ridge" } }),
    /restate:candidates\[1\]\.hyperparameters\.algorithm: is not a hyperparameter of extra-trees/,
  ],
  [
    "no ranges for an image of one's own",
    {
      candidates: [
        { name: "Own", algorithm: { image: "image", metrics: { "validation:rmse": "=(.*)" } } },
      ],
    },
    /restate:candidates\[0\]\.ranges: has 0 hyperparameters, but tuning supports 1 to 30/,
  ],
  ["an unknown strategy", candidate({ strategy: "Guess" }), /restate:candidates\[1\]\.strategy/],
  [
    "an unknown hyperparameter",
    candidate({ hyperparameters: { num_round: 10, leaves: 1 } }),
    /restate:candidates\[1\]\.hyperparameters\.leaves: is not a hyperparameter of xgboost, which has/,
  ],
  [
    "weights that no column has",
    candidate({ hyperparameters: { num_round: 10, csv_weights: 1 } }),
    /restate:candidates\[1\]\.hyperparameters\.csv_weights: is set by dataset\.sampleWeight/,
  ],
  [
    "a hyperparameter out of range",
    candidate({ hyperparameters: { num_round: 0 } }),
    /restate:candidates\[1\]\.hyperparameters\.num_round: must be from 1/,
  ],
  [
    "a hyperparameter that is missing",
    candidate({ hyperparameters: {} }),
    /restate:candidates\[1\]\.hyperparameters: lacks num_round, which xgboost requires/,
  ],
  [
    "a hyperparameter both static and tuned",
    candidate({ hyperparameters: { num_round: 10, eta: 0.1 } }),
    /restate:candidates\[1\]\.hyperparameters\.eta: is also in ranges/,
  ],
  [
    "a tree method that XGBoost has no more",
    candidate({ hyperparameters: { num_round: 10, tree_method: "gpu_hist" } }),
    /restate:candidates\[1\]\.hyperparameters\.tree_method: must not be gpu_hist, .*use hist/,
  ],
  [
    "an updater that XGBoost has no more",
    candidate({ hyperparameters: { num_round: 10, updater: "prune, grow_skmaker" } }),
    /restate:candidates\[1\]\.hyperparameters\.updater: must not have grow_skmaker/,
  ],
  [
    "metrics without the objective that the image looks up with them",
    candidate({ hyperparameters: { num_round: 10, eval_metric: "mae" } }),
    /restate:candidates\[1\]\.hyperparameters: lacks objective, which xgboost requires with eval_metric/,
  ],
  [
    "a continuous range of whole numbers",
    ranges({ max_depth: { type: "continuous", min: 2, max: 6 } }),
    /restate:candidates\[1\]\.ranges\.max_depth: is continuous, but .* is an integer: set type integer/,
  ],
  [
    "Hyperband for a tree, which reports once",
    {
      candidates: [
        { ...tree, strategy: "Hyperband", hyperband: { minResource: 1, maxResource: 9 } },
        boost,
      ],
    },
    /restate:candidates\[0\]\.strategy: must not be Hyperband for decision-tree, which only reports its metrics once/,
  ],
  [
    "an image that logs the mean squared error alone",
    candidate({ algorithm: { image: "image", metrics: { "validation:mse": "mse=(.*)" } } }),
    /restate:candidates\[1\]\.algorithm\.metrics: lacks validation:rmse, .*validation:mse is no longer the objective/,
  ],
  [
    "no ranges",
    candidate({ ranges: {} }),
    /restate:candidates\[1\]\.ranges: has 0 hyperparameters, but tuning supports 1 to 30/,
  ],
  [
    "a range upside down",
    ranges({ eta: { type: "continuous", min: 0.5, max: 0.1 } }),
    /restate:candidates\[1\]\.ranges\.eta: has min 0\.5 above max 0\.1/,
  ],
  [
    "a range of text",
    ranges({ eta: { type: "continuous", min: "low", max: 1 } }),
    /restate:candidates\[1\]\.ranges\.eta\.min: must be a number$/m,
  ],
  [
    "a range beyond the hyperparameter's",
    ranges({ eta: { type: "continuous", min: 0.1, max: 2 } }),
    /restate:candidates\[1\]\.ranges\.eta: must be from 0/,
  ],
  [
    "a logarithmic range from 0",
    ranges({ eta: { type: "continuous", min: 0, max: 1, scaling: "Logarithmic" } }),
    /restate:candidates\[1\]\.ranges\.eta: must have a min above 0/,
  ],
  [
    "a grid of numbers",
    candidate({ strategy: "Grid" }),
    /restate:candidates\[1\]\.ranges\.eta: must be categorical, .* the Grid strategy(?![^]*combinations)/,
  ],
  [
    "more jobs than the service allows",
    candidate({ maxJobs: 1000 }),
    /restate:candidates\[1\]\.maxJobs: must be at most 750\b/,
  ],
  [
    "an end of tuning that never comes",
    candidate({ maxJobs: 5, completionCriteria: { maxJobsNotImproving: 5 } }),
    /restate:candidates\[1\]\.completionCriteria\.maxJobsNotImproving: is 5, which is not below maxJobs 5/,
  ],
  [
    "fewer trials without improvement than the service allows",
    candidate({ completionCriteria: { maxJobsNotImproving: 2 } }),
    /restate:candidates\[1\]\.completionCriteria\.maxJobsNotImproving: must be at least 3\b/,
  ],
  [
    "completion criteria without one",
    candidate({ completionCriteria: {} }),
    /restate:candidates\[1\]\.completionCriteria: has no criterion; set maxJobsNotImproving, /,
  ],
  [
    "more parents than the service allows",
    candidate({ warmStart: { parents: ["a", "b", "c", "d", "e", "f"] } }),
    /restate:candidates\[1\]\.warmStart\.parents: must have at most 5 entries/,
  ],
  [
    "a parent that cannot be a tuning job",
    candidate({ warmStart: { parents: ["an_underscore"] } }),
    /restate:candidates\[1\]\.warmStart\.parents\[0\]: must be the name of a tuning job: 1 to 32 /,
  ],
  [
    "a parent twice",
    candidate({ warmStart: { parents: ["a-Tune", "a-Tune"] } }),
    /restate:candidates\[1\]\.warmStart\.parents: has a tuning job twice/,
  ],
  [
    "a warm start of a strategy that knows none",
    candidate({
      warmStart: { parents: ["a-Tune"] },
      ...{ strategy: "Hyperband", hyperband: { minResource: 1, maxResource: 9 } },
    }),
    /restate:candidates\[1\]\.warmStart: is for the strategies Bayesian and Random, but strategy is Hyperband/,
  ],
  [
    "a tuning that ends sooner than the service allows",
    candidate({ maxTuningRuntimeInSeconds: 60 }),
    /restate:candidates\[1\]\.maxTuningRuntimeInSeconds: must be at least 120\b/,
  ],
  [
    "no retries by number",
    candidate({ maxRetryAttempts: 0 }),
    /restate:candidates\[1\]\.maxRetryAttempts: must be at least 1\b/,
  ],
  [
    "more parallel jobs than jobs",
    candidate({ maxJobs: 2, maxParallelJobs: 3 }),
    /restate:candidates\[1\]\.maxParallelJobs: is 3, above maxJobs 2/,
  ],
];

describe("the configuration of the candidates", () => {
  refuse(mistakes);

  it("runs at most as many trials at once as there are", () => {
    const atOnce = (change: JsonObject): unknown =>
      candidatesSchema.parse([{ ...boost, maxParallelJobs: undefined, ...change }])[0]
        ?.maxParallelJobs;
    deepEqual(
      [atOnce({ maxJobs: 1 }), atOnce({ maxJobs: 2 }), atOnce({}), atOnce({ maxParallelJobs: 3 })],
      [1, 2, 2, 3],
    );
  });

  for (const algorithm of Object.keys(defaultTunings)) {
    it(`tunes ${algorithm} with its default ranges if a candidate has none`, () => {
      const parsed = candidatesSchema.parse([{ name: "Own", algorithm }])[0];
      const { hyperparameters, ranges } = defaultTunings[algorithm as AlgorithmName];
      deepEqual(parsed?.ranges, ranges);
      deepEqual(
        parsed.hyperparameters,
        Object.fromEntries(
          Object.entries(hyperparameters).map(([name, one]) => [name, String(one)]),
        ),
      );
    });
  }

  it("lets a candidate fix a hyperparameter of the default tuning", () => {
    const hyperparameters = { n_estimators: 50, min_samples_leaf: 3, criterion: "absolute_error" };
    const [parsed] = candidatesSchema.parse([
      { name: "Forest", algorithm: "random-forest", hyperparameters },
    ]);
    deepEqual(parsed?.hyperparameters, {
      n_estimators: "50",
      random_state: "1729",
      min_samples_leaf: "3",
      criterion: "absolute_error",
    });
    deepEqual(Object.keys(parsed.ranges), ["max_features", "min_samples_split"]);
  });

  it("uses none of the default tuning if a candidate has ranges", () => {
    const ranges = { alpha: { type: "continuous", min: 1, max: 2 } };
    const [parsed] = candidatesSchema.parse([{ name: "Net", algorithm: "elastic-net", ranges }]);
    deepEqual(parsed?.hyperparameters, {});
    deepEqual(parsed.ranges, { alpha: { type: "continuous", min: 1, max: 2, scaling: "Auto" } });
  });

  it("refuses more candidates than fit into a definition, before anything is registered", async () => {
    const candidates = Array.from({ length: 200 }, (_, index) => ({ ...boost, name: `C${index}` }));
    await rejects(program({ candidates }), {
      message: /restate:candidates: the definition has \d+ characters, but 1048576 are allowed/,
    });
  });
});
