import type { Parameter, ProcessingStep, Step } from "./definition";
import {
  type Computed,
  executionVariables,
  isComputed,
  jsonPath,
  type Path,
  target,
} from "./expressions";
import type { FoundReference } from "./graph";
import { isObject, type JsonObject } from "./json";
import { property, type ValueType, valueTypes } from "./properties";
import { type Shape, withAnswer } from "./shapes";

/** The possible targets of a definition's expressions. */
export interface Names {
  readonly parameters: ReadonlyMap<string, Parameter>;
  readonly steps: ReadonlyMap<string, Step>;
}

/** The type of an expression's value, if known before an execution. */
function typeOf(expression: Computed, { parameters, steps }: Names): ValueType | undefined {
  if ("Std:Join" in expression) {
    return "String";
  }
  if (typeof expression["Get"] !== "string") {
    return undefined;
  }
  const found = target(expression["Get"]);
  switch (found.kind) {
    case "parameter":
      return parameters.get(found.name)?.Type;
    case "execution":
      return "String";
    case "step": {
      const step = steps.get(found.name);
      const led = step && property(step, found.path);
      return led?.kind === "value" ? led.type : undefined;
    }
    case "malformed":
      return undefined;
  }
}

/** The problem with the type of an expression in its place, if any is known. */
export function typeProblem(expression: Computed, shape: Shape, names: Names): string | undefined {
  const member = valueTypes[shape.type];
  const type = typeOf(expression, names);
  // That floats accept an Integer is an assumption.
  const isTaken = type === member || (type === "Integer" && member === "Float");
  if (member === undefined || type === undefined || isTaken) {
    return undefined;
  }
  const { Get: get } = expression;
  const what = typeof get === "string" ? `"${get}"` : "a Std:Join";
  return withAnswer(
    `${what} is of type ${type}, but this is of type ${member}` +
      // [sagemaker-python-sdk#2631]
      (member === "String" && type !== "String"
        ? "; join it to a string (Std:Join), or declare the parameter as a String"
        : ""),
    typeof get === "string"
      ? // [sagemaker-python-sdk#4867]
        `Cannot assign property reference [${get}] to argument of type [${member}].`
      : undefined,
  );
}

/** The names of a processing step's outputs; undefined if an expression gives one. */
function outputNames({ Arguments: args }: ProcessingStep): readonly string[] | undefined {
  const names = (args.ProcessingOutputConfig?.Outputs ?? []).map((one) => one.OutputName);
  return names.some(isComputed) ? undefined : names.filter((name) => typeof name === "string");
}

/** The problems of the property files of a processing step. */
export function propertyFileProblems(step: ProcessingStep): readonly string[] {
  const outputs = outputNames(step);
  return (step.PropertyFiles ?? [])
    .filter(({ OutputName: output }) => outputs?.includes(output) === false)
    .map(
      ({ OutputName: output, PropertyFileName: file }) =>
        `PropertyFiles: "${file}" is of output ${JSON.stringify(output)}, which the step lacks`,
    );
}

function jsonGetProblem(referred: Step, path: Path): string | undefined {
  const file = String(path[1]);
  if (referred.Type !== "Processing") {
    return `step "${referred.Name}" is a ${referred.Type}; Std:JsonGet reads Processing steps`;
  }
  return referred.PropertyFiles?.some(({ PropertyFileName: name }) => name === file) === true
    ? undefined
    : `step "${referred.Name}" declares no property file "${file}"`;
}

/** The problem with a reference, if any. */
export function referenceProblem(
  { get, jsonGet }: FoundReference,
  names: Names,
): string | undefined {
  const found = target(get);
  if (found.kind === "malformed") {
    return `"${get}" is not a reference; use Parameters.NAME, Execution.NAME or Steps.NAME.PROPERTY`;
  }
  if (found.kind === "execution" && !executionVariables.some((name) => name === found.name)) {
    return `there is no execution variable "${found.name}"`;
  }
  if (found.kind !== "step") {
    return jsonGet === undefined
      ? undefined
      : `a Std:JsonGet reads a property file of a step, not "${get}"`;
  }
  const referred = names.steps.get(found.name);
  if (referred === undefined) {
    return `"${get}" refers to step "${found.name}", which does not exist`;
  }
  const [root, second, name] = found.path;
  if ((root === "PropertyFiles") !== (jsonGet !== undefined)) {
    return `"${get}" must be a property file, read by a Std:JsonGet`;
  }
  if (jsonGet !== undefined) {
    return jsonGetProblem(referred, found.path);
  }
  if (
    referred.Type === "Processing" &&
    root === "ProcessingOutputConfig" &&
    second === "Outputs" &&
    typeof name === "string" &&
    outputNames(referred)?.includes(name) === false
  ) {
    return `step "${found.name}" has no output "${name}"`;
  }
  const led = property(referred, found.path);
  return led.kind === "wrong" ? led.problem : undefined;
}

/** The problem with the form of a `Std:JsonGet`, if any. */
export function jsonGetFormProblem(expression: Computed, inCondition: boolean): string | undefined {
  const inside: unknown = expression["Std:JsonGet"];
  if (!isObject(inside)) {
    return undefined;
  }
  const { Path: path, PropertyFile: file, S3Uri: uri }: JsonObject = inside;
  if ((file === undefined) === (uri === undefined)) {
    return "a Std:JsonGet has either a PropertyFile or an S3Uri";
  }
  if (uri !== undefined && !inCondition) {
    return "a Std:JsonGet with an S3Uri stands in conditions only";
  }
  return typeof path !== "string" || jsonPath(path) === undefined
    ? `the Path ${JSON.stringify(path)} of a Std:JsonGet is not a path to one value, such as ` +
        "metrics.r2.value, folds[0].mse or metrics['weighted avg'].x"
    : undefined;
}
