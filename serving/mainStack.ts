import * as pulumi from "@pulumi/pulumi";

import {
  type ListOutput,
  outputsVersion,
  type StackOutputs,
  type TextOutput,
} from "../contract/outputs";
import { runError } from "../errors/runError";

/** The text exports that serving needs. */
const textNames = [
  "region",
  "bucketName",
  "kmsKeyArn",
  "pipelineName",
  "pipelineArn",
  "modelPackageGroupName",
  "topicArn",
  "servingRoleArn",
  "monitoringRoleArn",
  "schedulerRoleArn",
] as const satisfies readonly TextOutput[];

/** The list exports that serving needs. */
const listNames = ["subnetIds", "securityGroupIds"] as const satisfies readonly ListOutput[];

/** What serving needs from the main stack. */
type MainStack = Pick<StackOutputs, (typeof textNames)[number] | (typeof listNames)[number]>;

const isText = (value: unknown): value is string => typeof value === "string" && value !== "";
const isList = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every(isText);

/**
 * Reads what serving needs from the main stack's exports.
 *
 * @param name organization/project/stack
 * @throws pulumi.RunError if there is no such stack, or it lacks an export; the message says what to do
 */
export async function readMainStack(name: string): Promise<MainStack> {
  const reference = new pulumi.StackReference(name);
  const names = ["outputsVersion", ...textNames, ...listNames] as const;
  const exported = new Map<string, unknown>(
    await Promise.all(
      names.map(async (output): Promise<[string, unknown]> => {
        const { value } = (await reference.getOutputDetails(output)) as {
          readonly value?: unknown;
        };
        return [output, value];
      }),
    ),
  );
  const version = exported.get("outputsVersion");
  if (version === undefined) {
    throw runError(
      `The stack ${name} does not have restate's exports: is it deployed, and is it the main stack?`,
    );
  }
  if (version !== outputsVersion) {
    throw runError(
      `The stack ${name} exports version ${JSON.stringify(version)} of its outputs, but this program reads version ` +
        `"${outputsVersion}": deploy both from the same version`,
    );
  }
  const missing = [
    ...textNames.filter((output) => !isText(exported.get(output))),
    ...listNames.filter((output) => !isList(exported.get(output))),
  ];
  if (missing.length > 0) {
    throw runError(
      `The stack ${name} does not export ${missing.join(", ")}: deploy it with this version first`,
    );
  }
  return Object.fromEntries(exported) as unknown as MainStack;
}
