import { readdirSync } from "node:fs";
import { join, resolve } from "node:path";

import { UserError } from "../errors/userError";
import { parseSettings } from "../serving/parseSettings";
import type { Settings } from "../serving/settings";
import { stackConfig } from "./stackConfig";

const serving = resolve(__dirname, "..", "serving");

/** A stack that serves the models of another. */
export interface ServingStack {
  /** Its configuration file, relative to the project. */
  readonly file: string;
  readonly settings: Settings;
}

/**
 * The configured stacks that serve the models of a stack.
 * @param folder with their configuration files
 * @throws UserError if the configuration of one is not valid
 */
export function servingStacks(mainStack: string, folder = serving): readonly ServingStack[] {
  return readdirSync(folder)
    .sort()
    .flatMap((name) => {
      const stack = /^Pulumi\.(.+)\.yaml$/.exec(name)?.[1];
      if (stack === undefined) {
        return [];
      }
      const file = `serving/${name}`;
      const { problems, values } = parseSettings(
        stackConfig(stack, join(folder, name), join(serving, "Pulumi.yaml")),
      );
      if (values === undefined || problems.length > 0) {
        throw new UserError(`${file} is not valid:\n  ${problems.join("\n  ")}`);
      }
      return values.mainStack.split("/").at(-1) === mainStack ? [{ file, settings: values }] : [];
    });
}
