import { deepEqual, equal, match, ok } from "node:assert/strict";

import { defaultCandidates } from "../../pipeline/candidates";
import { check } from "../../pipeline/language/check";
import type { PipelineDefinition } from "../../pipeline/language/definition";
import type { Json, JsonObject } from "../../pipeline/language/json";
import { jobRules } from "../../policy/jobs";
import { inputsOf } from "../../offline/resources";
import { text } from "../support/json";
import { at, type Config, program } from "../support/definitions";
import { isAllowed } from "../support/iam";

const champion = { beats: { by: 0.01 } };

async function definitionOf(config: Config): Promise<PipelineDefinition> {
  return (await program(config)).definition;
}

const xgboosts = (count: number): JsonObject[] =>
  Array.from({ length: count }, (_, index) => ({
    ...(defaultCandidates[1] as JsonObject),
    name: `C${index}`,
  }));

const register = { Get: "Steps.ChallengeChampion.PropertyFiles.Comparison" };

describe("a champion", () => {
  for (const count of [1, 2, 12]) {
    it(`is challenged by the best of ${count} candidates, and beaten before one is registered`, async () => {
      const definition = await definitionOf({ candidates: xgboosts(count), champion });
      deepEqual(check(definition), []);
      const names = definition.Steps.map(({ Name }) => Name);
      equal(names.filter((name) => name === "ChallengeChampion").length, 1);
      ok(!names.includes("CompareCandidates"));
      for (let index = 0; index < count; index += 1) {
        const select = at(definition, "Steps", `SelectC${index}`, "Arguments") as JsonObject;
        deepEqual(select["Conditions"], [
          {
            Type: "Equals",
            LeftValue: { "Std:JsonGet": { PropertyFile: register, Path: "register" } },
            RightValue: `C${index}`,
          },
        ]);
        equal(at(select, "IfSteps", 0, "Name"), `RegisterC${index}`);
      }
      deepEqual(at(definition, "Steps", "CheckMinimumR2", "Arguments", "Conditions"), [
        {
          Type: "Equals",
          LeftValue: { "Std:JsonGet": { PropertyFile: register, Path: "winner" } },
          RightValue: "",
        },
      ]);
    });
  }

  it("is looked up by a job in XGBoost's image that can reach AWS, and is never cached", async () => {
    const definition = await definitionOf({ champion, network: { mode: "none" } });
    const step = at(definition, "Steps", "ChallengeChampion") as JsonObject;
    equal(step["CacheConfig"], undefined);
    deepEqual(step["DependsOn"], ["EvaluateDecisionTree", "EvaluateXGBoost"]);
    deepEqual(at(step, "Arguments", "NetworkConfig"), {
      EnableInterContainerTrafficEncryption: true,
      EnableNetworkIsolation: false,
    });
    const application = at(step, "Arguments", "AppSpecification") as JsonObject;
    deepEqual(application["ContainerEntrypoint"], [
      "python3",
      "/opt/ml/processing/code/challenge.py",
    ]);
    match(text(application["ImageUri"]), /\/sagemaker-xgboost:/);
    const args = application["ContainerArguments"] as readonly Json[];
    deepEqual(args.slice(args.indexOf("--model-package-group"), args.indexOf("--test")), [
      ...["--model-package-group", "restate-test", "--region", "us-east-1"],
      ...["--by", "0.01", "--confidence", "0.9"],
      ...["--not-comparable", "register", "--target", "medianhousevalue"],
    ]);
    const inputs = at(step, "Arguments", "ProcessingInputs") as readonly JsonObject[];
    deepEqual(
      inputs.map(({ InputName }) => InputName),
      ["code", "test", "metadata", "evaluation"],
    );
    // A cached report would lie under another execution's prefix.
    for (const name of ["EvaluateDecisionTree", "EvaluateXGBoost"]) {
      equal((at(definition, "Steps", name) as JsonObject)["CacheConfig"], undefined);
    }
  });

  it("finds its script's imports, and the loaders of the stack's own image, beside it", async () => {
    const { definition, uploads } = await program({ champion });
    const folder = at(
      definition,
      ...["Steps", "ChallengeChampion", "Arguments", "ProcessingInputs", 0, "S3Input", "S3Uri"],
    );
    const prefix = text(folder as Json);
    const files = new Map(
      [...uploads]
        .filter(([uri]) => uri.startsWith(prefix))
        .map(([uri, content]) => [uri.slice(prefix.length), content] as const),
    );
    deepEqual([...files.keys()].sort(), [
      "challenge.py",
      "compare.py",
      "decision_tree.json",
      "evaluate.py",
      "prediction_intervals.py",
      "processing_job.py",
      "regression_scores.py",
      "s3_objects.py",
      "sample_weights.py",
      "segments.py",
    ]);
    const modules = JSON.parse(files.get("decision_tree.json") ?? "") as Record<string, string>;
    ok("model.py" in modules && "__init__.py" in modules);
    ok(!Object.keys(modules).some((name) => name.startsWith("serving")));
  });

  it("can be compared with a later candidate through its metadata", async () => {
    const keptOf = async (config: Config): Promise<JsonObject> =>
      at(
        await definitionOf(config),
        ...["Steps", "SelectXGBoost", "Arguments", "IfSteps", 0, "Arguments"],
        "CustomerMetadataProperties",
      ) as JsonObject;
    const [without, kept] = [await keptOf({}), await keptOf({ champion })];
    deepEqual(
      Object.keys(kept).filter((name) => !(name in without)),
      ["Challenge", "FeatureNames", "ModelFormat", "TrainRows", "ValidationRows"],
    );
    deepEqual(kept["TrainRows"], {
      "Std:Join": {
        On: "",
        Values: [
          { Get: "Steps.Preprocess.ProcessingOutputConfig.Outputs['train'].S3Output.S3Uri" },
          "/",
        ],
      },
    });
  });

  it("changes nothing if none is configured", async () => {
    deepEqual(await definitionOf({ champion: {} }), await definitionOf({}));
    const evaluated = await program({});
    ok(![...evaluated.uploads.keys()].some((uri) => uri.endsWith("challenge.py")));
  });

  it("limits the parameter to the floor if approval is strict", async () => {
    const definition = await definitionOf({ champion, approval: "strict", minimumR2: 0.6 });
    deepEqual(at(definition, "Steps", "SelectXGBoost", "Arguments", "Conditions", 1), {
      Type: "GreaterThanOrEqualTo",
      LeftValue: { Get: "Parameters.MinimumR2" },
      RightValue: 0.6,
    });
  });

  it("is read with read-only permissions, which evaluations only have if there is a champion", async () => {
    const resource = "arn:aws:sagemaker:us-east-1:111122223333:model-package/restate-test/1";
    const allowed = async (config: Config, action: string): Promise<boolean> =>
      isAllowed(await program(config), "evaluation", { action, resource });
    for (const action of ["sagemaker:ListModelPackages", "sagemaker:DescribeModelPackage"]) {
      deepEqual([await allowed({ champion }, action), await allowed({}, action)], [true, false]);
    }
    for (const action of ["sagemaker:UpdateModelPackage", "sagemaker:CreateModelPackage"]) {
      equal(await allowed({ champion }, action), false);
    }
  });

  it("passes the policy pack, unlike any other job without isolation", async () => {
    const { resources } = await program({ champion });
    const [pipeline] = inputsOf<{ pipelineDefinition: string }>(
      resources,
      "aws:sagemaker/pipeline:Pipeline",
    );
    const problems = (definition: string): readonly string[] =>
      jobRules.flatMap((rule) => [...rule.problems({ pipelineDefinition: definition }, {})]);
    const definition = pipeline?.pipelineDefinition ?? "";
    deepEqual(problems(definition), []);
    deepEqual(problems(definition.replaceAll("/challenge.py", "/other.py")), [
      "ChallengeChampion: EnableNetworkIsolation must be true",
    ]);
  });
});
