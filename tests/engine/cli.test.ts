import { doesNotMatch, equal, match } from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";

import { Engine, pulumiFolder } from "./engine";

/** What the program is made of, as a clone has it. */
const programFiles = [
  ...[
    "components",
    "container",
    "pipeline",
    "policy",
    "package.json",
    "tsconfig.json",
    "tsconfig.pulumi.json",
  ],
  ...readdirSync(".").filter((file) => /^Pulumi\..*yaml$|\.ts$/.test(file)),
];

describe("pulumi, from the command line on Pulumi.yaml and Pulumi.dev.yaml,", function () {
  this.timeout(600_000);
  const engine = new Engine();
  let project: string;
  let path: string;

  /** Runs a command in the project; returns its exit code, and all that it prints. */
  const pulumi = (...args: readonly string[]): { readonly code: number; readonly text: string } => {
    const { status, stderr, stdout } = spawnSync("pulumi", [...args, "--non-interactive"], {
      cwd: project,
      encoding: "utf8",
      env: { ...process.env, ...engine.environment(), PATH: path },
    });
    return { code: status ?? 1, text: stdout + stderr };
  };
  const succeeds = (...args: readonly string[]): string => {
    const { code, text } = pulumi(...args);
    equal(code, 0, text);
    return text;
  };

  before(async function () {
    const cli = pulumiFolder();
    if (cli === undefined || process.platform === "win32") {
      console.log("    skipped: there is no Pulumi CLI on the path or in ~/.cache/restate/bin");
      this.skip();
    }
    await engine.start();
    project = join(engine.folder, "project");
    for (const file of programFiles) {
      cpSync(file, join(project, file), { recursive: true });
    }
    symlinkSync(resolve("node_modules"), join(project, "node_modules"));
    // The language host that comes with the CLI is not in the Go module proxy: ours stands in for it.
    const bin = join(engine.folder, "bin");
    mkdirSync(bin);
    const host = `exec "${process.execPath}" --require "${require.resolve("ts-node/register/transpile-only")}"`;
    const script = `#!/bin/sh\n${host} "${resolve("tests/engine/languageHost.ts")}" "$@"\n`;
    writeFileSync(join(bin, "pulumi-language-nodejs"), script, { mode: 0o755 });
    path = [bin, cli, process.env["PATH"] ?? ""].join(delimiter);
    succeeds("stack", "init", "dev");
  });
  after(() => {
    engine.stop();
  });

  it("reads the declared configuration, with its defaults", () => {
    const config = JSON.parse(succeeds("config", "--json")) as Record<string, { value: string }>;
    equal(config["restate:minimumR2"]?.value, "0");
    equal(config["restate:network"]?.value, '{"mode":"none"}');
  });

  it("previews without changing anything", () => {
    match(succeeds("preview"), /Resources:\n +\+ \d+ to create\n/);
    equal(succeeds("stack", "export").includes("data-bucket"), false);
  });

  it("brings the stack up, and has nothing to do the second time, nor has the policy pack", () => {
    succeeds("up", "--yes", "--skip-preview");
    equal(succeeds("stack", "output", "pipelineName").trim(), "restate-dev");
    const keyArn = succeeds("stack", "output", "kmsKeyArn").trim();
    match(succeeds("stack", "output", "pipelineDefinition"), new RegExp(keyArn));
    const again = ["up", "--yes", "--skip-preview", "--expect-no-changes"];
    match(succeeds(...again, "--policy-pack", "policy"), /Policies:\n +✅ restate@v\d/);
  });

  it("previews a change of configuration, and refuses a wrong one by its key", () => {
    succeeds("config", "set", "minimumR2", "0.5");
    const changed = succeeds("preview");
    match(changed, /~ +aws:sagemaker:Pipeline models-pipeline update/);
    match(changed, /Resources:\n +~ 1 to update\n/);
    succeeds("config", "set", "minimumR2", "high");
    const { code, text } = pulumi("preview");
    equal(code, 1);
    match(text, /restate:minimumR2: .*expected number/);
    doesNotMatch(text, /^ +at .*config\.ts/m);
    succeeds("config", "rm", "minimumR2");
  });

  it("does not show the registry's password", () => {
    const registry = /"registry": \{[^}]*"password": \{/; // a secret is an object, with a cipher
    match(succeeds("stack", "export"), registry);
  });

  it("leaves nothing when it is destroyed", () => {
    succeeds("destroy", "--yes", "--skip-preview");
    doesNotMatch(succeeds("stack", "export"), /"urn"/);
  });
});
