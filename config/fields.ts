import { z } from "zod";

import type { ParameterName } from "../pipeline/parameters";

/** Pulumi.yaml cannot express "unset", so an empty string means unset. */
export const emptyMeansUnset = z
  .string()
  .default("")
  .transform((text) => (text === "" ? undefined : text));

/** A string that matches a pattern, or unset. */
export function optionalText(pattern: RegExp, message: string) {
  return emptyMeansUnset.refine((text) => text === undefined || pattern.test(text), message);
}

/**
 * Metadata of a key that is the default of a pipeline parameter.
 *
 * @param name name of the parameter
 * @param use its meaning, as the end of a sentence, for the README
 */
export function parameterDefault(
  name: ParameterName,
  use: string,
): { readonly parameter: ParameterName; readonly use: string; readonly description: string } {
  return {
    parameter: name,
    use,
    description: `Default of the pipeline parameter ${name}: ${use}.`,
  };
}
