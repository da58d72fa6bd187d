import type { PipelineDefinition } from "./definition";
import { isOfRequest, shapeOf } from "./definitionShapes";
import type { Json } from "./json";
import { type Finding, inspect, type Inspection } from "./shapes";

/** A definition, or what keeps a document from being one: a sentence for each problem, with its place. */
type Parsed =
  | { readonly definition: PipelineDefinition; readonly problems?: never }
  | { readonly definition?: never; readonly problems: readonly string[] };

export function sentence({ place, problem }: Finding): string {
  return place === "" ? `the definition ${problem}` : `${place}: ${problem}`;
}

/** Everything in a document that is not as a definition's form wants it, in the order of the document. */
export function inspectDefinition(
  document: unknown,
  expression?: Inspection["expression"],
): readonly Finding[] {
  const findings: Finding[] = [];
  inspect(document, "Definition", "", {
    shape: shapeOf,
    report: (finding) => {
      findings.push(finding);
    },
    ...(expression === undefined ? {} : { expression }),
    unknownMember: (structure, member) =>
      isOfRequest(structure)
        ? // [sagemaker-python-sdk#4994, #3472]
          `Unable to parse pipeline definition. Unknown Argument member '${member}'`
        : // [sagemaker-python-sdk#2746]
          `Unable to parse pipeline definition. Cannot parse object, unknown property '${member}'.`,
  });
  return findings;
}

/**
 * Reads the document of a definition: everything that the types promise holds of the result, which is the
 * document itself, with all that the types do not know. Whether the definition is right, `check` says.
 */
export function parse(document: Json): Parsed {
  const findings = inspectDefinition(document);
  // What has the form of the types is of the types. Where it has not, all that is wrong is said at once.
  return findings.some(({ kind }) => kind === "form")
    ? { problems: findings.map(sentence) }
    : { definition: document as unknown as PipelineDefinition };
}

/** Reads a definition as CreatePipeline takes it and DescribePipeline answers it: as text. */
export function parseText(text: string): Parsed {
  let document: Json;
  try {
    document = JSON.parse(text) as Json;
  } catch (error) {
    return { problems: [`the definition is not JSON: ${(error as Error).message}`] };
  }
  return parse(document);
}
