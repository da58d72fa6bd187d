import * as pulumi from "@pulumi/pulumi";

import { type AwsSettings, readAwsSettings } from "../config/awsSettings";
import { invalidConfiguration } from "../config/reader";
import { parseSettings } from "./parseSettings";
import type { Settings as ServingSettings } from "./settings";

/** The stack's configuration, complete and valid. */
export interface Settings extends ServingSettings {
  /** The settings of the namespace `aws`, for the provider. */
  readonly aws: AwsSettings;
}

/**
 * Reads and validates the stack's configuration. The only place that reads it.
 *
 * @throws pulumi.RunError that lists every problem by its key, with what is allowed
 */
export function loadSettings(): Settings {
  const aws = readAwsSettings();
  const { problems: invalid, values } = parseSettings(pulumi.runtime.allConfig());
  const problems = [...invalid, ...aws.problems];
  if (values === undefined || problems.length > 0) {
    throw invalidConfiguration(problems);
  }
  return { ...values, aws: aws.values };
}
