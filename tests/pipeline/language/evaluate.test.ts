import { deepEqual, equal, throws } from "node:assert/strict";

import type { Comparison, Condition } from "../../../pipeline/language/definition";
import { evaluate, holds, type Scope, withParameters } from "../../../pipeline/language/evaluate";
import type { Expression, JsonGet } from "../../../pipeline/language/expressions";
import type { Json, JsonObject } from "../../../pipeline/language/json";

const scope: Scope = {
  parameters: new Map<string, Json>([
    ["Count", 3],
    ["Name", "ml.m5.large"],
    ["Flag", true],
  ]),
  execution: new Map<string, Json>([["PipelineExecutionId", "abc123"]]),
  steps: new Map<string, JsonObject>([
    [
      "Preprocess",
      {
        ProcessingOutputConfig: {
          Outputs: [
            { OutputName: "train", S3Output: { S3Uri: "s3://bucket/train" } },
            { OutputName: "a.default", S3Output: { S3Uri: "s3://bucket/a" } },
          ],
        },
      },
    ],
    [
      "Tune",
      { TrainingJobSummaries: [{ TrainingJobName: "best" }, { TrainingJobName: "second" }] },
    ],
  ]),
  propertyFile: (step, name) => ({
    step,
    name,
    metrics: { r2: { value: 0.5 } },
    folds: [{ mse: 2 }],
    "weighted avg": { "f1-score": 0.75 },
  }),
  document: (uri) => ({ uri, limits: [0.5, 0.25] }),
};

const file = { Get: "Steps.Evaluate.PropertyFiles.Report" };
const jsonGet = (path: string): JsonGet => ({ "Std:JsonGet": { PropertyFile: file, Path: path } });

describe("evaluate", () => {
  const values: readonly (readonly [string, Json, Json])[] = [
    ["a parameter", { Get: "Parameters.Count" }, 3],
    ["an execution variable", { Get: "Execution.PipelineExecutionId" }, "abc123"],
    [
      "an output by its name",
      { Get: "Steps.Preprocess.ProcessingOutputConfig.Outputs['train'].S3Output.S3Uri" },
      "s3://bucket/train",
    ],
    [
      "an output whose name has a dot",
      { Get: "Steps.Preprocess.ProcessingOutputConfig.Outputs['a.default'].S3Output.S3Uri" },
      "s3://bucket/a",
    ],
    ["a member of a list", { Get: "Steps.Tune.TrainingJobSummaries[1].TrainingJobName" }, "second"],
    [
      "a join of all kinds",
      {
        "Std:Join": {
          On: "-",
          Values: ["a", 1, { Get: "Parameters.Count" }, { Get: "Parameters.Flag" }],
        },
      },
      "a-1-3-true",
    ],
    [
      "a join in a join",
      { "Std:Join": { On: "/", Values: ["a", { "Std:Join": { On: "", Values: ["b", "c"] } }] } },
      "a/bc",
    ],
    ["a value of a property file", jsonGet("metrics.r2.value"), 0.5],
    ["a value in a list of a property file", jsonGet("folds[0].mse"), 2],
    ["a value under a key with a blank", jsonGet("['weighted avg'].f1-score"), 0.75],
    ["a value by a path that begins at the root", jsonGet("$.metrics.r2.value"), 0.5],
    [
      "a value of a document in S3",
      {
        "Std:JsonGet": {
          S3Uri: { "Std:Join": { On: "/", Values: ["s3://b", { Get: "Parameters.Name" }] } },
          Path: "uri",
        },
      },
      "s3://b/ml.m5.large",
    ],
    [
      "a value in a list of a document in S3",
      { "Std:JsonGet": { S3Uri: "s3://b/limits.json", Path: "limits[1]" } },
      0.25,
    ],
    [
      "expressions inside",
      { a: [{ Get: "Parameters.Name" }, null], b: 1.5 },
      { a: ["ml.m5.large", null], b: 1.5 },
    ],
    ["an object that only looks like a reference", { Get: "x", Other: 1 }, { Get: "x", Other: 1 }],
  ];
  for (const [what, expression, value] of values) {
    it(`evaluates ${what}`, () => {
      deepEqual(evaluate(expression, scope), value);
    });
  }

  const mistakes: readonly (readonly [string, Json, RegExp])[] = [
    [
      "a parameter without a value",
      { Get: "Parameters.Nothing" },
      /"Parameters\.Nothing" has no value/,
    ],
    ["a property that the step lacks", { Get: "Steps.Tune.BestTrainingJob.Name" }, /has no value/],
    ["a malformed reference", { Get: "Tune" }, /"Tune" has no value/],
    [
      "a path that the property file lacks",
      jsonGet("metrics.mse"),
      /the property file has nothing at "metrics\.mse"/,
    ],
    [
      "a path that a document in S3 lacks",
      { "Std:JsonGet": { S3Uri: "s3://b/limits.json", Path: "limits[2]" } },
      /s3:\/\/b\/limits\.json has nothing at "limits\[2\]"/,
    ],
    [
      "a join of an object",
      { "Std:Join": { On: "", Values: [{ Get: "Steps.Tune.TrainingJobSummaries" }] } },
      /Std:Join takes plain values/,
    ],
  ];
  for (const [what, expression, message] of mistakes) {
    it(`refuses ${what}`, () => {
      throws(() => evaluate(expression, scope), { message });
    });
  }
});

