import { deepEqual } from "node:assert/strict";

import { evaluateProgram } from "../../offline/program";
import { stackConfig } from "../../offline/stackConfig";
import { algorithms } from "../../pipeline/algorithms";
import { allSteps } from "../../pipeline/language/graph";

describe("examples/families", () => {
  it("has a candidate of every algorithm, registered under its name", async () => {
    const config = stackConfig("families", "examples/families/Pulumi.families.yaml");
    const { definition } = await evaluateProgram("families", config);
    const registered = allSteps(definition).flatMap(({ step }) =>
      step.Type === "RegisterModel"
        ? [step.Arguments.CustomerMetadataProperties?.["Algorithm"]]
        : [],
    );
    deepEqual([...registered].sort(), Object.keys(algorithms).sort());
  });
});
