/**
 * The expressions of a pipeline definition, version "2020-12-01": references to parameters, execution variables and step
 * properties (`Get`), `Std:Join` and `Std:JsonGet`.
 */

import { isObject, type JsonObject } from "./json";

/** A reference to a parameter, an execution variable or a property of a step. */
export interface Reference extends JsonObject {
  readonly Get: string;
}

/** Values joined to one string. */
export interface Join extends JsonObject {
  readonly "Std:Join": { readonly On: string; readonly Values: readonly Expression[] };
}

/** A value in a property file, a JSON document of a processing step. */
export interface JsonGet extends JsonObject {
  readonly "Std:JsonGet": { readonly PropertyFile: Reference; readonly Path: string };
}

/**
 * A value in a JSON document anywhere in S3. The service only accepts it in conditions. Source:
 * Developer Guide, "Pass Data Between Steps".
 */
interface S3JsonGet extends JsonObject {
  readonly "Std:JsonGet": { readonly S3Uri: Expression; readonly Path: string };
}

/** An expression whose value depends on the execution. */
export type Computed = Reference | Join | JsonGet | S3JsonGet;

/** A plain value in a step's arguments, or an expression. */
export type Expression = string | number | boolean | Computed;

/** A string, or an expression. */
export type StringExpression = string | Computed;

/** The service's variables of a pipeline execution. */
export const executionVariables = [
  "CurrentDateTime",
  "PipelineArn",
  "PipelineExecutionArn",
  "PipelineExecutionId",
  "PipelineName",
  "StartDateTime",
] as const;

/** A variable of a pipeline execution. */
type ExecutionVariable = (typeof executionVariables)[number];

/** Refers to a variable of the execution. */
export function execution(variable: ExecutionVariable): Reference {
  return { Get: `Execution.${variable}` };
}

/** Refers to a property of a step, by its path in the response of the Describe call of the step's job. */
export function stepProperty(step: string, path: string): Reference {
  return { Get: `Steps.${step}.${path}` };
}

/** Joins values with a separator. */
export function join(on: string, values: readonly Expression[]): Join {
  return { "Std:Join": { On: on, Values: values } };
}

/** Joins values of which neighbouring plain ones are merged, so that equal texts render equally. */
export function joinMerged(on: string, parts: Iterable<Expression>): StringExpression {
  const values: Expression[] = [];
  for (const part of parts) {
    const last = values.at(-1);
    if (typeof part === "string" && typeof last === "string") {
      values[values.length - 1] = `${last}${on}${part}`;
    } else {
      values.push(part);
    }
  }
  const [only] = values;
  return values.length === 1 && typeof only === "string" ? only : join(on, values);
}

/** An S3 URI of parts, each without slashes at its ends, some of which may depend on the execution. */
export function s3Uri(bucket: string, ...parts: readonly StringExpression[]): StringExpression {
  return joinMerged("/", [`s3://${bucket}`, ...parts]);
}

/**
 * The URI with a final slash: as the S3Uri of an S3Prefix, a folder's URI without one would include every key that begins
 * with it, `predictions/LGBM` also `predictions/LGBM2`. An output's URI has none, as in the SageMaker SDK's defaults, so
 * its readers add one.
 */
export function folderUri(uri: Reference): Join {
  return join("", [uri, "/"]);
}

const functions = ["Get", "Std:Join", "Std:JsonGet"] as const;

/** Whether a JSON value is an expression: an object whose single member is a function. */
export function isComputed(value: unknown): value is Computed {
  if (!isObject(value)) {
    return false;
  }
  const keys = Object.keys(value);
  return keys.length === 1 && functions.some((name) => name === keys[0]);
}

/** A literal string; undefined for an expression or a missing value. */
export function literal(value: Expression | null | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** Members and indices that lead to a value. */
export type Path = readonly (string | number)[];

function readPath(path: string, name: string): Path | undefined {
  const token = new RegExp(
    `^(?:\\.?(${name})|\\['((?:[^'\\\\]|\\\\.)*)'\\]|\\["((?:[^"\\\\]|\\\\.)*)"\\]|\\[(\\d+)\\])`,
  );
  const parts: (string | number)[] = [];
  for (let rest = path; rest !== "";) {
    const match = token.exec(rest);
    if (match === null) {
      return undefined;
    }
    const [all, plain, single, double, index] = match;
    const quoted = single ?? double;
    parts.push(
      index === undefined ? (plain ?? quoted?.replace(/\\(.)/g, "$1") ?? "") : Number(index),
    );
    rest = rest.slice(all.length);
  }
  return parts;
}

/** Splits a property path such as `Outputs['train'].S3Output` or `Summaries[0].Name`; undefined if malformed. */
export function propertyPath(path: string): Path | undefined {
  return readPath(path, "[A-Za-z_][A-Za-z0-9_-]*");
}

/**
 * Splits the Path of a `Std:JsonGet`, such as `metrics.r2.value`, `folds[0].mse`, `metrics['weighted avg'].x`, optionally
 * with a prefix `$.`. Undefined if it is malformed, or uses JsonPath's features beyond paths to one value (wildcards,
 * filters, `..`).
 * Source of the form: Developer Guide, "Pass Data Between Steps", which refers to JsonPath.
 */
export function jsonPath(path: string): Path | undefined {
  const parts = readPath(path.replace(/^\$(?=$|[.[])/, ""), "[^.[\\]*?()@$]+");
  return parts === undefined || parts.length === 0 ? undefined : parts;
}

/** The target of a reference. */
export type Target =
  | { readonly kind: "parameter"; readonly name: string }
  | { readonly kind: "execution"; readonly name: string }
  | { readonly kind: "step"; readonly name: string; readonly path: Path }
  | { readonly kind: "malformed" };

/** Parses the text of a `Get`. */
export function target(get: string): Target {
  const [, space, name, rest] =
    /^(Parameters|Execution|Steps)\.([A-Za-z0-9_-]+)(.*)$/s.exec(get) ?? [];
  if (space === undefined || name === undefined || rest === undefined) {
    return { kind: "malformed" };
  }
  if (space === "Steps") {
    const path = propertyPath(rest);
    return path === undefined || path.length === 0
      ? { kind: "malformed" }
      : { kind: "step", name, path };
  }
  if (rest !== "") {
    return { kind: "malformed" };
  }
  return { kind: space === "Parameters" ? "parameter" : "execution", name };
}
