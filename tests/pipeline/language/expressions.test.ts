import { deepEqual, equal } from "node:assert/strict";

import { isComputed, jsonPath, propertyPath, target } from "../../../pipeline/language/expressions";

describe("isComputed", () => {
  it("recognises objects with the only member of an expression", () => {
    for (const value of [{ Get: "Parameters.A" }, { "Std:Join": {} }, { "Std:JsonGet": {} }]) {
      equal(isComputed(value), true, JSON.stringify(value));
    }
    for (const value of ["Get", null, [], {}, { Get: "Parameters.A", Other: 1 }, { get: "" }]) {
      equal(isComputed(value), false, JSON.stringify(value));
    }
  });
});

describe("propertyPath", () => {
  it("splits members, keys and indices", () => {
    deepEqual(propertyPath(".ProcessingOutputConfig.Outputs['train'].S3Output.S3Uri"), [
      "ProcessingOutputConfig",
      "Outputs",
      "train",
      "S3Output",
      "S3Uri",
    ]);
    deepEqual(propertyPath('.TrainingJobSummaries[0]["Name"]'), [
      "TrainingJobSummaries",
      0,
      "Name",
    ]);
  });

  it("recognises malformed paths", () => {
    for (const path of [".", "A..B", "A[", "A[x]", "A b"]) {
      equal(propertyPath(path), undefined, path);
    }
  });
});

describe("jsonPath", () => {
  const paths: Readonly<Record<string, readonly (string | number)[]>> = {
    mse: ["mse"],
    "regression_metrics.r2.value": ["regression_metrics", "r2", "value"],
    "$.regression_metrics.r2": ["regression_metrics", "r2"],
    "folds[0].mse": ["folds", 0, "mse"],
    "[1].mse": [1, "mse"],
    "$[1]": [1],
    "metrics['weighted avg'].f1-score": ["metrics", "weighted avg", "f1-score"],
    'metrics["a.b"]': ["metrics", "a.b"],
    "metrics['it\\'s']": ["metrics", "it's"],
    "0.5": ["0", "5"],
    "größe.weighted avg": ["größe", "weighted avg"],
  };
  for (const [path, parts] of Object.entries(paths)) {
    it(`splits ${path}`, () => {
      deepEqual(jsonPath(path), parts);
    });
  }

  it("refuses paths to more than one value, and malformed ones", () => {
    for (const path of ["", "$", "a..b", "a[*]", "a.*", "a[?(@.b)]", "a[0:2]", "a[-1]", "a["]) {
      equal(jsonPath(path), undefined, path);
    }
  });
});

describe("target", () => {
  it("resolves references", () => {
    deepEqual(target("Parameters.A-b_1"), { kind: "parameter", name: "A-b_1" });
    deepEqual(target("Execution.PipelineName"), { kind: "execution", name: "PipelineName" });
    deepEqual(target("Steps.Train.ModelArtifacts.S3ModelArtifacts"), {
      kind: "step",
      name: "Train",
      path: ["ModelArtifacts", "S3ModelArtifacts"],
    });
    for (const get of ["Role", "Parameters.A.B", "Steps.Train", "Steps.Train..A", "Other.A"]) {
      deepEqual(target(get), { kind: "malformed" }, get);
    }
  });
});
