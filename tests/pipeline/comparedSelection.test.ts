import { deepEqual, equal, ok } from "node:assert/strict";

import { defaultCandidates } from "../../pipeline/candidates";
import { check } from "../../pipeline/language/check";
import type { PipelineDefinition } from "../../pipeline/language/definition";
import type { Json, JsonObject } from "../../pipeline/language/json";
import { canonicalJson } from "../../pipeline/language/canonicalJson";
import { at, program } from "../support/definitions";

async function definitionOf(count: number): Promise<PipelineDefinition> {
  const candidates = Array.from({ length: count }, (_, index) => ({
    ...(defaultCandidates[1] as JsonObject),
    name: `CandidateOfTheFamily${index}`,
  }));
  return (await program({ candidates })).definition;
}

describe("selection among many candidates", () => {
  it("uses conditions for up to 10 candidates, and a job for more", async () => {
    const names = async (count: number): Promise<readonly string[]> =>
      (await definitionOf(count)).Steps.map(({ Name: name }) => name);
    ok(!(await names(10)).includes("CompareCandidates"));
    ok((await names(11)).includes("CompareCandidates"));
  });

  it("grows linearly, and has room for 100 candidates", async () => {
    const sizes: number[] = [];
    for (const count of [20, 60, 100]) {
      const definition = await definitionOf(count);
      deepEqual(check(definition), []);
      sizes.push(canonicalJson(definition).length);
    }
    const [small = 0, middle = 0, large = 0] = sizes;
    ok(Math.abs(large - middle - (middle - small)) < 0.01 * large, sizes.join(", "));
  });

  it("waits for all reports, passes all names in order, and registers the chosen candidate", async () => {
    const definition = await definitionOf(40);
    const names = Array.from({ length: 40 }, (_, index) => `CandidateOfTheFamily${index}`);
    const compare = at(definition, "Steps", "CompareCandidates") as JsonObject;
    deepEqual(
      compare["DependsOn"],
      names.map((name) => `Evaluate${name}`),
    );
    const args = at(
      compare,
      "Arguments",
      "AppSpecification",
      "ContainerArguments",
    ) as readonly Json[];
    const passed = args.slice(args.indexOf("--candidates") + 1, args.indexOf("--minimum"));
    deepEqual(passed.map(String).join(",").split(","), names);
    for (const name of names) {
      const condition = at(definition, "Steps", `Select${name}`, "Arguments") as JsonObject;
      deepEqual(at(condition, "Conditions", 0, "RightValue"), name);
      equal(at(condition, "IfSteps", 0, "Name"), `Register${name}`);
    }
  });

  it("limits the parameter to the floor if approval is strict", async () => {
    const candidates = Array.from({ length: 11 }, (_, index) => ({
      ...(defaultCandidates[1] as JsonObject),
      name: `C${index}`,
    }));
    const { definition } = await program({ candidates, approval: "strict", minimumR2: 0.6 });
    deepEqual(at(definition, "Steps", "SelectC0", "Arguments", "Conditions", 1), {
      Type: "GreaterThanOrEqualTo",
      LeftValue: { Get: "Parameters.MinimumR2" },
      RightValue: 0.6,
    });
    deepEqual(check(definition), []);
  });

  it("reuses no report from the cache, since its path would differ", async () => {
    const step = at(await definitionOf(11), "Steps", "EvaluateCandidateOfTheFamily0") as JsonObject;
    equal(step["CacheConfig"], undefined);
  });
});
