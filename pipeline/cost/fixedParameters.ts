import type { PipelineDefinition } from "../language/definition";
import { isComputed, target } from "../language/expressions";
import { isObject, type Json } from "../language/json";

/**
 * A definition in which some parameters are their defaults, and no longer parameters: whoever starts an execution cannot
 * set them.
 *
 * @param names the parameters, which have defaults
 */
export function fixParameters(
  definition: PipelineDefinition,
  names: readonly string[],
): PipelineDefinition {
  const fixed = new Map(
    definition.Parameters?.filter(({ Name: name }) => names.includes(name)).map((one) => [
      one.Name,
      one.DefaultValue ?? null,
    ]),
  );
  const replace = (value: Json): Json => {
    if (isComputed(value) && typeof value["Get"] === "string") {
      const found = target(value["Get"]);
      const name = found.kind === "parameter" ? found.name : undefined;
      return name === undefined ? value : (fixed.get(name) ?? value);
    }
    if (Array.isArray(value)) {
      return (value as readonly Json[]).map(replace);
    }
    return isObject(value)
      ? Object.fromEntries(Object.entries(value).map(([key, one]) => [key, replace(one)]))
      : value;
  };
  return {
    ...definition,
    Parameters: definition.Parameters?.filter(({ Name: name }) => !fixed.has(name)) ?? [],
    Steps: replace(definition.Steps as unknown as Json) as unknown as PipelineDefinition["Steps"],
  };
}