describe("holds", () => {
  const two = (
    Type: Comparison["Type"],
    LeftValue: Expression,
    RightValue: Expression,
  ): Condition => ({
    Type,
    LeftValue,
    RightValue,
  });
  const conditions: readonly (readonly [Condition, boolean])[] = [
    [two("Equals", "a", "a"), true],
    [two("Equals", 1, "1"), false],
    [two("GreaterThan", 2, 1), true],
    [two("GreaterThan", 1, 1), false],
    [two("GreaterThanOrEqualTo", 1, 1), true],
    [two("LessThan", { Get: "Parameters.Count" }, 4), true],
    [two("LessThanOrEqualTo", jsonGet("metrics.r2.value"), jsonGet("metrics.r2.value")), true],
    [two("LessThanOrEqualTo", 2, 1), false],
    [{ Type: "In", QueryValue: { Get: "Parameters.Name" }, Values: ["x", "ml.m5.large"] }, true],
    [{ Type: "In", QueryValue: 1, Values: [2] }, false],
    [{ Type: "Not", Condition: two("Equals", 1, 1) }, false],
    [{ Type: "Or", Conditions: [two("Equals", 1, 2), two("Equals", 1, 1)] }, true],
    [{ Type: "Or", Conditions: [two("Equals", 1, 2)] }, false],
  ];
  for (const [condition, expected] of conditions) {
    it(`${expected ? "accepts" : "rejects"} ${JSON.stringify(condition)}`, () => {
      equal(holds(condition, scope), expected);
    });
  }

  for (const value of [[1, 2], { a: 1 }, null]) {
    it(`refuses to compare ${JSON.stringify(value)} of a document`, () => {
      const documents: Scope = { ...scope, propertyFile: () => ({ found: value }) };
      const message = `a condition compares plain values, not ${JSON.stringify(value)}`;
      for (const condition of [
        two("Equals", jsonGet("found"), false),
        two("LessThan", 1, jsonGet("found")),
        { Type: "In", QueryValue: jsonGet("found"), Values: ["x"] },
        { Type: "In", QueryValue: "x", Values: [jsonGet("found")] },
      ] as const) {
        throws(() => holds(condition, documents), { message });
      }
    });
  }

  it("refuses to order values that are not numbers", () => {
    throws(() => holds(two("GreaterThan", "b", "a"), scope), {
      message: 'cannot compare "b" with "a": both must be numbers',
    });
  });
});

describe("withParameters", () => {
  it("replaces parameters with values, and leaves what only the execution knows", () => {
    const id = { Get: "Execution.PipelineExecutionId" };
    const count = { Get: "Parameters.Count" };
    const definition = {
      Steps: [
        {
          Count: count,
          Text: {
            "Std:Join": { On: "-", Values: ["n", { "Std:Join": { On: "", Values: [count] } }] },
          },
          Uri: { "Std:Join": { On: "/", Values: [id, count] } },
          Value: jsonGet("metrics"),
          Unknown: { Get: "Parameters.Nothing" },
        },
      ],
    };
    const [step] = definition.Steps;
    deepEqual(withParameters(definition, scope.parameters), {
      Steps: [{ ...step, Count: 3, Text: "n-3" }],
    });
  });
});
