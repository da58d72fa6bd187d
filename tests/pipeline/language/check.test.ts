import { deepEqual, ok } from "node:assert/strict";

import { check } from "../../../pipeline/language/check";
import type { PipelineDefinition } from "../../../pipeline/language/definition";
import type { JsonObject } from "../../../pipeline/language/json";
import { at, type Draft, draft, program, set } from "../../support/definitions";

/** Ways to break a definition, each with what must be said of it. */
const mutations: readonly (readonly [string, (definition: Draft) => void, RegExp])[] = [
  [
    "another version",
    (d) => {
      set(d, ["Version"], "2019-01-01");
    },
    /^Version: must be "2020-12-01"/,
  ],
  [
    "no steps",
    (d) => {
      set(d, ["Steps"], []);
    },
    /^Steps: must hold at least one step/,
  ],
  [
    "a step that does not exist",
    (d) => {
      set(d, ["Steps"], (d["Steps"] as Draft[]).slice(1));
    },
    /step "Preprocess", Arguments\.ProcessingInputs\[1\]\.S3Input\.S3Uri\.Std:Join\.Values\[0\]: .*refers to step "DataWranglerProcess", which does not exist/,
  ],
  [
    "an output that does not exist",
    (d) => {
      set(
        d,
        ["Steps", "Preprocess", "Arguments", "ProcessingOutputConfig", "Outputs", 0, "OutputName"],
        "training",
      );
    },
    /step "TuneDecisionTree", .*: step "Preprocess" has no output "train"/,
  ],
  [
    "a step's name used twice",
    (d) => {
      set(d, ["Steps", "EvaluateXGBoost", "Name"], "EvaluateDecisionTree");
    },
    /step "EvaluateDecisionTree": the name is used twice/,
  ],
  [
    "a malformed name",
    (d) => {
      set(d, ["Steps", "Preprocess", "Name"], "Pre process");
    },
    /step "Pre process": the name must be 1 to 64/,
  ],
  [
    "a name that is too long",
    (d) => {
      set(d, ["Steps", "CheckMinimumR2", "Name"], "x".repeat(65));
    },
    /the name must be 1 to 64/,
  ],
  [
    "a circle",
    (d) => {
      set(d, ["Steps", "DataWranglerProcess", "DependsOn"], ["EvaluateXGBoost"]);
    },
    /steps depend on each other in a circle: DataWranglerProcess -> EvaluateXGBoost/,
  ],
  [
    "a step that waits for itself",
    (d) => {
      set(d, ["Steps", "Preprocess", "DependsOn"], ["Preprocess"]);
    },
    /circle: Preprocess -> Preprocess/,
  ],
  [
    "DependsOn that does not exist",
    (d) => {
      set(d, ["Steps", "Preprocess", "DependsOn"], ["Nothing"]);
    },
    /step "Preprocess", DependsOn: step "Nothing" does not exist/,
  ],
  [
    "a parameter that is not declared",
    (d) => {
      set(
        d,
        ["Parameters"],
        (d["Parameters"] as Draft[]).filter(({ Name }) => Name !== "MinimumR2"),
      );
    },
    /parameter "MinimumR2": used, but not declared/,
  ],
  [
    "a parameter that is not used",
    (d) => {
      (d["Parameters"] as Draft[]).push({ Name: "Extra", Type: "String" });
    },
    /parameter "Extra": never used/,
  ],
  [
    "a parameter declared twice",
    (d) => {
      (d["Parameters"] as Draft[]).push({ Name: "MinimumR2", Type: "Float" });
    },
    /parameter "MinimumR2": declared twice/,
  ],
  [
    "a default of another type",
    (d) => {
      set(d, ["Parameters", "ProcessingInstanceCount", "DefaultValue"], 1.5);
    },
    /parameter "ProcessingInstanceCount", DefaultValue: must be an integer, not the number 1\.5/,
  ],
  [
    "a default that a number cannot hold",
    (d) => {
      set(d, ["Parameters", "ProcessingInstanceCount", "DefaultValue"], 2 ** 53);
    },
    /parameter "ProcessingInstanceCount", DefaultValue: must be an integer, not the number 9007199254740992/,
  ],
  [
    "a default that is no value of the enum",
    (d) => {
      set(d, ["Parameters", "ModelApprovalStatus", "DefaultValue"], "Perhaps");
    },
    /DefaultValue "Perhaps" is not among its EnumValues/,
  ],
  [
    "an unknown type of parameter",
    (d) => {
      set(d, ["Parameters", "MinimumR2", "Type"], "Double");
    },
    /parameter "MinimumR2", Type: must be one of Boolean, Float, Integer, String, not the string "Double"/,
  ],
  [
    "an execution variable that does not exist",
    (d) => {
      set(d, ["PipelineExperimentConfig", "TrialName"], { Get: "Execution.Id" });
    },
    /PipelineExperimentConfig\.TrialName: there is no execution variable "Id"/,
  ],
  [
    "a malformed reference",
    (d) => {
      set(d, ["Steps", "Preprocess", "Arguments", "RoleArn"], { Get: "Role" });
    },
    /step "Preprocess", Arguments\.RoleArn: "Role" is not a reference/,
  ],
  [
    "a property file that does not exist",
    (d) => {
      set(d, ["Steps", "EvaluateXGBoost", "PropertyFiles", 0, "PropertyFileName"], "Other");
    },
    /step "EvaluateXGBoost" declares no property file "Evaluation"/,
  ],
  [
    "a property file of an output that does not exist",
    (d) => {
      set(d, ["Steps", "EvaluateXGBoost", "PropertyFiles", 0, "OutputName"], "other");
    },
    /PropertyFiles: "Evaluation" is of output "other", which the step lacks/,
  ],
  [
    "JsonGet on a step that is not a Processing step",
    (d) => {
      set(
        d,
        [
          "Steps",
          "CheckMinimumR2",
          "Arguments",
          "Conditions",
          0,
          "LeftValue",
          "Std:JsonGet",
          "PropertyFile",
        ],
        { Get: "Steps.TuneXGBoost.PropertyFiles.Evaluation" },
      );
    },
    /step "TuneXGBoost" is a Tuning; Std:JsonGet reads Processing steps/,
  ],
  [
    "JsonGet without a literal path",
    (d) => {
      set(
        d,
        [
          "Steps",
          "CheckMinimumR2",
          "Arguments",
          "Conditions",
          0,
          "LeftValue",
          "Std:JsonGet",
          "Path",
        ],
        { Get: "Parameters.MinimumR2" },
      );
    },
    /LeftValue\.Std:JsonGet\.Path: must be a string, not an object/,
  ],
  [
    "an argument that is too long",
    (d) => {
      set(
        d,
        ["Steps", "Preprocess", "Arguments", "AppSpecification", "ContainerArguments", 0],
        "x".repeat(257),
      );
    },
    /ContainerArguments\[0\]: 257 characters; must be at most 256/,
  ],
  [
    "a condition step without conditions",
    (d) => {
      set(d, ["Steps", "SelectXGBoost", "Arguments", "Conditions"], []);
    },
    /step "SelectXGBoost", Arguments\.Conditions: 0 members; must be at least 1/,
  ],
  [
    "a broken step inside a branch",
    (d) => {
      set(
        d,
        ["Steps", "SelectXGBoost", "Arguments", "IfSteps", 0, "Arguments", "ModelPackageGroupName"],
        { Get: "Steps.Nothing.Name" },
      );
    },
    /step "RegisterXGBoost", Arguments\.ModelPackageGroupName: .*which does not exist/,
  ],
  [
    "a definition that is too long",
    (d) => {
      set(d, ["Metadata"], { Text: "x".repeat(1_048_576) });
    },
    /the definition has \d+ characters, but 1048576 are allowed/,
  ],
];

