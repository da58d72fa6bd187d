import { deepEqual, doesNotMatch, equal, match } from "node:assert/strict";
import { join } from "node:path";

import { CommandLine, hasCommandLine } from "../engine/commandLine";
import { Engine } from "../engine/engine";
import { AwsServices, constraints } from "./support/awsServices";
import { mainExports } from "./support/serving";

describe("pulumi, from the command line in serving/,", function () {
  this.timeout(600_000);
  const engine = new Engine();
  const aws = new AwsServices();
  const commandLine = new CommandLine(engine, "serving");

  before(async function () {
    if (!hasCommandLine()) {
      this.skip();
    }
    await aws.start();
    await engine.start();
    // The main stack's exports are all that this one reads of it; lifecycle.test.ts takes those of the real one.
    const main = await engine.stackOf("restate", "dev", () => Promise.resolve(mainExports));
    await main.up();
    await commandLine.open([
      "components",
      "config",
      "contract",
      "errors",
      "pipeline",
      "policy",
      "serving",
    ]);
  });
  after(() => {
    commandLine.close();
    engine.stop();
    aws.stop();
  });

  it("reads the declared configuration, with its defaults", async () => {
    const config = JSON.parse(await commandLine.succeeds("config", "--json")) as Record<
      string,
      { readonly value: string } | undefined
    >;
    equal(config["restate-serving:mainStack"]?.value, "organization/restate/dev");
    deepEqual(JSON.parse(config["restate-serving:monitoring"]?.value ?? ""), { mode: "none" });
  });

  it("reports once that no model is approved yet, and creates nothing", async () => {
    aws.models = [
      { version: 1, approval: "Rejected" },
      { version: 2, approval: "PendingManualApproval" },
      { version: 3, approval: "Approved", status: "Failed" },
    ];
    const { code, text } = await commandLine.pulumi("up", "--yes", "--skip-preview");
    equal(code, 1);
    const message = "The model package group restate-dev has no approved model yet";
    equal(text.split("Diagnostics:")[1]?.split(message).length, 2, text);
    doesNotMatch(text, /^ +at /m);
    doesNotMatch(commandLine.state(), /"type":"aws:/);
  });

  it("previews the version that it would serve", async () => {
    aws.models = [{ version: 3, approval: "Approved" }];
    aws.objects.set("s3://baselines/3/constraints.json", constraints(["_c0", "_c1"]));
    match(
      await commandLine.succeeds("preview", "--diff"),
      /name +: "restate-dev-model-v3-[0-9a-f]{6}"/,
    );
  });

  it("serves and monitors it within the policy pack, and changes nothing the second time", async () => {
    await commandLine.succeeds(
      ...["config", "set-all", "--path", "--plaintext", "capturePercentage=100"],
      ...["--plaintext", "monitoring.mode=data-quality"],
      ...["--plaintext", "monitoring.startPipeline=true"],
    );
    const up = ["up", "--yes", "--skip-preview"];
    const pack = ["--policy-pack", join("..", "policy")];
    match(await commandLine.succeeds(...up, ...pack), /Policies:\n +✅ restate@v\d/);
    equal((await commandLine.succeeds("stack", "output", "modelPackageVersion")).trim(), "3");
    match(commandLine.state(), /"type":"aws:/);
    await commandLine.succeeds(...up, "--expect-no-changes");
  });

  it("refuses an invalid configuration by its key", async () => {
    await commandLine.succeeds("config", "set", "capturePercentage", "0");
    const { code, text } = await commandLine.pulumi("preview");
    equal(code, 1);
    match(text, /restate-serving:capturePercentage: must be more than 0/);
    doesNotMatch(text, /^ +at /m);
  });

  it("leaves nothing behind when destroyed", async () => {
    await commandLine.succeeds("destroy", "--yes", "--skip-preview");
    doesNotMatch(commandLine.state(), /"urn"/);
  });
});
