import { deepEqual, equal } from "node:assert/strict";

import { check } from "../../pipeline/language/check";
import type { PipelineDefinition } from "../../pipeline/language/definition";
import { holds, type Scope } from "../../pipeline/language/evaluate";
import { executionUri } from "../../pipeline/storage";
import type { Json, JsonObject } from "../../pipeline/language/json";
import { datasetSchema } from "../../pipeline/datasetSchema";
import { at, program } from "../support/definitions";

const columns = ["price", "rooms", "day"].map((name) => ({ name, type: "double" }));
const flats = { table: "flats", columns, target: "price" };

const ownImage = {
  name: "Own",
  algorithm: {
    image: "1.dkr.ecr.us-east-1.amazonaws.com/own:1",
    metrics: { "validation:rmse": "(.*)" },
  },
  hyperparameters: {},
  ranges: { depth: { type: "integer", min: 1, max: 2, scaling: "Linear" } },
};

/** R² of the folds and of the test data. */
type Scores = readonly [folds: number, test: number];

/** The steps of the selection whose conditions hold, by the scores of A, B and so on, and a minimum of 0.5. */
function chosen(definition: PipelineDefinition, scores: readonly Scores[]): readonly string[] {
  const scope: Scope = {
    parameters: new Map([["MinimumR2", 0.5]]),
    execution: new Map(),
    steps: new Map(),
    propertyFile: (step, file) => {
      const [folds, test] = scores["ABC".indexOf(step.slice(-1))] ?? [];
      return (
        file === "CrossValidation"
          ? { score: folds }
          : { regression_metrics: { r2: { value: test } } }
      ) as Json;
    },
    document: () => null,
  };
  return definition.Steps.flatMap((step) =>
    step.Type === "Condition" && step.Arguments.Conditions.every((one) => holds(one, scope))
      ? [step.Name]
      : [],
  );
}

describe("cross-validation", () => {
  it("chooses by the folds among candidates that reach the minimum, then by the test rows, then the earlier", async () => {
    const candidates = ["A", "B", "C"].map((name) => ({ name, algorithm: "ridge" }));
    const { definition } = await program({
      dataset: { ...flats, crossValidation: {} },
      candidates,
    });
    deepEqual(check(definition), []);
    const values = [0, 0.4, 0.6, 0.7];
    const pairs = values.flatMap((folds) => values.map((test): Scores => [folds, test]));
    for (const a of pairs) {
      for (const b of pairs) {
        for (const c of pairs) {
          const scores = [a, b, c];
          const best = scores
            .map((score, place) => ({ place, score }))
            .filter(({ score: [, test] }) => test >= 0.5)
            .sort(
              (one, other) => other.score[0] - one.score[0] || other.score[1] - one.score[1],
            )[0];
          const expected = best === undefined ? "CheckMinimumR2" : `Select${"ABC"[best.place]}`;
          deepEqual(chosen(definition, scores), [expected], JSON.stringify(scores));
        }
      }
    }
  });

  it("leaves the choice to the test rows if a candidate has no folds", async () => {
    const trees = ["A", "B"].map((name) => ({ name, algorithm: "ridge" }));
    const candidates = [...trees, { ...ownImage, name: "C" }];
    const { definition } = await program({
      dataset: { ...flats, crossValidation: {} },
      candidates,
    });
    const scores: readonly Scores[] = [
      [0.9, 0.6],
      [0.1, 0.7],
      [0, 0.65],
    ];
    deepEqual(chosen(definition, scores), ["SelectB"]);
  });

  it("passes the folds' scores to the job that compares many candidates", async () => {
    const names = Array.from({ length: 11 }, (_, place) => `C${place}`);
    const candidates = names.map((name) => ({ name, algorithm: "ridge" }));
    const crossValidation = {};
    const { definition } = await program({ dataset: { ...flats, crossValidation }, candidates });
    const step = at(definition, "Steps", "CompareCandidates");
    deepEqual(at(step, "DependsOn"), [
      ...names.map((name) => `Evaluate${name}`),
      ...names.map((name) => `CrossValidate${name}`),
    ]);
    const told = at(step, "Arguments", "AppSpecification", "ContainerArguments") as Json[];
    const place = told.indexOf("--cross-validation");
    equal(told[place + 1], "/opt/ml/processing/cross-validation");
    const inputs = at(step, "Arguments", "ProcessingInputs") as JsonObject[];
    const input = inputs.find((one) => one["InputName"] === "cross-validation");
    deepEqual(
      at(input, "S3Input", "S3Uri"),
      executionUri("sagemaker-restate-test-111122223333", "cross-validation/"),
    );
    // What another execution has left is not among this one's.
    equal(at(definition, "Steps", "CrossValidateC0", "CacheConfig"), undefined);
    deepEqual(check(definition), []);
  });

  it("retrains each candidate with the hyperparameters of its best trial", async () => {
    const crossValidation = { folds: 4, maxRows: 900 };
    const { definition, uploads } = await program({ dataset: { ...flats, crossValidation } });
    const preprocess = at(definition, "Steps", "Preprocess", "Arguments");
    const told = at(preprocess, "AppSpecification", "ContainerArguments") as string[];
    deepEqual(told.slice(-6), ["--folds", "4", "--repeats", "1", "--max-fold-rows", "900"]);
    const step = at(definition, "Steps", "CrossValidateDecisionTree", "Arguments");
    const own = at(step, "AppSpecification", "ContainerArguments") as (JsonObject | string)[];
    const fixed = own.filter((one) => typeof one === "string" && one.startsWith("--hyper"));
    deepEqual(fixed, ['--hyperparameters={"random_state":"1729"}']);
    deepEqual(
      own.filter((one) => typeof one !== "string"),
      ["max_leaf_nodes", "max_depth", "min_samples_leaf"].map((name) => {
        const value = `Steps.TuneDecisionTree.TrainingJobSummaries[0].TunedHyperParameters['${name}']`;
        return { "Std:Join": { On: "", Values: [`--tuned=${name}=`, { Get: value }] } };
      }),
    );
    equal([...uploads.keys()].filter((uri) => uri.endsWith("/cross_validate.py")).length, 1);
  });

  it("is only done if configured, and not for images that no script can train", async () => {
    const names = async (config: JsonObject): Promise<readonly string[]> => {
      const { definition } = await program(config);
      return definition.Steps.map(({ Name: name }) => name).filter((one) =>
        one.startsWith("Cross"),
      );
    };
    deepEqual(await names({}), []);
    deepEqual(
      await names({ dataset: { ...flats, crossValidation: {} }, candidates: [ownImage] }),
      [],
    );
  });

  it("is refused if the table defines the splits", () => {
    const text = { ...flats, columns: [...columns, { name: "part", type: "string" }] };
    const split = { by: "column", column: "part" };
    const { error } = datasetSchema.safeParse({ ...text, split, crossValidation: {} });
    deepEqual(
      error?.issues.map(({ message }) => message),
      ["draws its own parts, but split.by is column"],
    );
  });
});
