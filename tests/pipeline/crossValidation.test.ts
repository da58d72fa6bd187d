import { deepEqual, equal } from "node:assert/strict";

import type { JsonObject } from "../../pipeline/language/json";
import { datasetSchema } from "../../pipeline/datasetSchema";
import { at, program } from "../support/definitions";

const columns = ["price", "rooms", "day"].map((name) => ({ name, type: "double" }));
const flats = { table: "flats", columns, target: "price" };

describe("cross-validation", () => {
  it("trains each candidate anew, by the hyperparameters of its best trial", async () => {
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

  it("is left out where nothing asks for it, and of images that no script can train", async () => {
    const names = async (config: JsonObject): Promise<readonly string[]> => {
      const { definition } = await program(config);
      return definition.Steps.map(({ Name: name }) => name).filter((one) =>
        one.startsWith("Cross"),
      );
    };
    deepEqual(await names({}), []);
    const candidate = {
      name: "Own",
      algorithm: {
        image: "1.dkr.ecr.us-east-1.amazonaws.com/own:1",
        metrics: { "validation:rmse": "(.*)" },
      },
      hyperparameters: {},
      ranges: { depth: { type: "integer", min: 1, max: 2, scaling: "Linear" } },
    };
    deepEqual(
      await names({ dataset: { ...flats, crossValidation: {} }, candidates: [candidate] }),
      [],
    );
  });

  it("is refused where the table says the parts", () => {
    const text = { ...flats, columns: [...columns, { name: "part", type: "string" }] };
    const split = { by: "column", column: "part" };
    const { error } = datasetSchema.safeParse({ ...text, split, crossValidation: {} });
    deepEqual(
      error?.issues.map(({ message }) => message),
      ["draws its own parts, but split.by is column"],
    );
  });
});
