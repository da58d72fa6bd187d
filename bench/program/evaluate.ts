/**
 * Evaluates a Pulumi program as a preview does, with stand-ins for the account's answers:
 * `evaluate.ts program|empty`. The empty program imports the same modules of the SDKs, and makes nothing.
 */

import * as pulumi from "@pulumi/pulumi";
import { writeSync } from "node:fs";
import { createRequire } from "node:module";

import { evaluateProgram } from "../../local/program";
import { stackConfig } from "../../local/stackConfig";
import { sdkModules } from "./sdkModules";

async function evaluateEmpty(): Promise<void> {
  await pulumi.runtime.setMocks(
    {
      newResource: ({ inputs, name }) => ({ id: name, state: inputs as object }),
      call: () => ({}),
    },
    "restate",
    "prod",
    false,
  );
  const load = createRequire(__filename);
  await pulumi.runtime.runInPulumiStack(() => {
    for (const { names, path } of sdkModules()) {
      const module = load(path) as Readonly<Record<string, unknown>>;
      names.forEach((name) => module[name]);
    }
    return Promise.resolve({});
  });
  await pulumi.runtime.disconnect(false);
}

// To whoever measures, on a channel of its own: processor seconds, and most MiB at once.
process.on("exit", () => {
  const { maxRSS, systemCPUTime, userCPUTime } = process.resourceUsage();
  writeSync(3, JSON.stringify([(userCPUTime + systemCPUTime) / 1e6, maxRSS / 1024]));
});
void (process.argv[2] === "empty" ? evaluateEmpty() : evaluateProgram("prod", stackConfig("prod")));
