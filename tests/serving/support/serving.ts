import * as pulumi from "@pulumi/pulumi";
import { createRequire } from "node:module";

import type { StackOutputs } from "../../../contract/outputs";
import type { Json, JsonObject } from "../../../pipeline/language/json";
import type { ServingOutputs } from "../../../serving/outputs";

const accountId = "444455556666";
const arn = (service: string, path: string): string =>
  `arn:aws:${service}:us-east-1:${accountId}:${path}`;
const role = (name: string): string => `arn:aws:iam::${accountId}:role/restate-dev-${name}`;

/** What the main stack dev exports, as far as serving reads it. */
export const mainExports: Partial<StackOutputs> = {
  outputsVersion: "1",
  region: "us-east-1",
  bucketName: `sagemaker-restate-dev-${accountId}`,
  kmsKeyArn: arn("kms", "key/data"),
  decisionTreeImageUri: `${accountId}.dkr.ecr.us-east-1.amazonaws.com/restate-dev-decision-tree:0123`,
  pipelineName: "restate-dev",
  pipelineArn: arn("sagemaker", "pipeline/restate-dev"),
  modelPackageGroupName: "restate-dev",
  topicArn: arn("sns", "restate-dev"),
  servingRoleArn: role("serving"),
  monitoringRoleArn: role("monitoring"),
  schedulerRoleArn: role("scheduler"),
  subnetIds: ["subnet-1", "subnet-2"],
  securityGroupIds: ["sg-1"],
};

/** A resource that the program registered. */
export interface Resource {
  readonly type: string;
  readonly name: string;
  readonly inputs: JsonObject;
}

/** What the program registers and exports. */
export interface Served {
  readonly resources: readonly Resource[];
  readonly outputs: ServingOutputs;
}

class Account implements pulumi.runtime.Mocks {
  readonly resources: Resource[] = [];

  constructor(private readonly exported: Readonly<Record<string, unknown>>) {}

  newResource(args: pulumi.runtime.MockResourceArgs): { id: string; state: object } {
    const inputs = args.inputs as Record<string, unknown>;
    if (args.type === "pulumi:pulumi:StackReference") {
      const state = { name: inputs["name"], outputs: this.exported, secretOutputNames: [] };
      return { id: args.name, state };
    }
    this.resources.push({ type: args.type, name: args.name, inputs: inputs as JsonObject });
    const kind = args.type.split(":").at(-1)?.toLowerCase() ?? "";
    return {
      id: `${args.name}-id`,
      state: { ...inputs, arn: arn("sagemaker", `${kind}/${String(inputs["name"])}`) },
    };
  }

  call(args: pulumi.runtime.MockCallArgs): Record<string, unknown> {
    const { imageTag = "", repositoryName = "" } = args.inputs as Record<string, string>;
    return {
      registryPath: `156813124566.dkr.ecr.us-east-1.amazonaws.com/${repositoryName}:${imageTag}`,
    };
  }
}

/** Evaluates the program with keys of the namespace restate-serving, and such as `aws:profile`. */
export async function serve(
  config: Readonly<Record<string, Json>> = {},
  exported: Readonly<Record<string, unknown>> = mainExports,
): Promise<Served> {
  const account = new Account(exported);
  await pulumi.runtime.setMocks(account, "restate-serving", "dev", false);
  pulumi.runtime.setAllConfig(
    Object.fromEntries(
      Object.entries(config).map(([key, value]) => [
        key.includes(":") ? key : `restate-serving:${key}`,
        typeof value === "string" ? value : JSON.stringify(value),
      ]),
    ),
  );
  let failure: unknown;
  let outputs: ServingOutputs | undefined;
  await pulumi.runtime.runInPulumiStack(async () => {
    try {
      const program = createRequire(__filename)("../../../serving") as () => Promise<
        Record<keyof ServingOutputs, pulumi.Input<string>>
      >;
      const exports = await program();
      pulumi.output(exports).apply((known) => {
        outputs = known;
      });
      return exports;
    } catch (error) {
      // Pulumi would report it too, with a stack trace.
      failure = error;
      return {};
    }
  });
  await pulumi.runtime.disconnect(false);
  if (failure !== undefined) {
    throw failure as Error;
  }
  if (outputs === undefined) {
    throw new Error("the program has exported nothing");
  }
  return { resources: account.resources, outputs };
}
