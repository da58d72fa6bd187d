import { deepEqual, equal, ok } from "node:assert/strict";
import { join, relative } from "node:path";

import { stackConfig } from "../../offline/stackConfig";
import { stepGraph } from "../../report/stepGraph";
import { parseText } from "../../pipeline/language/parse";
import { Engine, pulumiFolder } from "../engine/engine";
import { command } from "../support/localRun";

describe("examples/flats, deployed by the real engine,", function () {
  this.timeout(600_000);
  const engine = new Engine();

  before(async function () {
    if (pulumiFolder() === undefined || process.platform === "win32") {
      console.log("    skipped: there is no Pulumi CLI on the path or in ~/.cache/restate/bin");
      this.skip();
    }
    await engine.start();
  });
  after(() => {
    engine.stop();
  });

  it("comes up with its table and three candidates, and changes nothing the second time", async () => {
    const data = join(engine.folder, "flats.csv");
    const script = "examples/flats/make_flats.py";
    const made = await command(join(".venv", "bin", "python"), [script, "--rows", "50", data]);
    equal(made.code, 0, made.stderr);
    const stack = await engine.stack("flats", {
      ...stackConfig("flats", "examples/flats/Pulumi.flats.yaml"),
      "restate:dataFile": relative(".", data),
    });
    const { outputs } = await stack.up();
    equal(outputs["tableName"]?.value, "flats");
    const { definition } = parseText(String(outputs["pipelineDefinition"]?.value));
    ok(definition);
    deepEqual(
      stepGraph(definition)
        .nodes.filter(({ type }) => type === "Tuning")
        .map(({ name }) => name),
      ["TuneDecisionTree", "TuneXGBoost", "TuneLinear"],
    );
    const { changeSummary } = await stack.preview();
    deepEqual(Object.keys(changeSummary), ["same"]);
  });
});
