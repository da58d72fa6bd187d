import { type AwsSettings, readAwsSettings } from "../config/awsSettings";
import { invalidConfiguration, readConfiguration } from "../config/reader";
import { problemsAcrossKeys } from "./combinations";
import { type Settings as ServingSettings, settingsSchema } from "./settings";

/** The stack's configuration, complete and valid. */
export interface Settings extends ServingSettings {
  /** The settings of the namespace `aws`, for the provider. */
  readonly aws: AwsSettings;
}

const namespace = "restate-serving";

/**
 * Reads and validates the stack's configuration. The only place that reads it.
 *
 * @throws pulumi.RunError that lists every problem by its key, with what is allowed
 */
export function loadSettings(): Settings {
  const aws = readAwsSettings();
  const { problems: invalid, values } = readConfiguration({
    namespace,
    schema: settingsSchema,
    problemsAcrossKeys,
  });
  const problems = [...invalid, ...aws.problems];
  if (values === undefined || problems.length > 0) {
    throw invalidConfiguration(problems);
  }
  return { ...values, aws: aws.values };
}
