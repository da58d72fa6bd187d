import { readConfiguration } from "../config/reader";
import { problemsAcrossKeys } from "./combinations";
import { type Settings, settingsSchema } from "./settings";

/** The namespace of the configuration. */
const namespace = "restate-serving";

/**
 * Validates a configuration, as the Pulumi CLI passes it to the program.
 * @returns the values (undefined if they do not match the schema), and all problems by key
 */
export function parseSettings(config: Readonly<Record<string, string>>): {
  readonly values: Settings | undefined;
  readonly problems: readonly string[];
} {
  return readConfiguration({ namespace, schema: settingsSchema, problemsAcrossKeys }, config);
}
