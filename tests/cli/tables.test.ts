import { equal, match } from "node:assert/strict";

import { candidateTable } from "../../cli/candidateTable";
import { snapshotText } from "../../cli/watch";
import { stackNamed } from "../../offline/stackConfig";
import { executionListing, modelListing } from "../../terminal/tables";
import { tuningStep } from "../report/records";

describe("two tables in one work folder", () => {
  const model = {
    version: 1,
    approvalStatus: "Approved",
    creationTime: "2026-01-02T03:04:05.000Z",
  };
  const startTime = "2026-01-02T03:04:05.000Z";
  const execution = { id: "a", startTime, status: "Succeeded" } as const;

  it("are two stacks, each named after its configuration file", () => {
    equal(stackNamed({ configFile: "configs/Pulumi.flats.yaml" }), "flats");
    equal(stackNamed({ configFile: "Pulumi.flats.yaml", stack: "dev" }), "dev");
    equal(stackNamed({ configFile: "flats.yaml" }), "dev");
    equal(stackNamed({ configFile: "Pulumi.Flats_1.yaml" }), "dev");
    equal(stackNamed({}), "dev");
  });

  it("have a heading that fits the terminal", () => {
    const shown = { ...execution, arn: "", pipelineName: "restate-small", seconds: 14.3 };
    const text = snapshotText({ ...shown, steps: [] }, 60);
    equal(
      text.split("\n┌")[0],
      "Execution a of restate-small: Succeeded (started 2026-01-02\n03:04:05, 14.3 seconds)",
    );
  });

  it("have no tuning of a candidate whose steps were selected without it", () => {
    const metrics = { r2: 0.8, mse: 4, rmse: 2, mae: 1 };
    const step = tuningStep("TuneTree", {});
    const candidate = { name: "Tree", step, metrics, trials: [], seconds: 0 };
    match(candidateTable([candidate], undefined, 120), /│ Tree .*│ +- │ +- │$/m);
  });

  it("mark an R² that a column weights", () => {
    const weighted = { ...model, group: "restate-dev", candidate: "Tree", r2: 0.81234 };
    const metadata = { SampleWeight: "exposure" };
    equal(modelListing([{ ...weighted, metadata }]).rows[0]?.[3], "0.8123 (weighted)");
    equal(modelListing([weighted]).rows[0]?.[3], "0.8123");
    const winner = { name: "Tree", r2: 0.81234, version: 1, sampleWeight: "exposure" };
    equal(executionListing([{ ...execution, winner }]).rows[0]?.[5], "0.8123 (weighted)");
  });

  it("are shown with models and executions if there are several", () => {
    const flats = {
      ...model,
      group: "restate-flats",
      candidate: "Tree",
      table: "flats",
      target: "rent",
    };
    const houses = { ...flats, group: "restate-dev", table: "houses", target: "value" };
    match(modelListing([flats, houses]).rows.join("\n"), /^restate-flats,1,flats,rent,Tree,/);
    equal(modelListing([flats, flats]).head.includes("Table"), false);
    const runs = executionListing([
      { ...execution, pipelineName: "restate-flats" },
      { ...execution, pipelineName: "restate-dev" },
    ]);
    match(runs.rows.join("\n"), /^a,restate-flats,2026/);
    equal(executionListing([{ ...execution, pipelineName: "x" }]).head.includes("Pipeline"), false);
  });
});
