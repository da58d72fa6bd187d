import type { PipelineDefinition } from "../pipeline/language/definition";
import { parseText } from "../pipeline/language/parse";
import { UserError } from "../errors/userError";

/**
 * Reads the text of a pipeline definition.
 *
 * @param named the source of the text, for errors: a file, a git revision, an export
 * @throws UserError with every reason why it is not a definition
 */
export function parseDefinition(named: string, text: string): PipelineDefinition {
  const { definition, problems } = parseText(text);
  if (problems !== undefined) {
    throw new UserError(`${named}: ${problems.join("\n  ")}`);
  }
  return definition;
}
