import type { PipelineDefinition } from "../language/definition";
import { withParameters } from "../language/evaluate";

/**
 * Replaces parameters of a definition by their defaults, so that a start cannot set them.
 *
 * @param names the parameters, which have defaults
 */
export function fixParameters(
  definition: PipelineDefinition,
  names: readonly string[],
): PipelineDefinition {
  const all = definition.Parameters ?? [];
  const fixed = all.filter(({ Name: name }) => names.includes(name));
  const values = new Map(fixed.map((one) => [one.Name, one.DefaultValue ?? null]));
  return {
    ...definition,
    Parameters: all.filter(({ Name: name }) => !values.has(name)),
    Steps: withParameters(definition.Steps, values),
  };
}
