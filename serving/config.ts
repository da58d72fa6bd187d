import { invalidConfiguration, place, readConfiguration } from "../configReader";
import { problemsAcrossKeys } from "./combinations";
import { type Settings, settingsSchema, stringKeys } from "./settings";

const namespace = "restate-serving";

/**
 * Reads and validates the stack's configuration. The only place that reads it.
 *
 * @throws pulumi.RunError that lists every problem, each by its key, with what is allowed
 */
export function loadSettings(): Settings {
  const { problems: invalid, values } = readConfiguration({
    namespace,
    schema: settingsSchema,
    stringKeys,
  });
  if (values === undefined) {
    throw invalidConfiguration(invalid);
  }
  const problems = problemsAcrossKeys(values).map(
    ([key, message]) => `${place(namespace, [key])}: ${message}`,
  );
  if (problems.length > 0) {
    throw invalidConfiguration(problems);
  }
  return values;
}
