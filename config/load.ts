import * as pulumi from "@pulumi/pulumi";

import { stackNameProblems } from "../contract/names";
import { check } from "../pipeline/language/check";
import { pipelineDefinition } from "../pipeline/definition";
import { withPlaceholders } from "../pipeline/placeholders";
import { problemsAcrossKeys } from "./acrossKeys";
import { costProblems } from "./costLimit";
import { type AwsSettings, readAwsSettings } from "./awsSettings";
import { invalidConfiguration, place, readConfiguration } from "./reader";
import { settingsSchema, type StackSettings } from "./schema";

/** The stack's configuration, complete and valid. */
export interface Settings extends StackSettings {
  /** AWS region, from `aws:region`. */
  readonly region: string;
  /** The R² below which no execution can register a model; undefined: only the execution's own MinimumR2 applies. */
  readonly minimumR2Floor: number | undefined;
  /** The settings in the namespace `aws`, for the provider. */
  readonly aws: AwsSettings;
}

const minimumR2Floor = ({ approval, minimumR2 }: StackSettings): number | undefined =>
  approval === "strict" ? minimumR2 : undefined;

/** The name of the Pulumi project. */
const namespace = "restate";

const regionPattern = /^[a-z]{2}(-[a-z]+)+-\d$/;

/** Keys of the tags on all of the stack's resources. */
const ownTags = ["project", "stack"];

/** Max tags of an S3 object, including the provider's. Source: S3's guide, "Categorizing your objects using tags". */
const maxObjectTags = 10;

/** The problems with the provider's default tags, which the sources in S3 get too. */
function tagProblems(aws: AwsSettings): readonly string[] {
  const tags = Object.keys(aws.defaultTags?.tags ?? {}).filter((key) => !ownTags.includes(key));
  const allowed = maxObjectTags - ownTags.length;
  return tags.length > allowed
    ? [
        `aws:defaultTags: has ${tags.length} tags; ${allowed} are allowed in addition to ${ownTags.join(" and ")}, ` +
          `because an S3 object has at most ${maxObjectTags}`,
      ]
    : [];
}

/** The problems with zones that are listed by name. */
function zoneProblems({ network }: StackSettings, region: string): readonly string[] {
  const zones = network.mode === "create" ? [network.availabilityZones].flat() : [];
  return zones
    .filter((zone) => typeof zone === "string" && zone.slice(0, -1) !== region)
    .map(
      (zone) =>
        `${place(namespace, ["network", "availabilityZones"])}: ${zone} is not a zone of ${region}`,
    );
}

/**
 * The problems with a configuration's definition: too many columns make the query too long, too many candidates make the
 * definition too long, or its executions could cost too much.
 */
function definitionProblems(settings: StackSettings, region: string): readonly string[] {
  const definition = pipelineDefinition(
    withPlaceholders({
      ...settings,
      parameters: settings,
      minimumR2Floor: minimumR2Floor(settings),
      region,
    }),
  );
  const problems = check(definition).map((problem) =>
    problem.includes(".QueryString: ")
      ? `${place(namespace, ["dataset"])}: ${problem}; give the columns shorter names, leave some out of a Parquet ` +
        "table, or read a view of fewer columns (dataset.source). Only if the query need not list them can there be more: " +
        "in the stack's own table, without partitions, with values that the query need not convert, as in Parquet"
      : `${place(namespace, ["candidates"])}: ${problem}`,
  );
  return problems.length > 0 ? problems : costProblems(settings, definition, region);
}

/**
 * Reads and validates the stack's configuration. The only place that reads it.
 *
 * @throws pulumi.RunError that lists every problem by its key, with what is allowed
 */
export function loadSettings(): Settings {
  const { problems: invalid, values: settings } = readConfiguration({
    namespace,
    schema: settingsSchema,
    problemsAcrossKeys,
  });
  const problems = [...invalid];
  const aws = readAwsSettings();
  problems.push(...aws.problems, ...tagProblems(aws.values));
  const region = new pulumi.Config("aws").get("region");
  if (settings !== undefined) {
    problems.push(...definitionProblems(settings, region ?? "us-east-1"));
    problems.push(...(region === undefined ? [] : zoneProblems(settings, region)));
  }
  if (region === undefined) {
    problems.push("aws:region: missing; set it with `pulumi config set aws:region us-east-1`");
  } else if (!regionPattern.test(region)) {
    problems.push(
      `aws:region: "${region}" is not a valid region (expected something like us-east-1)`,
    );
  }
  const stack = pulumi.getStack();
  problems.push(...stackNameProblems(stack).map((problem) => `stack name "${stack}": ${problem}`));
  if (settings === undefined || region === undefined || problems.length > 0) {
    throw invalidConfiguration(problems);
  }
  return { ...settings, region, minimumR2Floor: minimumR2Floor(settings), aws: aws.values };
}
