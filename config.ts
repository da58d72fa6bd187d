import * as awsConfig from "@pulumi/aws/config/vars";
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
  /** What else the namespace `aws` says: profile, roles to assume, allowed accounts, default tags and so on. */
  readonly aws: AwsSettings;
}

/** The settings of the provider that are there. */
type AwsSettings = Partial<typeof awsConfig>;

/** Keys that come from other tools: Pulumi's own settings share no namespace with ours. */
const namespace = "restate";

/**
 * Stack names that every physical name can carry: the longest, and hyphens, which ECR wants one by one, and
 * SageMaker between others.
 */
const stackPattern = /^(?=.{1,20}$)[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

const regionPattern = /^[a-z]{2}(-[a-z]+)+-\d$/;

/** The accounts of a JSON list; null where it is none. */
function accountIds(text: string | undefined): string[] | null | undefined {
  if (text === undefined) {
    return undefined;
  }
  try {
    const list = JSON.parse(text) as unknown;
    return Array.isArray(list) && list.every((id) => /^\d{12}$/.test(String(id)))
      ? list.map(String)
      : null;
  } catch {
    return null;
  }
}

/**
 * Reads the namespace `aws`, which a provider that a program makes does not read by itself, but for the
 * accounts, which are checked closer.
 */
function readAwsSettings(): { readonly values: AwsSettings; readonly problems: readonly string[] } {
  const problems: string[] = [];
  const entries = (Object.keys(awsConfig) as (keyof typeof awsConfig)[]).flatMap((key) => {
    if (key === "allowedAccountIds") {
      return [];
    }
    try {
      const value = awsConfig[key];
      return value === undefined ? [] : [[key, value] as const];
    } catch {
      problems.push(`aws:${key}: is not JSON as the provider reads it`);
      return [];
    }
  });
  return { values: Object.fromEntries(entries), problems };
}

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
    problemsAcrossKeys,
  });
  const problems = [...invalid];
  if (settings !== undefined) {
    problems.push(...definitionProblems(settings));
  }
  const aws = readAwsSettings();
  problems.push(...aws.problems);
  const config = new pulumi.Config("aws");
  const region = config.get("region");
  const allowedAccountIds = accountIds(config.get("allowedAccountIds"));
  if (allowedAccountIds === null) {
    problems.push(
      "aws:allowedAccountIds: must be a JSON list of accounts by their 12 digits in quotes",
    );
  }
  if (region === undefined) {
    problems.push("aws:region: missing; set it by `pulumi config set aws:region us-east-1`");
  } else if (!regionPattern.test(region)) {
    problems.push(`aws:region: "${region}" is no region, such as us-east-1`);
  }
  const stack = pulumi.getStack();
  if (!stackPattern.test(stack)) {
    problems.push(
      `stack name "${stack}": must be 1 to 20 lower-case letters, digits and single hyphens between them that ` +
        "begin with a letter, since bucket, Glue and pipeline names carry it",
    );
  }
  if (
    settings === undefined ||
    region === undefined ||
    allowedAccountIds === null ||
    problems.length > 0
  ) {
    throw invalidConfiguration(problems);
  }
  return { ...settings, region, aws: { ...aws.values, allowedAccountIds } };
}
