import type { PipelineDefinition } from "./definition";
import { isOfRequest, shapeOf } from "./definitionShapes";
import type { Json } from "./json";
import { type Finding, inspect, type Inspection } from "./shapes";

/** A definition, or a sentence for each problem of the document, with its place. */
type Parsed =
  | { readonly definition: PipelineDefinition; readonly problems?: never }
  | { readonly definition?: never; readonly problems: readonly string[] };

export function sentence({ place, problem }: Finding): string {
  return place === "" ? `the definition ${problem}` : `${place}: ${problem}`;
}

/** All deviations of a document from a definition's form, in the order of the document. */
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
 * Parses the document of a definition. The result satisfies the types; it is the document itself, including members outside
 * the types. `check` decides whether the definition is valid.
 */
export function parse(document: Json): Parsed {
  const findings = inspectDefinition(document);
  // A document with the types' form satisfies them; otherwise, all problems are reported.
  return findings.some(({ kind }) => kind === "form")
    ? { problems: findings.map(sentence) }
    : { definition: document as unknown as PipelineDefinition };
}

/** Parses the text of a definition, as in CreatePipeline and DescribePipeline. */
export function parseText(text: string): Parsed {
  let document: Json;
  try {
    document = JSON.parse(text) as Json;
  } catch (error) {
    return { problems: [`the definition is not JSON: ${(error as Error).message}`] };
  }
  return parse(document);
}

/** The values of a step's request, without expressions, that are of other types than the service's. */
export function requestProblems(type: string, request: unknown): readonly string[] {
  const findings: Finding[] = [];
  inspect(request, `${type === "QualityCheck" ? "Processing" : type} arguments`, "Arguments", {
    shape: shapeOf,
    report: (finding) => findings.push(finding),
    unknownMember: (_, member) => member,
  });
  return findings.filter(({ kind }) => kind === "form").map(sentence);
}
