import { doesNotMatch, equal, match } from "node:assert/strict";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { CommandLine, hasCommandLine } from "./commandLine";
import { Engine } from "./engine";

describe("pulumi, from the command line on Pulumi.yaml and Pulumi.dev.yaml,", function () {
  this.timeout(600_000);
  const engine = new Engine();
  const commandLine = new CommandLine(engine, "");

  before(async function () {
    if (!hasCommandLine()) {
      this.skip();
    }
    await engine.start();
    await commandLine.open([
      ...["components", "config", "container", "contract", "errors", "pipeline", "policy"],
    ]);
  });
  after(() => {
    commandLine.close();
    engine.stop();
  });

  it("reads the declared configuration, with its defaults", async () => {
    const config = JSON.parse(await commandLine.succeeds("config", "--json")) as Record<
      string,
      { value: string }
    >;
    equal(config["restate:minimumR2"]?.value, "0");
    equal(config["restate:network"]?.value, '{"mode":"none"}');
  });

  it("brings the stack up, with its exports", async () => {
    await commandLine.succeeds("up", "--yes", "--skip-preview");
    const exports = JSON.parse(await commandLine.succeeds("stack", "output", "--json")) as Record<
      string,
      unknown
    >;
    equal(exports["pipelineName"], "restate-dev");
    match(JSON.stringify(exports["pipelineDefinition"]), new RegExp(String(exports["kmsKeyArn"])));
  });

  it("changes only what has changed, not the image for file modes, and nothing but the reviewed plan", async () => {
    for (const file of ["requirements.txt", "Dockerfile", "decision_tree/tree.py"]) {
      chmodSync(join(commandLine.clone, "container", file), 0o600);
    }
    const plan = join(commandLine.clone, "plan.json");
    await commandLine.succeeds("config", "set", "minimumR2", "0.4");
    const preview = await commandLine.succeeds("preview", "--save-plan", plan);
    match(preview, /~ +aws:sagemaker:Pipeline models-pipeline update/);
    match(preview, /Resources:\n +~ 1 to update\n +\d+ unchanged\n/);
    await commandLine.succeeds("config", "set", "minimumR2", "0.5");
    const up = ["up", "--yes", "--skip-preview", "--plan", plan];
    const { code, text } = await commandLine.pulumi(...up);
    equal(code === 0, false, text);
    match(text, /models-pipeline.*violates plan/s);
    doesNotMatch(commandLine.state(), /DefaultValue\\":0\.[45]/);
    await commandLine.succeeds("config", "set", "minimumR2", "0.4");
    const updated = await commandLine.succeeds(...up, "--policy-pack", "policy");
    match(updated, /Resources:\n +~ 1 updated\n +\d+ unchanged\n/);
    match(updated, /Policies:\n +✅ restate@v\d/);
    match(commandLine.state(), /DefaultValue\\":0\.4/);
  });

  it("reports drift without changing its state", async () => {
    const look = ["refresh", "--preview-only", "--expect-no-changes", "--diff"];
    await commandLine.succeeds(...look);
    const restore = engine.change({ pipelineName: "restate-dev" }, { pipelineDisplayName: "mine" });
    const { code, text } = await commandLine.pulumi(...look);
    equal(code === 0, false, text);
    match(text, /~ aws:sagemaker\/pipeline:Pipeline: \(update\)/);
    doesNotMatch(commandLine.state(), /"mine"/);
    restore();
  });

  /** The arguments that set configuration by its paths. */
  const set = (...settings: readonly string[]): readonly string[] => [
    ...["config", "set-all", "--path"],
    ...settings.flatMap((setting) => ["--plaintext", setting]),
  ];

  it("refuses an invalid configuration with all problems by key, before anything is registered", async () => {
    const file = join(commandLine.clone, "Pulumi.dev.yaml");
    const valid = readFileSync(file);
    await commandLine.succeeds(
      ...set("minimumR2=high", "typo=1", "modelConsumers[0]=111122223333"),
    );
    const { code, text } = await commandLine.pulumi("preview");
    equal(code, 1);
    match(text, /restate:minimumR2: must be a number/);
    match(text, /restate:typo: unknown key/);
    match(text, /restate:modelConsumers\[0\]: must be the account's 12 digits in quotes/);
    doesNotMatch(text, /^ +at .*config\.ts/m);
    doesNotMatch(text, /aws:/);
    writeFileSync(file, valid);
  });

  it("passes the policy pack with its own network, whose parts a remote component creates", async () => {
    await commandLine.succeeds(...set("network.mode=create"));
    const text = await commandLine.succeeds("preview", "--policy-pack", "policy");
    match(text, /\+ +awsx:ec2:Vpc network-vpc create/);
    // Rules whose inputs only the update knows say so; they are no violations.
    match(text, /Policies:\n +(✅|⚠️) restate@v\d/u);
    doesNotMatch(text, /\[mandatory\]/);
    await commandLine.succeeds(...set("network.availabilityZones=5"));
    const { code, text: refusal } = await commandLine.pulumi("preview");
    equal(code, 1);
    match(
      refusal,
      /error: .*restate:network\.availabilityZones: is 5, but only 4 of the zones of us-east-1 \(us-east-1b, us-east-1c, us-east-1d, us-east-1f\)/,
    );
    doesNotMatch(refusal, /^ +at /m);
  });

  it("does not show the registry's password", () => {
    match(commandLine.state(), /"registry":\{[^}]*"password":\{/); // a secret is an object, with a cipher
  });

  it("leaves nothing behind when destroyed", async () => {
    await commandLine.succeeds("destroy", "--yes", "--skip-preview");
    doesNotMatch(commandLine.state(), /"urn"/);
  });
});
