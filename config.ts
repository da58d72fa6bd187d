import * as pulumi from "@pulumi/pulumi";

import { invalidConfiguration, place, readConfiguration } from "./configReader";
import { check } from "./pipeline/check";
import { pipelineDefinition } from "./pipeline/definition";
import { withPlaceholders } from "./pipeline/placeholders";
import { problemsAcrossKeys, settingsSchema, type StackSettings, stringKeys } from "./settings";

/** The stack's configuration, complete and valid. */
export interface Settings extends StackSettings {
  /** AWS region, from `aws:region`. */
  readonly region: string;
}

/** Keys that come from other tools: Pulumi's own settings share no namespace with ours. */
const namespace = "restate";

/** The longest stack name with which every physical name fits its service's limit. */
const stackPattern = /^[a-z][a-z0-9-]{0,19}$/;

const regionPattern = /^[a-z]{2}(-[a-z]+)+-\d$/;

/** What would be wrong with the definition of a configuration: too many candidates make it too long. */
function definitionProblems(settings: StackSettings): readonly string[] {
  const definition = pipelineDefinition(withPlaceholders({ ...settings, parameters: settings }));
  return check(definition).map((problem) => `${place(namespace, ["candidates"])}: ${problem}`);
}

/**
 * Reads and validates the stack's configuration. The only place that reads `pulumi.Config`.
 *
 * @throws pulumi.RunError that lists every problem, each by its key, with what is allowed
 */
export function loadSettings(): Settings {
  const { problems: invalid, values: settings } = readConfiguration({
    namespace,
    schema: settingsSchema,
    stringKeys,
  });
  const problems = [...invalid];
  if (settings !== undefined) {
    problems.push(
      ...problemsAcrossKeys(settings).map(
        ([key, message]) => `${place(namespace, [key])}: ${message}`,
      ),
      ...definitionProblems(settings),
    );
  }
  const region = new pulumi.Config("aws").get("region");
  if (region === undefined) {
    problems.push("aws:region: missing; set it by `pulumi config set aws:region us-east-1`");
  } else if (!regionPattern.test(region)) {
    problems.push(`aws:region: "${region}" is no region, such as us-east-1`);
  }
  const stack = pulumi.getStack();
  if (!stackPattern.test(stack)) {
    problems.push(
      `stack name "${stack}": must be 1 to 20 lower-case letters, digits and hyphens that begin with a ` +
        "letter, since bucket, Glue and pipeline names carry it",
    );
  }
  if (settings === undefined || region === undefined || problems.length > 0) {
    throw invalidConfiguration(problems);
  }
  return { ...settings, region };
}