describe("check", () => {
  let definition: PipelineDefinition;

  before(async () => {
    ({ definition } = await program());
  });

  it("finds nothing in the program's definitions", () => {
    deepEqual(check(definition), []);
  });

  for (const [what, mutate, problem] of mutations) {
    it(`finds ${what}`, () => {
      const broken = draft(definition);
      mutate(broken);
      const problems = check(broken as JsonObject);
      ok(
        problems.some((one) => problem.test(one)),
        problems.join("\n") || "nothing found",
      );
    });
  }

  it("finds all problems at once", () => {
    const broken = draft(definition);
    for (const index of [0, 4, 10]) {
      mutations[index]?.[1](broken);
    }
    ok(check(broken as JsonObject).length >= 3);
  });

  it("finds prefixes that other keys begin with, however the URI is composed", () => {
    const broken = draft(definition);
    const input = ["Arguments", "ProcessingInputs", 1, "S3Input", "S3Uri"];
    set(broken, ["Steps", "EvaluateXGBoost", ...input], "s3://bucket/models/XGBoost");
    const output = "ProcessingOutputConfig.Outputs['test'].S3Output.S3Uri";
    const get = { Get: `Steps.Preprocess.${output}` };
    set(broken, ["Steps", "EvaluateDecisionTree", ...input], get);
    const values = ["s3://bucket", { Get: "Execution.PipelineExecutionId" }, "train"];
    const channel = ["Arguments", "TrainingJobDefinition", "InputDataConfig", 0, "DataSource"];
    const join = { "Std:Join": { On: "/", Values: values } };
    set(broken, ["Steps", "TuneXGBoost", ...channel, "S3DataSource", "S3Uri"], join);
    const problem =
      'S3Uri: an S3Prefix matches every key that begins with it; it must end with "/", or name one ' +
      "object, such as data.csv";
    const inputs = "ProcessingInputs[1].S3Input";
    deepEqual(check(broken as JsonObject), [
      `step "TuneXGBoost", Arguments.TrainingJobDefinition.InputDataConfig[0].DataSource.S3DataSource.${problem}`,
      `step "EvaluateDecisionTree", Arguments.${inputs}.${problem}`,
      `step "EvaluateXGBoost", Arguments.${inputs}.${problem}`,
    ]);
    deepEqual(check(broken as JsonObject, { foreign: true }), []);
  });

  it("accepts prefixes that end with a slash, and single objects, however the URI is composed", () => {
    const uris = [
      "s3://bucket/folder/",
      "s3://bucket/data.csv",
      { "Std:Join": { On: "/", Values: ["s3://bucket", "folder", ""] } },
      { "Std:Join": { On: "", Values: ["s3://bucket/", { Get: "Parameters.X" }, "/"] } },
    ];
    for (const uri of uris) {
      const changed = draft(definition);
      const place = ["Arguments", "ProcessingInputs", 1, "S3Input", "S3Uri"];
      set(changed, ["Steps", "EvaluateXGBoost", ...place], uri);
      (at(changed, "Parameters") as Draft[]).push({ Name: "X", Type: "String" });
      deepEqual(
        check(changed as JsonObject).filter((one) => !one.includes("never used")),
        [],
      );
    }
  });

  it("allows unused parameters in third-party definitions, as the service does", () => {
    const unused = draft(definition);
    (at(unused, "Parameters") as Draft[]).push({ Name: "Extra", Type: "String" });
    deepEqual(check(unused as JsonObject, { foreign: true }), []);
  });
});
