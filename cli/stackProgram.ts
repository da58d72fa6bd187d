import { join, resolve } from "node:path";

import { loadProgram } from "../local/caching/programCache";
import type { RunnableProgram } from "../offline/program";
import { stackConfig, stackNamed } from "../offline/stackConfig";
import { typedPath } from "../terminal/options";

/** Where evaluations of the program are cached if there is no work folder. */
const projectCache = join(resolve(__dirname, ".."), "node_modules", ".cache", "restate");

/**
 * The program of the stack that the options name, evaluated without an account.
 * @param cache where evaluations are cached
 */
export function stackProgram(
  options: { readonly configFile?: string; readonly stack?: string },
  cache = projectCache,
): Promise<RunnableProgram> {
  const { configFile } = options;
  const stack = stackNamed(options);
  const config = stackConfig(stack, configFile === undefined ? undefined : typedPath(configFile));
  return loadProgram(cache, stack, config);
}
