import type { Json, JsonObject } from "./expressions";
import { canonicalJson } from "./render";
import {
  allSteps,
  dependencies,
  isObject,
  items,
  object,
  objects,
  type PlacedStep,
  references,
  target,
  text,
} from "./walk";

/** Limits of the service. Source: CreatePipeline, CreateProcessingJob. */
const limits = { definition: 1_048_576, containerArgument: 256 };

const namePattern = /^[A-Za-z0-9\-_]{1,64}$/;

const executionVariables = new Set([
  "CurrentDateTime",
  "PipelineArn",
  "PipelineExecutionArn",
  "PipelineExecutionId",
  "PipelineName",
  "StartDateTime",
]);

const parameterTypes: Readonly<Record<string, (value: Json) => boolean>> = {
  Boolean: (value) => typeof value === "boolean",
  Float: (value) => typeof value === "number",
  Integer: (value) => Number.isInteger(value),
  String: (value) => typeof value === "string",
};

type Report = (problem: string) => void;

function checkParameters(
  definition: JsonObject,
  used: ReadonlySet<string>,
  foreign: boolean,
  report: Report,
): void {
  const seen = new Set<string>();
  for (const parameter of objects(definition["Parameters"])) {
    const name = text(parameter["Name"]);
    const where = `parameter ${JSON.stringify(name)}`;
    if (!namePattern.test(name)) {
      report(`${where}: the name must be 1 to 64 letters, digits, hyphens and underscores`);
    }
    if (seen.has(name)) {
      report(`${where}: declared twice`);
    }
    seen.add(name);
    const fits = parameterTypes[text(parameter["Type"])];
    const value = parameter["DefaultValue"];
    const values = parameter["EnumValues"];
    if (fits === undefined) {
      report(`${where}: Type must be one of ${Object.keys(parameterTypes).join(", ")}`);
    } else if (value !== undefined && !fits(value)) {
      report(`${where}: DefaultValue ${JSON.stringify(value)} is no ${text(parameter["Type"])}`);
    }
    if (values !== undefined && value !== undefined && !items(values).includes(value)) {
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

/** The property files that a processing step declares, by name. */
function propertyFiles(step: JsonObject): ReadonlyMap<string, JsonObject> {
  return new Map(
    objects(step["PropertyFiles"]).map((file) => [text(file["PropertyFileName"]), file]),
  );
}

function outputNames(step: JsonObject): readonly string[] {
  const args = step["Arguments"];
  const config = isObject(args) ? args["ProcessingOutputConfig"] : undefined;
  return objects(isObject(config) ? config["Outputs"] : undefined).map((one) =>
    text(one["OutputName"]),
  );
}

function checkReferences(
  where: string,
  value: JsonObject,
  byName: ReadonlyMap<string, PlacedStep>,
  report: Report,
): void {
  for (const { at, get, jsonGet } of references(value)) {
    const field = `${where}, ${at}`;
    const found = target(get);
    if (found.kind === "malformed") {
      report(
        `${field}: "${get}" is no reference; use Parameters.NAME, Execution.NAME or Steps.NAME.PROPERTY`,
      );
    }
    if (found.kind === "execution" && !executionVariables.has(found.name)) {
      report(`${field}: there is no execution variable "${found.name}"`);
    }
    if (jsonGet !== undefined && (typeof jsonGet["Path"] !== "string" || jsonGet["Path"] === "")) {
      report(`${field}: the Path of a Std:JsonGet must be a literal string`);
    }
    if (found.kind !== "step") {
      if (jsonGet !== undefined) {
        report(`${field}: a Std:JsonGet reads a property file of a step, not "${get}"`);
      }
      continue;
    }
    const referred = byName.get(found.name);
    if (referred === undefined) {
      report(`${field}: "${get}" refers to step "${found.name}", which does not exist`);
      continue;
    }
    const [root, second, name] = found.path;
    if ((root === "PropertyFiles") !== (jsonGet !== undefined)) {
      report(`${field}: "${get}" must be a property file, read by a Std:JsonGet`);
    } else if (jsonGet !== undefined) {
      if (referred.type !== "Processing") {
        report(
          `${field}: step "${found.name}" is a ${referred.type}; Std:JsonGet reads Processing steps`,
        );
      } else if (!propertyFiles(referred.step).has(String(second))) {
        report(`${field}: step "${found.name}" declares no property file "${String(second)}"`);
      }
    } else if (
      root === "ProcessingOutputConfig" &&
      second === "Outputs" &&
      typeof name === "string" &&
      !outputNames(referred.step).includes(name)
    ) {
      report(`${field}: step "${found.name}" has no output "${name}"`);
    }
  }
}

function checkStep(
  placed: PlacedStep,
  byName: ReadonlyMap<string, PlacedStep>,
  report: Report,
): void {
  const { name, step, type } = placed;
  const where = `step ${JSON.stringify(name)}`;
  if (!namePattern.test(name)) {
    report(`${where}: the name must be 1 to 64 letters, digits, hyphens and underscores`);
  }
  if (type === "") {
    report(`${where}: has no Type`);
  }
  const args = step["Arguments"];
  if (!isObject(args)) {
    report(`${where}: has no Arguments`);
    return;
  }
  for (const dependency of items(step["DependsOn"])) {
    if (!byName.has(text(dependency))) {
      report(`${where}, DependsOn: step ${JSON.stringify(dependency)} does not exist`);
    }
  }
  checkReferences(where, step, byName, report);
  if (type === "Condition" && objects(args["Conditions"]).length === 0) {
    report(`${where}, Arguments.Conditions: must hold at least one condition`);
  }
  for (const [file, { OutputName: output, FilePath: path }] of propertyFiles(step)) {
    if (!outputNames(step).includes(text(output))) {
      report(
        `${where}, PropertyFiles: "${file}" is of output ${JSON.stringify(output)}, which the step lacks`,
      );
    }
    if (text(path) === "") {
      report(`${where}, PropertyFiles: "${file}" has no FilePath`);
    }
  }
  const application = args["AppSpecification"];
  if (isObject(application)) {
    items(application["ContainerArguments"]).forEach((argument, index) => {
      if (text(argument).length > limits.containerArgument) {
        report(
          `${where}, Arguments.AppSpecification.ContainerArguments[${index}]: ` +
            `${text(argument).length} characters; ${limits.containerArgument} are allowed`,
        );
      }
    });
  }
}

/** A property of a step that its arguments hold already, such as the S3Uri of an output. */
function argumentAt(step: JsonObject, path: readonly (string | number)[]): Json | undefined {
  return path.reduce<Json | undefined>(
    (value, key) =>
      Array.isArray(value)
        ? objects(value as Json).find((one) => one["OutputName"] === key)
        : object(value)[key],
    step["Arguments"],
  );
}

/** The last part of a URI that is known before an execution, such as "/" or "output/model.tar.gz". */
function lastPart(value: Json | undefined, byName: ReadonlyMap<string, PlacedStep>): string {
  const joined = object(value)["Std:Join"];
  if (isObject(joined)) {
    const last = items(joined["Values"]).at(-1);
    return last === "" ? text(joined["On"]) : lastPart(last, byName);
  }
  const found = target(text(object(value)["Get"]));
  const referred = found.kind === "step" ? byName.get(found.name) : undefined;
  return found.kind === "step" && referred !== undefined
    ? lastPart(argumentAt(referred.step, found.path), byName)
    : text(value);
}

/** Reports sources of S3DataType S3Prefix that would find the keys of others which begin alike. */
function checkPrefixes(
  value: Json | undefined,
  at: string,
  byName: ReadonlyMap<string, PlacedStep>,
  report: Report,
): void {
  if (Array.isArray(value)) {
    items(value).forEach((one, index) => {
      checkPrefixes(one, `${at}[${index}]`, byName, report);
    });
  } else if (isObject(value)) {
    // A folder, or one object, which has an extension.
    const isClosed = /(\/|\.[^/]+)$/.test(lastPart(value["S3Uri"], byName));
    if (value["S3DataType"] === "S3Prefix" && !isClosed) {
      report(
        `${at}.S3Uri: an S3Prefix stands for every key that begins so; it must end with "/", ` +
          "or name one object, such as data.csv",
      );
    }
    for (const [key, one] of Object.entries(value)) {
      if (key !== "IfSteps" && key !== "ElseSteps") {
        checkPrefixes(one, `${at}.${key}`, byName, report);
      }
    }
  }
}

/** Reports the steps that wait for each other in a circle, once a circle. */
function checkCycles(byName: ReadonlyMap<string, PlacedStep>, report: Report): void {
  const done = new Set<string>();
  const visit = (name: string, path: readonly string[]): void => {
    const start = path.indexOf(name);
    if (start >= 0) {
      report(`steps wait for each other in a circle: ${[...path.slice(start), name].join(" -> ")}`);
      return;
    }
    const placed = byName.get(name);
    if (placed === undefined || done.has(name)) {
      return;
    }
    for (const dependency of dependencies(placed)) {
      visit(dependency, [...path, name]);
    }
    done.add(name);
  };
  for (const name of byName.keys()) {
    visit(name, []);
  }
}

/**
 * Finds the structural errors of a pipeline definition, all at once: names malformed or used twice,
 * references that lead nowhere, circles, `Std:JsonGet` on what is no property file, parameters unused or
 * undeclared, prefixes that others' keys begin with too, and what is over the service's limits.
 *
 * @param options.foreign whether others wrote it: parameters may go unused then, and prefixes end without a
 *   slash, as the service lets them; default false
 * @returns a sentence for each problem that names the step and the field; none where the definition holds
 */
export function check(
  definition: JsonObject,
  { foreign = false }: { readonly foreign?: boolean } = {},
): readonly string[] {
  const problems: string[] = [];
  const report: Report = (problem) => {
    problems.push(problem);
  };
  if (definition["Version"] !== "2020-12-01") {
    report(`Version: must be "2020-12-01", not ${JSON.stringify(definition["Version"])}`);
  }
  const steps = allSteps(definition["Steps"]);
  if (steps.length === 0) {
    report("Steps: must hold at least one step");
  }
  const byName = new Map<string, PlacedStep>();
  for (const placed of steps) {
    if (byName.has(placed.name)) {
      report(`step ${JSON.stringify(placed.name)}: the name is used twice`);
    }
    byName.set(placed.name, placed);
  }
  for (const placed of steps) {
    checkStep(placed, byName, report);
    if (!foreign) {
      const where = `step ${JSON.stringify(placed.name)}, Arguments`;
      checkPrefixes(placed.step["Arguments"], where, byName, report);
    }
  }
  const experiment = definition["PipelineExperimentConfig"];
  if (isObject(experiment)) {
    checkReferences("PipelineExperimentConfig", experiment, byName, report);
  }
  checkCycles(byName, report);
  const used = new Set(
    [...steps.map(({ step }) => step), ...(isObject(experiment) ? [experiment] : [])]
      .flatMap((value) => references(value))
      .map(({ get }) => target(get))
      .flatMap((found) => (found.kind === "parameter" ? [found.name] : [])),
  );
  checkParameters(definition, used, foreign, report);
  const size = canonicalJson(definition).length;
  if (size > limits.definition) {
    report(`the definition has ${size} characters; ${limits.definition} are allowed`);
  }
  return problems;
}
