import { deepEqual, doesNotMatch, equal, match } from "node:assert/strict";
import { execFile } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";

import { Engine, pulumiFolder } from "../engine/engine";
import { AwsServices, constraints } from "./support/awsServices";

/** What the program is made of, as a clone has it. */
const files = [
  ...["pipeline", "policy", "serving", "package.json", "tsconfig.json", "tsconfig.pulumi.json"],
  ...readdirSync(".").filter((file) => file.endsWith(".ts")),
];

describe("pulumi, from the command line in serving/,", function () {
  this.timeout(600_000);
  const engine = new Engine();
  const aws = new AwsServices();
  let clone: string;
  let path: string;

  /** Runs a command in serving/; returns its exit code, and all that it prints. */
  const pulumi = (...args: readonly string[]): Promise<{ code: number; text: string }> =>
    new Promise((done) => {
      const child = execFile(
        "pulumi",
        [...args, "--non-interactive"],
        {
          cwd: join(clone, "serving"),
          env: { ...process.env, ...engine.environment(), PATH: path },
          maxBuffer: 2 ** 26,
        },
        (_error, stdout, stderr) => {
          done({ code: child.exitCode ?? 1, text: stdout + stderr });
        },
      );
    });
  const succeeds = async (...args: readonly string[]): Promise<string> => {
    const { code, text } = await pulumi(...args);
    equal(code, 0, text);
    return text;
  };

  before(async function () {
    const cli = pulumiFolder();
    if (cli === undefined || process.platform === "win32") {
      console.log("    skipped: there is no Pulumi CLI on the path or in ~/.cache/restate/bin");
      this.skip();
    }
    await aws.start();
    await engine.start();
    const main = await engine.stack("dev", { "restate:network": '{"mode":"none"}' });
    await main.up();
    clone = join(engine.folder, "clone");
    for (const file of files) {
      cpSync(file, join(clone, file), { recursive: true });
    }
    symlinkSync(resolve("node_modules"), join(clone, "node_modules"));
    // The language host that comes with the CLI is not in the Go module proxy: ours stands in for it.
    const bin = join(engine.folder, "bin");
    mkdirSync(bin);
    const host = `exec "${process.execPath}" --require "${require.resolve("ts-node/register/transpile-only")}"`;
    const script = `#!/bin/sh\n${host} "${resolve("tests/engine/languageHost.ts")}" "$@"\n`;
    writeFileSync(join(bin, "pulumi-language-nodejs"), script, { mode: 0o755 });
    path = [bin, cli, process.env["PATH"] ?? ""].join(delimiter);
    await succeeds("stack", "init", "dev");
  });
  after(() => {
    engine.stop();
    aws.stop();
  });

  it("reads the declared configuration, with its defaults", async () => {
    const config = JSON.parse(await succeeds("config", "--json")) as Record<
      string,
      { readonly value: string } | undefined
    >;
    equal(config["restate-serving:mainStack"]?.value, "organization/restate/dev");
    deepEqual(JSON.parse(config["restate-serving:monitoring"]?.value ?? ""), { mode: "none" });
  });

  it("says once that no model is approved yet, and creates nothing", async () => {
    const { code, text } = await pulumi("up", "--yes", "--skip-preview");
    equal(code, 1);
    const message = "The model package group restate-dev has no approved model yet";
    equal(text.split("Diagnostics:")[1]?.split(message).length, 2, text);
    doesNotMatch(text, /^ +at /m);
    doesNotMatch(await succeeds("stack", "export"), /"type": "aws:/);
  });

  it("previews the version that it would serve", async () => {
    aws.models = [{ version: 3, approval: "Approved" }];
    aws.objects.set("s3://baselines/3/constraints.json", constraints(["_c0", "_c1"]));
    match(await succeeds("preview", "--diff"), /name +: "restate-dev-model-v3-[0-9a-f]{6}"/);
  });

  it("serves and monitors it, held to the policy pack, and has nothing to do the second time", async () => {
    await succeeds("config", "set", "capturePercentage", "100");
    await succeeds("config", "set", "--path", "monitoring.mode", "data-quality");
    await succeeds("config", "set", "--path", "monitoring.startPipeline", "true");
    const up = ["up", "--yes", "--skip-preview", "--policy-pack", join("..", "policy")];
    match(await succeeds(...up), /Policies:\n +✅ restate@v\d/);
    equal((await succeeds("stack", "output", "modelPackageVersion")).trim(), "3");
    match(await succeeds(...up, "--expect-no-changes"), /Policies:\n +✅ restate@v\d/);
  });

  it("refuses a wrong configuration by its key", async () => {
    await succeeds("config", "set", "capturePercentage", "0");
    const { code, text } = await pulumi("preview");
    equal(code, 1);
    match(text, /restate-serving:capturePercentage: must be more than 0/);
    doesNotMatch(text, /^ +at /m);
    await succeeds("config", "set", "capturePercentage", "100");
  });

  it("leaves nothing when it is destroyed", async () => {
    await succeeds("destroy", "--yes", "--skip-preview");
    doesNotMatch(await succeeds("stack", "export"), /"urn"/);
  });
});
