import { invalidConfiguration, readConfiguration } from "../configReader";
import { problemsAcrossKeys } from "./combinations";
import { type Settings, settingsSchema, stringKeys } from "./settings";

const namespace = "restate-serving";

/**
 * Reads and validates the stack's configuration. The only place that reads it.
 *
 * @throws pulumi.RunError that lists every problem, each by its key, with what is allowed
 */
export function loadSettings(): Settings {
  const { problems, values } = readConfiguration({
    namespace,
    schema: settingsSchema,
    stringKeys,
    problemsAcrossKeys,
  });
  if (values === undefined || problems.length > 0) {
    throw invalidConfiguration(problems);
  }
  return values;
}
