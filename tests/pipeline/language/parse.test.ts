import { deepEqual, equal, match } from "node:assert/strict";
import { spawnSync } from "node:child_process";

import { canonicalJson } from "../../../pipeline/language/canonicalJson";
import { propertyShapes, shapeOf } from "../../../pipeline/language/definitionShapes";
import type { Json } from "../../../pipeline/language/json";
import { parse, parseText } from "../../../pipeline/language/parse";
import requests from "../../../pipeline/language/requests.json";
import { program } from "../../support/definitions";
import { definitionOf, parsed, steps } from "./definitions";

describe("parse", () => {
  it("keeps the program's definitions unchanged", async () => {
    const { definition } = await program({ dataQualityBaseline: true });
    deepEqual(parsed(canonicalJson(definition)).Steps.length, 10);
  });

  it("keeps unknown members and kinds of steps", () => {
    const document = definitionOf([
      { ...steps.processing, Novel: [1, { a: null }] },
      { Name: "Later", Type: "Levitate", Arguments: "up", Altitude: 3 },
      { Name: "Each", Type: "ForEach", Arguments: { Items: { Get: "ForEach.CurrentItem" } } },
      steps.lambda,
    ]);
    equal(canonicalJson(parsed(JSON.stringify(document))), canonicalJson(document));
  });

  it("distinguishes steps by their Type", () => {
    const [step] = parsed(JSON.stringify(definitionOf([steps.processing]))).Steps;
    // The types know the image of a Processing step without a cast.
    const image = step?.Type === "Processing" ? step.Arguments.AppSpecification : undefined;
    deepEqual(image, steps.processing.Arguments.AppSpecification);
  });

  const wrong: readonly (readonly [string, Json, readonly string[]])[] = [
    [
      "a list",
      [],
      [
        "the definition must be an object, not a list " +
          '(AWS: "Unable to parse pipeline definition. Expecting start of Json Object.")',
      ],
    ],
    [
      "a definition without steps' list",
      { Version: "2020-12-01", Steps: {} },
      [
        "Steps: must be a list, not an object " +
          '(AWS: "Unable to parse pipeline definition. Expecting start of Json Array.")',
      ],
    ],
    [
      "steps that are none",
      definitionOf(["Train", { Type: "Fail" }, { Name: 1, Type: "Fail" }, { Name: "A" }]),
      [
        'Steps[0]: must be an object, not the string "Train"',
        "Steps[1].Name: missing",
        "Steps[2].Name: must be a string, not the number 1",
        'step "A", Type: missing; must be one of Callback, ClarifyCheck, Condition, Fail, Lambda, Model, ' +
          "Processing, QualityCheck, RegisterModel, Training, Transform, Tuning",
      ],
    ],
    [
      "arguments of other types, in the branch of a condition too",
      definitionOf([
        {
          Name: "Check",
          Type: "Condition",
          Arguments: {
            Conditions: [],
            ElseSteps: [
              {
                ...steps.processing,
                Arguments: {
                  ...steps.processing.Arguments,
                  Environment: { EPOCHS: 5, "a b": true },
                  StoppingCondition: { MaxRuntimeInSeconds: "60" },
                },
              },
            ],
          },
        },
      ]),
      [
        'step "Check", Arguments.Conditions: 0 members; must be at least 1',
        'step "Measure", Arguments.Environment.EPOCHS: must be a string, not the number 5',
        'step "Measure", Arguments.Environment["a b"]: "a b" does not match [a-zA-Z_][a-zA-Z0-9_]*',
        'step "Measure", Arguments.Environment["a b"]: must be a string, not the boolean true',
        'step "Measure", Arguments.StoppingCondition.MaxRuntimeInSeconds: must be an integer, not the string "60"',
      ],
    ],
    [
      "expressions in place of a list and of an object",
      definitionOf([
        {
          ...steps.processing,
          Arguments: {
            ...steps.processing.Arguments,
            NetworkConfig: { VpcConfig: { Subnets: { Get: "Parameters.Subnets" } } },
            StoppingCondition: { Get: "Parameters.Stopping" },
          },
        },
      ]),
      [
        'step "Measure", Arguments.NetworkConfig.VpcConfig.Subnets: must be a list, not an expression: write ' +
          'the expressions inside it (AWS: "Unable to parse pipeline definition. Expecting start of Json Array.")',
        'step "Measure", Arguments.NetworkConfig.VpcConfig.SecurityGroupIds: missing',
        'step "Measure", Arguments.StoppingCondition: must be an object, not an expression: write the ' +
          'expressions inside it (AWS: "Unable to parse pipeline definition. Expecting start of Json Object.")',
      ],
    ],
    [
      "malformed expressions",
      definitionOf([
        {
          Name: "Stop",
          Type: "Fail",
          Arguments: {
            ErrorMessage: { "Std:Join": { On: 1, Values: ["a", null, { Get: 2 }] } },
          },
        },
      ]),
      [
        'step "Stop", Arguments.ErrorMessage.Std:Join.On: must be a string, not the number 1',
        'step "Stop", Arguments.ErrorMessage.Std:Join.Values[1]: must be a string, a number, a boolean or an expression, not null',
        'step "Stop", Arguments.ErrorMessage.Std:Join.Values[2].Get: must be a string, not the number 2',
      ],
    ],
    [
      "conditions and parameters of types that there are not",
      definitionOf(
        [
          {
            Name: "Check",
            Type: "Condition",
            Arguments: { Conditions: [{ Type: "Xor" }] },
          },
        ],
        [
          { Name: "A", Type: "Double" },
          { Name: "B", Type: "Integer", DefaultValue: "1" },
        ],
      ),
      [
        'parameter "A", Type: must be one of Boolean, Float, Integer, String, not the string "Double"',
        'parameter "B", DefaultValue: must be an integer, not the string "1"',
        'step "Check", Arguments.Conditions[0].Type: must be one of Equals, GreaterThan, GreaterThanOrEqualTo, ' +
          'LessThan, LessThanOrEqualTo, In, Not, Or, not the string "Xor"',
      ],
    ],
  ];
  for (const [what, document, problems] of wrong) {
    it(`refuses ${what}`, () => {
      deepEqual(parse(document).problems, problems);
    });
  }

  it("accepts null, which the SDK writes for a member that is not given", () => {
    const { definition } = parse(
      definitionOf([
        { ...steps.processing, Arguments: { ...steps.processing.Arguments, Environment: null } },
      ]),
    );
    equal(definition?.Steps.length, 1);
  });

  it("reports what is not JSON", () => {
    match(parseText("{").problems?.[0] ?? "", /^the definition is not JSON: /);
  });

  it("imports nothing but types from the SDK", () => {
    const script = `
      require("./pipeline/language/check.ts"); require("./pipeline/language/parse.ts");
      console.log(Object.keys(require.cache).filter((path) => path.includes("node_modules/@")).length);
    `;
    const { stdout } = spawnSync(process.execPath, ["--require", "tsx/cjs", "--eval", script]);
    equal(String(stdout).trim(), "0");
  });
});

describe("the shapes of a definition", () => {
  it("have names that differ from those in the service's model", () => {
    for (const name of Object.keys(requests.shapes)) {
      deepEqual(shapeOf(name), requests.shapes[name as keyof typeof requests.shapes], name);
    }
  });

  it("only refer to existing shapes", () => {
    const seen = new Set<string>();
    const visit = (name: string): void => {
      if (!seen.has(name)) {
        seen.add(name);
        const { key, member, members = {}, of = {}, otherwise, value } = shapeOf(name);
        for (const next of [key, member, otherwise, value]) {
          if (next !== undefined) {
            visit(next);
          }
        }
        [...Object.values(members), ...Object.values(of)].forEach(visit);
      }
    };
    ["Definition", "Get", "Join", "JsonGet"].forEach(visit);
    Object.keys(requests.kinds).flatMap(propertyShapes).forEach(visit);
    // No shape of the service's model is there for nothing.
    deepEqual(
      Object.keys(requests.shapes).filter(
        (name) => !seen.has(name) && !/(Request|Input)$/.test(name),
      ),
      [],
    );
  });
});
