/**
 * Evaluates a Pulumi program as a preview does, with mocks for the account's answers:
 *
 * - `evaluate.ts program`: the whole program.
 * - `evaluate.ts empty`: imports the same modules of the SDKs, and registers nothing.
 * - `evaluate.ts resources FILE`: imports the same, and registers the resources of a file unchanged: the cost of the
 *   SDKs alone.
 */

import * as pulumi from "@pulumi/pulumi";
import { readFileSync, writeSync } from "node:fs";
import { createRequire } from "node:module";

import { evaluateProgram, withoutStacks } from "../../offline/program";
import type { Resource } from "../../offline/resources";
import { stackConfig } from "../../offline/stackConfig";
import { sdkModules } from "./sdkModules";

type ResourceClass = new (name: string, inputs: Readonly<Record<string, unknown>>) => unknown;

const load = createRequire(__filename);

/** The class of the SDKs for a type such as `aws:s3/bucket:Bucket`, `awsx:ec2:Vpc` or `docker:index/image:Image`. */
function classOf(type: string): ResourceClass {
  const [packageName = "", path = "", name = ""] = type.split(":");
  if (packageName === "pulumi") {
    return (load("@pulumi/aws/provider") as Record<string, ResourceClass>)["Provider"] as never;
  }
  const folder = path.split("/")[0] ?? "";
  const module = `@pulumi/${packageName}${folder === "index" ? "" : `/${folder}`}`;
  return (load(module) as Record<string, ResourceClass>)[name] as never;
}

function register({ inputs, name, type }: Resource): void {
  if (type.startsWith("restate:")) {
    new pulumi.ComponentResource(type, name);
  } else if (type !== "pulumi:pulumi:Stack") {
    new (classOf(type))(name, inputs);
  }
}

async function evaluate(resources: readonly Resource[]): Promise<void> {
  await pulumi.runtime.setMocks(
    {
      newResource: ({ inputs, name }) => ({ id: name, state: inputs as object }),
      call: () => ({}),
    },
    "restate",
    "prod",
    false,
  );
  await pulumi.runtime.runInPulumiStack(() => {
    for (const { names, path } of sdkModules()) {
      const module = load(path) as Readonly<Record<string, unknown>>;
      names.forEach((name) => module[name]);
    }
    resources.forEach(register);
    return Promise.resolve({});
  });
  await pulumi.runtime.disconnect(false);
}

// Sent on a separate channel: CPU seconds, and peak memory in MiB.
process.on("exit", () => {
  const { maxRSS, systemCPUTime, userCPUTime } = process.resourceUsage();
  writeSync(3, JSON.stringify([(userCPUTime + systemCPUTime) / 1e6, maxRSS / 1024]));
});
const [, , which, file] = process.argv;
if (which === "program") {
  void evaluateProgram("prod", stackConfig("prod"));
} else {
  const resources =
    file === undefined ? [] : (JSON.parse(readFileSync(file, "utf8")) as Resource[]);
  void withoutStacks(() => evaluate(resources));
}
