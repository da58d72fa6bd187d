import { canonicalJson } from "./canonicalJson";
import {
  jsonGetFormProblem,
  type Names,
  propertyFileProblems,
  referenceProblem,
  typeProblem,
} from "./checkExpressions";
import { openPrefixes } from "./checkPrefixes";
import { opaqueTypes, type Parameter, type PipelineDefinition, type Step } from "./definition";
import { isKnownType } from "./definitionShapes";
import { type Computed, target } from "./expressions";
import { allSteps, circles, explicitDependencies, references } from "./graph";
import type { Json } from "./json";
import { inspectDefinition, sentence } from "./parse";
import type { Shape } from "./shapes";

/** The service's limit. Source: CreatePipeline. */
const maxLength = 1_048_576;

const namePattern = /^[A-Za-z0-9\-_]{1,64}$/;
const nameProblem = "the name must be 1 to 64 letters, digits, hyphens and underscores";

type Report = (problem: string) => void;

function checkParameters(
  parameters: readonly Parameter[],
  used: ReadonlySet<string>,
  foreign: boolean,
  report: Report,
): void {
  const seen = new Set<string>();
  for (const parameter of parameters) {
    const { DefaultValue: value, Name: name, Type: type } = parameter;
    const where = `parameter ${JSON.stringify(name)}`;
    if (!namePattern.test(name)) {
      report(`${where}: ${nameProblem}`);
    }
    if (seen.has(name)) {
      report(`${where}: declared twice`);
    }
    seen.add(name);
    const values = type === "String" ? parameter.EnumValues : undefined;
    if (typeof value === "string" && values?.includes(value) === false) {
      report(`${where}: DefaultValue ${JSON.stringify(value)} is not among its EnumValues`);
    }
    if (!foreign && !used.has(name)) {
      report(`${where}: never used`);
    }
  }
  for (const name of used) {
    if (!seen.has(name)) {
      report(`parameter ${JSON.stringify(name)}: used, but not declared`);
    }
  }
}

/** Whether the form of a step's arguments is known. */
function isTyped(step: Step): boolean {
  return isKnownType(step.Type) && !opaqueTypes.some((type) => type === step.Type);
}

/**
 * The problem with the containers of an inference pipeline: either all have a hostname, or none.
 * Source: ContainerDefinition of SageMaker's API reference.
 */
function containerProblems({ Arguments: args, Type: type }: Step): readonly string[] {
  const [place, containers] =
    type === "Model"
      ? (["Containers", args.Containers ?? []] as const)
      : type === "RegisterModel"
        ? ([
            "InferenceSpecification.Containers",
            args.InferenceSpecification?.Containers ?? [],
          ] as const)
        : (["", []] as const);
  const named = containers.filter(({ ContainerHostname: name }) => name !== undefined).length;
  return named === 0 || named === containers.length
    ? []
    : [
        `Arguments.${place}: ${named} of ${containers.length} containers have a ContainerHostname; give all of them ` +
          "one, or none",
      ];
}

function checkStep(step: Step, names: Names, report: Report): void {
  const where = `step ${JSON.stringify(step.Name)}`;
  if (!namePattern.test(step.Name)) {
    report(`${where}: ${nameProblem}`);
  }
  for (const dependency of explicitDependencies(step)) {
    if (!names.steps.has(dependency)) {
      report(`${where}, DependsOn: step ${JSON.stringify(dependency)} does not exist`);
    }
  }
  // Other kinds of steps have their own references, such as ForEach.CurrentItem.
  for (const found of isTyped(step) ? references(step) : []) {
    const problem = referenceProblem(found, names);
    if (problem !== undefined) {
      report(`${where}, ${found.at}: ${problem}`);
    }
  }
  for (const problem of containerProblems(step)) {
    report(`${where}, ${problem}`);
  }
  if (step.Type === "Processing") {
    for (const problem of propertyFileProblems(step)) {
      report(`${where}, ${problem}`);
    }
  }
}

/**
 * Finds all problems of a pipeline definition: names malformed or used twice, unknown members, values of the wrong type or
 * out of range, references to nothing or to another type, cycles, `Std:JsonGet` on something other than a property file,
 * parameters unused or undeclared, ambiguous prefixes, and exceeded limits of the service. CreatePipeline's own messages are
 * added where public reports show them.
 *
 * @param document a definition, parsed or not
 * @param options.foreign whether others wrote it: then, as in the service, parameters may be unused, and prefixes may end
 *   without a slash; default false
 * @returns a sentence for each problem, with the step and the field
 */
export function check(
  document: Json | PipelineDefinition,
  { foreign = false }: { readonly foreign?: boolean } = {},
): readonly string[] {
  const expressions: { expression: Computed; name: string; shape: Shape; place: string }[] = [];
  const findings = inspectDefinition(document, (expression, name, shape, place) => {
    expressions.push({ expression, name, shape, place });
  });
  const problems = findings.map(sentence);
  if (findings.some(({ kind }) => kind === "form")) {
    return problems;
  }
  const report: Report = (problem) => {
    problems.push(problem);
  };
  const definition = document as PipelineDefinition;
  const parameters = definition.Parameters ?? [];
  if (definition.Version !== "2020-12-01") {
    report(`Version: must be "2020-12-01", not ${JSON.stringify(definition.Version)}`);
  }
  const placed = allSteps(definition);
  if (placed.length === 0) {
    report("Steps: must hold at least one step");
  }
  const steps = new Map<string, Step>();
  for (const { step } of placed) {
    if (steps.has(step.Name)) {
      report(`step ${JSON.stringify(step.Name)}: the name is used twice`);
    }
    steps.set(step.Name, step);
  }
  const names: Names = { steps, parameters: new Map(parameters.map((one) => [one.Name, one])) };
  for (const { step } of placed) {
    checkStep(step, names, report);
    for (const place of foreign ? [] : openPrefixes(step, steps)) {
      report(
        `step ${JSON.stringify(step.Name)}, ${place}: an S3Prefix matches every key that begins with it; it ` +
          'must end with "/", or name one object, such as data.csv',
      );
    }
  }
  const configs = {
    PipelineExperimentConfig: definition.PipelineExperimentConfig,
    MlflowConfig: definition.MlflowConfig,
  };
  for (const found of references(configs)) {
    const problem = referenceProblem(found, names);
    if (problem !== undefined) {
      report(`${found.at}: ${problem}`);
    }
  }
  for (const { expression, name, place, shape } of expressions) {
    const problem =
      jsonGetFormProblem(expression, name === "Operand") ?? typeProblem(expression, shape, names);
    if (problem !== undefined) {
      report(`${place}: ${problem}`);
    }
  }
  for (const circle of circles(placed)) {
    report(`steps depend on each other in a circle: ${circle.join(" -> ")}`);
  }
  const used = new Set(
    [...placed.map(({ step }) => step), configs]
      .flatMap(references)
      .map(({ get }) => target(get))
      .flatMap((found) => (found.kind === "parameter" ? [found.name] : [])),
  );
  checkParameters(parameters, used, foreign, report);
  const size = canonicalJson(definition).length;
  if (size > maxLength) {
    report(`the definition has ${size} characters, but ${maxLength} are allowed`);
  }
  return problems;
}

/**
 * The canonical JSON of a definition.
 * @throws Error with all problems of the definition
 */
export function checkedJson(definition: PipelineDefinition): string {
  const problems = check(definition);
  if (problems.length > 0) {
    throw new Error(`the pipeline's definition is not valid:\n  ${problems.join("\n  ")}`);
  }
  return canonicalJson(definition);
}
