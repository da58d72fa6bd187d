import { deepEqual, equal, match } from "node:assert/strict";
import { chmodSync, cpSync, mkdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";

import { pulumiFolder } from "../engine/engine";
import { commandLine } from "../support/commandLine";
import { command } from "../support/localRun";
import { DeployedStack, type Fault, restateScript } from "./stack";

describe("npm run restate: the stack's exports, credentials and errors", () => {
  const stack = new DeployedStack();
  before(async () => {
    await stack.start();
  });
  after(() => {
    stack.stop();
  });

  /** Runs `models` with exports of the given content. */
  const modelsWith = async (content: string): Promise<readonly [number | null, string]> => {
    const file = join(stack.folder, "others.json");
    writeFileSync(file, content);
    const args = ["models", "--outputs", file];
    const { code, stderr } = await commandLine(args, stack.environment());
    return [code, stderr.replaceAll(file, "FILE")];
  };

  describe("--outputs", () => {
    it("names a missing export, and an unknown version", async () => {
      deepEqual(await modelsWith(JSON.stringify({ outputsVersion: "1", region: "us-east-1" })), [
        1,
        "error: --outputs: FILE does not export modelPackageGroupName; deploy this version with `pulumi up`\n",
      ]);
      deepEqual(await modelsWith(JSON.stringify({ ...stack.exports, outputsVersion: "2" })), [
        1,
        "error: --outputs: FILE has exports of version 2, but this command reads version 1\n",
      ]);
    });

    it("refuses an invalid definition", async () => {
      const file = join(stack.folder, "secret.json");
      writeFileSync(file, JSON.stringify({ ...stack.exports, pipelineDefinition: "[secret]" }));
      const args = ["start", "--outputs", file];
      const { code, stderr } = await commandLine(args, stack.environment());
      equal(code, 1);
      match(stderr, /^error: the export pipelineDefinition: the definition is not JSON: .*\n$/);
    });

    it("refuses a file that is missing or not a JSON object", async () => {
      match((await modelsWith("{"))[1], /^error: --outputs: FILE: not JSON: /);
      deepEqual(await modelsWith("[]"), [1, "error: --outputs: FILE: is not a JSON object\n"]);
      const args = ["models", "--outputs", "/nowhere"];
      const { stderr } = await commandLine(args, stack.environment());
      equal(stderr, "error: --outputs: cannot read /nowhere\n");
    });
  });

  describe("the real Pulumi CLI, with a local backend", () => {
    const folder = join(stack.folder, "pulumi");
    const environment = (): Readonly<Record<string, string>> =>
      stack.environment({
        PATH: [pulumiFolder() ?? "", process.env["PATH"] ?? ""].join(delimiter),
        PULUMI_BACKEND_URL: `file://${folder}`,
        PULUMI_HOME: join(folder, "home"), // Its logs would lie in the user's.
        PULUMI_SKIP_UPDATE_CHECK: "1",
      });
    const restate = (...args: readonly string[]): ReturnType<typeof command> =>
      commandLine(args, environment());

    before(function () {
      if (pulumiFolder() === undefined) {
        console.log("    skipped: there is no Pulumi CLI on the path or in ~/.cache/restate/bin");
        this.skip();
      }
      // A stack as an update leaves it in the backend, as far as its exports go.
      const stacks = join(folder, ".pulumi", "stacks", "restate");
      mkdirSync(stacks, { recursive: true });
      cpSync("Pulumi.yaml", join(folder, "Pulumi.yaml"));
      writeFileSync(join(folder, ".pulumi", "meta.yaml"), "version: 1\n");
      const resource = {
        urn: "urn:pulumi:dev::restate::pulumi:pulumi:Stack::restate-dev",
        custom: false,
        type: "pulumi:pulumi:Stack",
        outputs: stack.exports,
      };
      const manifest = { time: "2026-01-01T00:00:00Z", magic: "", version: "" };
      const checkpoint = {
        stack: "organization/restate/dev",
        latest: { manifest, resources: [resource] },
      };
      writeFileSync(join(stacks, "dev.json"), JSON.stringify({ version: 3, checkpoint }));
    });

    it("returns the exports, including the definition", async () => {
      const { code, stderr, stdout } = await restate("start", "--parameter", "MinimumR2=0.5");
      equal(code, 0, stderr);
      match(stdout, /^arn:aws:sagemaker:.*:pipeline\/restate-dev\/execution\/[a-z0-9]{12}\n$/);
    });

    it("finds no other stack", async () => {
      const { code, stderr } = await restate("models", "--stack", "nothing");
      equal(code, 1);
      equal(stderr, "error: pulumi stack output: no stack named 'nothing' found\n");
    });
  });

  describe("the Pulumi CLI", () => {
    const bin = join(stack.folder, "bin");
    const run = (
      script: string | undefined,
      ...args: readonly string[]
    ): ReturnType<typeof command> => {
      mkdirSync(bin, { recursive: true });
      if (script !== undefined) {
        writeFileSync(join(bin, "pulumi"), `#!/bin/sh\n${script}\n`);
        chmodSync(join(bin, "pulumi"), 0o755);
      }
      const environment = {
        ...stack.environment(),
        PATH: script === undefined ? "" : `${bin}:/bin:/usr/bin`,
      };
      return commandLine(args, environment);
    };
    before(function () {
      if (process.platform === "win32") {
        console.log("    skipped: a shell script cannot stand in for the Pulumi CLI on Windows");
        this.skip();
      }
    });

    it("is called for the exports of the given stack", async () => {
      const script = `echo "$@" > "${join(bin, "asked")}"; cat "${stack.outputs}"`;
      const { code, stderr, stdout } = await run(
        script,
        "models",
        "--stack",
        "team/prod",
        "--json",
      );
      equal(code, 0, stderr);
      deepEqual(JSON.parse(stdout), []);
      const asked = await command("cat", [join(bin, "asked")]);
      equal(asked.stdout, "stack output --json --stack team/prod --non-interactive\n");
    });

    it("is only required if the exports are not in a file", async () => {
      const { code, stderr } = await run(undefined, "models");
      equal(code, 1);
      match(
        stderr,
        /^error: the Pulumi CLI, which reads the stack's exports, is not on the path; .* with --outputs\n$/,
      );
      equal((await run(undefined, "models", "--outputs", stack.outputs)).code, 0);
    });
  });

  describe("AWS", () => {
    const failsWith = async (
      fault: Fault | undefined,
      environment = stack.environment(),
    ): Promise<string> => {
      await stack.say(fault === undefined ? {} : { faults: { ListModelPackages: [fault] } });
      const { code, stderr, stdout } = await stack.restate(["models"], environment);
      deepEqual([code, stdout], [1, ""]);
      return stderr;
    };

    it("explains how to get credentials if there are none", async () => {
      const none = { AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: "" };
      match(
        await failsWith(undefined, stack.environment(none)),
        /^error: ListModelPackages: no AWS credentials found \(.*\); sign in with `aws sso login`, .*\n$/,
      );
    });

    it("reports expired or rejected credentials, and missing permissions", async () => {
      const message = "The security token included in the request is expired";
      equal(
        await failsWith({ code: "ExpiredTokenException", message }),
        `error: ListModelPackages: the AWS credentials have expired (${message}); sign in again\n`,
      );
      match(
        await failsWith({ code: "UnrecognizedClientException", message: "The token is invalid." }),
        /^error: ListModelPackages: AWS rejects the credentials \(The token is invalid\); .*\n$/,
      );
      equal(
        await failsWith({ code: "AccessDeniedException", message: "User: me may not" }),
        "error: ListModelPackages: access denied (User: me may not); you need the permission sagemaker:ListModelPackages\n",
      );
    });

    it("reports other errors with the name of the call, and an unreachable network", async () => {
      equal(
        await failsWith({ code: "ValidationException", message: "No such group." }),
        "error: ListModelPackages: No such group\n",
      );
      match(
        await failsWith(undefined, stack.environment({ AWS_ENDPOINT_URL: "http://127.0.0.1:9" })),
        /^error: ListModelPackages: cannot reach AWS \(.*\); check the network\n$/,
      );
    });
  });

  it("explains each command in its help without loading the SDK", async () => {
    const preload = join(stack.folder, "noSdk.cjs");
    writeFileSync(
      preload,
      `const Module = require("node:module");
       const load = Module._load;
       Module._load = (name, ...rest) => {
         if (name.startsWith("@aws-sdk")) throw new Error("loaded " + name);
         return load(name, ...rest);
       };`,
    );
    const { code, stderr, stdout } = await command(process.execPath, [
      ...["--require", preload, ...restateScript, "--help"],
    ]);
    equal(code, 0, stderr);
    const names = ["start", "status", "stop", "runs", "trials", "models", "approve", "reject"];
    for (const name of [...names, "invoke", "logs"]) {
      match(stdout, new RegExp(`^  ${name} `, "m"));
    }
  });
});
