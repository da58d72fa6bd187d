import { deepEqual, equal, ok } from "node:assert/strict";

import { californiaHousing } from "../../pipeline/californiaHousing";
import { check } from "../../pipeline/language/check";
import type { PipelineDefinition } from "../../pipeline/language/definition";
import type { JsonObject } from "../../pipeline/language/json";
import { at, program } from "../support/definitions";

const weighted = {
  dataset: {
    ...californiaHousing,
    sampleWeight: "Households",
    split: { by: "time", column: "housingMedianAge" },
    servedRows: "raw",
  },
  champion: { beats: { by: 0.01 } },
};

/** What follows an argument of a step's job. */
function argumentsFrom(definition: PipelineDefinition, step: string, name: string): unknown[] {
  const all = at(definition, "Steps", step, "Arguments", "AppSpecification", "ContainerArguments");
  const found = all as unknown[];
  return found.slice(found.indexOf(name)).slice(0, 2);
}

describe("a column that weights the rows", () => {
  it("comes after the split's column, and is no feature", async () => {
    const { uploads } = await program(weighted);
    const flow = [...uploads].find(([uri]) => uri.endsWith(".flow"))?.[1] ?? "";
    const { nodes } = JSON.parse(flow) as { nodes: JsonObject[] };
    const changed = /"(column_to_drop|column_to_move)":"(\w+)"/;
    deepEqual(
      nodes.flatMap((node) => changed.exec(JSON.stringify(node))?.slice(1).join(" ") ?? []),
      [
        "column_to_drop medianincome",
        "column_to_drop housingmedianage",
        "column_to_move households",
        "column_to_move restate_split",
        "column_to_move medianhousevalue",
      ],
    );
  });

  it("reaches every job that trains or measures", async () => {
    const { definition } = await program(weighted);
    deepEqual(check(definition), []);
    const given = ["--sample-weight", "households"];
    deepEqual(argumentsFrom(definition, "Preprocess", "--sample-weight"), given);
    deepEqual(argumentsFrom(definition, "Preprocess", "--column-count"), ["--column-count", "5"]);
    for (const name of ["DecisionTree", "XGBoost"]) {
      const job = at(definition, "Steps", `Tune${name}`, "Arguments", "TrainingJobDefinition");
      equal(at(job, "StaticHyperParameters", "csv_weights"), "1");
      deepEqual(argumentsFrom(definition, `Evaluate${name}`, "--sample-weight"), given);
      const register = at(definition, "Steps", `Select${name}`, "Arguments", "IfSteps", 0);
      const metadata = at(register, "Arguments", "CustomerMetadataProperties") as JsonObject;
      equal(metadata["SampleWeight"], "households");
      equal(
        at(metadata["UnweightedR2"], "Std:Join", "Values", 0, "Std:JsonGet", "Path"),
        "sample_weight.unweighted_r2",
      );
    }
    equal(argumentsFrom(definition, "ChallengeChampion", "--weighted")[0], "--weighted");
  });

  it("is named by the model card, with what XGBoost's image does not weight", async () => {
    const { definition } = await program({ ...weighted, modelCard: { purpose: "prices" } });
    const card = (name: string): string => {
      const register = at(definition, "Steps", `Select${name}`, "Arguments", "IfSteps", 0);
      return JSON.stringify(at(register, "Arguments", "ModelCard"));
    };
    for (const name of ["DecisionTree", "XGBoost"]) {
      ok(card(name).includes("Rows are weighted by households."));
      ok(card(name).includes("nor tuning has seen, weighted by households."));
    }
    ok(card("DecisionTree").includes("Tuning minimises validation:rmse, weighted by households."));
    ok(card("XGBoost").includes("Tuning minimises validation:rmse."));
  });
});
