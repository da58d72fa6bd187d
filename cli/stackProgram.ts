import { loadProgram } from "../local/caching/programCache";
import type { Program } from "../offline/program";
import { stackConfig, stackNamed } from "../offline/stackConfig";
import { typedPath } from "../terminal/options";

/** The program of the stack that the options name, evaluated without an account. */
export function stackProgram(options: {
  readonly configFile?: string;
  readonly stack?: string;
}): Promise<Program> {
  const { configFile } = options;
  const stack = stackNamed(options);
  const config = stackConfig(stack, configFile === undefined ? undefined : typedPath(configFile));
  return loadProgram(stack, config);
}
