import { doesNotMatch, equal, match } from "node:assert/strict";
import { chmodSync } from "node:fs";
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

  it("brings the stack up without policy violations, and changes nothing the second time", async () => {
    await commandLine.succeeds("up", "--yes", "--skip-preview");
    equal((await commandLine.succeeds("stack", "output", "pipelineName")).trim(), "restate-dev");
    const keyArn = (await commandLine.succeeds("stack", "output", "kmsKeyArn")).trim();
    match(await commandLine.succeeds("stack", "output", "pipelineDefinition"), new RegExp(keyArn));
    const again = ["up", "--yes", "--skip-preview", "--expect-no-changes"];
    match(
      await commandLine.succeeds(...again, "--policy-pack", "policy"),
      /Policies:\n +✅ restate@v\d/,
    );
  });

  it("previews without changing anything, and limits an update to the reviewed plan", async () => {
    const plan = join(commandLine.clone, "plan.json");
    await commandLine.succeeds("config", "set", "minimumR2", "0.4");
    const preview = ["preview", "--policy-pack", "policy", "--save-plan", plan];
    const changed = await commandLine.succeeds(...preview);
    match(changed, /~ +aws:sagemaker:Pipeline models-pipeline update/);
    match(changed, /Resources:\n +~ 1 to update\n/);
    await commandLine.succeeds("config", "set", "minimumR2", "0.5");
    const up = ["up", "--yes", "--skip-preview", "--policy-pack", "policy", "--plan", plan];
    const { code, text } = await commandLine.pulumi(...up);
    equal(code === 0, false, text);
    match(text, /models-pipeline.*violates plan/s);
    doesNotMatch(await commandLine.succeeds("stack", "export"), /DefaultValue\\":0\.[45]/);
    await commandLine.succeeds("config", "set", "minimumR2", "0.4");
    await commandLine.succeeds(...up);
    match(await commandLine.succeeds("stack", "export"), /DefaultValue\\":0\.4/);
  });

  it("reports drift without changing its state", async () => {
    const look = ["refresh", "--preview-only", "--expect-no-changes", "--diff"];
    await commandLine.succeeds(...look);
    const restore = engine.change({ pipelineName: "restate-dev" }, { pipelineDisplayName: "mine" });
    const { code, text } = await commandLine.pulumi(...look);
    equal(code === 0, false, text);
    match(text, /~ aws:sagemaker\/pipeline:Pipeline: \(update\)/);
    doesNotMatch(await commandLine.succeeds("stack", "export"), /"mine"/);
    restore();
  });

  it("does not rebuild the image when only file modes change", async () => {
    for (const file of ["requirements.txt", "Dockerfile", "decision_tree/tree.py"]) {
      chmodSync(join(commandLine.clone, "container", file), 0o600);
    }
    await commandLine.succeeds("up", "--yes", "--skip-preview", "--expect-no-changes");
  });

  it("refuses an invalid configuration with all problems by key, before anything is registered", async () => {
    await commandLine.succeeds("config", "set", "minimumR2", "high");
    await commandLine.succeeds("config", "set", "typo", "1");
    await commandLine.succeeds("config", "set", "--path", "modelConsumers[0]", "111122223333");
    const { code, text } = await commandLine.pulumi("preview");
    equal(code, 1);
    match(text, /restate:minimumR2: must be a number/);
    match(text, /restate:typo: unknown key/);
    match(text, /restate:modelConsumers\[0\]: must be the account's 12 digits in quotes/);
    doesNotMatch(text, /^ +at .*config\.ts/m);
    doesNotMatch(text, /aws:/);
    await commandLine.succeeds("config", "set", "minimumR2", "0.4");
    await commandLine.succeeds("config", "rm", "typo");
    await commandLine.succeeds("config", "rm", "modelConsumers");
  });

  it("passes the policy pack with its own network, whose parts a remote component creates", async () => {
    await commandLine.succeeds("config", "set", "--path", "network.mode", "create");
    const text = await commandLine.succeeds("preview", "--policy-pack", "policy");
    match(text, /\+ +awsx:ec2:Vpc network-vpc create/);
    // Rules whose inputs only the update knows say so; they are no violations.
    match(text, /Policies:\n +(✅|⚠️) restate@v\d/u);
    doesNotMatch(text, /\[mandatory\]/);
    await commandLine.succeeds("config", "set", "--path", "network.availabilityZones", "5");
    const { code, text: refusal } = await commandLine.pulumi("preview");
    equal(code, 1);
    match(
      refusal,
      /error: .*restate:network\.availabilityZones: is 5, but only 4 of the zones of us-east-1 \(us-east-1b, us-east-1c, us-east-1d, us-east-1f\)/,
    );
    doesNotMatch(refusal, /^ +at /m);
    await commandLine.succeeds("config", "rm", "--path", "network.availabilityZones");
    await commandLine.succeeds("config", "set", "--path", "network.mode", "none");
  });

  it("does not show the registry's password", async () => {
    const registry = /"registry": \{[^}]*"password": \{/; // a secret is an object, with a cipher
    match(await commandLine.succeeds("stack", "export"), registry);
  });

  it("leaves nothing behind when destroyed", async () => {
    await commandLine.succeeds("destroy", "--yes", "--skip-preview");
    doesNotMatch(await commandLine.succeeds("stack", "export"), /"urn"/);
  });
});
