import type {
  Comparison,
  Condition,
  ModelArguments,
  ProcessingArguments,
  RegisterModelArguments,
  TrainingArguments,
  TransformArguments,
  TuningArguments,
} from "./definition";
import { type Computed, type Expression, isComputed, jsonPath, target } from "./expressions";
import { isObject, type Json, type JsonObject } from "./json";

/** A value without expressions and null members. */
export type Evaluated<Value> = Value extends Computed
  ? never
  : Value extends readonly (infer Member)[]
    ? readonly Evaluated<Member>[]
    : Value extends object
      ? { readonly [Key in keyof Value]: Evaluated<Exclude<Value[Key], null>> }
      : Value;

export type ProcessingRequest = Evaluated<ProcessingArguments>;
export type TrainingRequest = Evaluated<TrainingArguments>;
export type TuningRequest = Evaluated<TuningArguments>;
export type TransformRequest = Evaluated<TransformArguments>;
export type ModelRequest = Evaluated<ModelArguments>;
export type RegisterModelRequest = Evaluated<RegisterModelArguments>;

/** The values of references. */
export interface Scope {
  readonly parameters: ReadonlyMap<string, Json>;
  readonly execution: ReadonlyMap<string, Json>;
  /** The Describe responses of finished steps' jobs. */
  readonly steps: ReadonlyMap<string, object>;
  /** The content of a property file of a finished step. */
  readonly propertyFile: (step: string, name: string) => Json;
  /** The content of a JSON document in S3. */
  readonly document: (uri: string) => Json;
}

/** Variables that are known before an execution. */
const beforeExecution: Omit<Scope, "parameters"> = {
  execution: new Map(),
  steps: new Map(),
  propertyFile: (step, name) => {
    throw new ExpressionError(`step ${step} has not written its property file ${name} yet`);
  },
  document: (uri) => {
    throw new ExpressionError(`${uri} is not known before an execution`);
  },
};

/** An expression without a value, or with the wrong kind of value. */
export class ExpressionError extends Error {}

function member(value: unknown, key: string | number): unknown {
  if (Array.isArray(value)) {
    const members = value as readonly unknown[];
    // `Outputs['train']` names the output of a list by its own name.
    return typeof key === "number"
      ? members[key]
      : members.find(
          (one) =>
            isObject(one) &&
            Object.entries(one).some(([name, named]) => name.endsWith("Name") && named === key),
        );
  }
  return isObject(value) ? value[key] : undefined;
}

function resolve(get: string, scope: Scope): Json {
  const found = target(get);
  let value: unknown;
  switch (found.kind) {
    case "parameter":
      value = scope.parameters.get(found.name);
      break;
    case "execution":
      value = scope.execution.get(found.name);
      break;
    case "step":
      value = found.path.reduce<unknown>(member, scope.steps.get(found.name));
      break;
    case "malformed":
  }
  if (value === undefined) {
    throw new ExpressionError(`"${get}" has no value`);
  }
  // Parameters, variables and Describe responses are JSON.
  return value as Json;
}

/** Reads a path such as `regression_metrics.r2.value` or `metrics['weighted avg'].x` in a JSON document. */
function readPath(document: Json, path: string, name: string): Json {
  const value = jsonPath(path)?.reduce<Json | undefined>(
    (current, key) =>
      Array.isArray(current)
        ? (current as readonly Json[])[Number(key)]
        : isObject(current)
          ? current[key]
          : undefined,
    document,
  );
  if (value === undefined) {
    throw new ExpressionError(`${name} has nothing at "${path}"`);
  }
  return value;
}

function readJsonGet(jsonGet: JsonObject, scope: Scope): Json {
  const { Path: path, PropertyFile: file, S3Uri: uri } = jsonGet;
  if (typeof path !== "string") {
    throw new ExpressionError("a Std:JsonGet has a Path");
  }
  if (uri !== undefined) {
    const place = joinText(evaluateJson(uri, scope));
    return readPath(scope.document(place), path, place);
  }
  const get = isObject(file) ? file["Get"] : undefined;
  const found = target(typeof get === "string" ? get : "");
  if (found.kind !== "step") {
    throw new ExpressionError("Std:JsonGet reads a property file of a step");
  }
  const content = scope.propertyFile(found.name, String(found.path[1]));
  return readPath(content, path, "the property file");
}

function joinText(value: Json): string {
  if (typeof value === "object" && value !== null) {
    throw new ExpressionError("Std:Join takes plain values");
  }
  return String(value);
}

/** The non-null members of an object; the service treats null as missing. */
function given(value: JsonObject): readonly [string, Json][] {
  return Object.entries(value).filter(([, one]) => one !== null);
}

function evaluateJson(value: Json, scope: Scope): Json {
  if (Array.isArray(value)) {
    return (value as readonly Json[]).map((one) => evaluateJson(one, scope));
  }
  if (!isObject(value)) {
    return value;
  }
  if (isComputed(value)) {
    const { Get: get, "Std:Join": join, "Std:JsonGet": jsonGet }: JsonObject = value;
    if (typeof get === "string") {
      return resolve(get, scope);
    }
    if (isObject(join)) {
      const { On: on, Values: values } = join;
      return (values as readonly Json[])
        .map((one) => joinText(evaluateJson(one, scope)))
        .join(typeof on === "string" ? on : "");
    }
    if (isObject(jsonGet)) {
      return readJsonGet(jsonGet, scope);
    }
  }
  return Object.fromEntries(given(value).map(([key, one]) => [key, evaluateJson(one, scope)]));
}

/**
 * The value of an argument, or of all arguments, with expressions replaced by their values.
 * @throws ExpressionError if an expression has no value
 */
export function evaluate<Value>(value: Value, scope: Scope): Evaluated<Value> {
  return evaluateJson(value as Json, scope) as Evaluated<Value>;
}

function substitute(value: Json, parameters: Scope["parameters"]): Json {
  if (Array.isArray(value)) {
    return (value as readonly Json[]).map((one) => substitute(one, parameters));
  }
  if (!isObject(value)) {
    return value;
  }
  if (!isComputed(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([name, one]) => [name, substitute(one, parameters)]),
    );
  }
  try {
    return evaluateJson(value, { ...beforeExecution, parameters });
  } catch (error) {
    if (error instanceof ExpressionError) {
      return value;
    }
    throw error;
  }
}

/**
 * A definition, or a part of one, with parameters replaced by their values. Expressions that depend on the execution stay.
 */
export function withParameters<Value>(value: Value, parameters: Scope["parameters"]): Value {
  return substitute(value as Json, parameters) as Value;
}

/**
 * The value of an operand. What the service makes of a list, an object or null in a JSON document is not documented.
 * @throws ExpressionError for them
 */
function operand(value: Expression, scope: Scope): Json {
  const found = evaluateJson(value, scope);
  if (typeof found === "object") {
    throw new ExpressionError(`a condition compares plain values, not ${JSON.stringify(found)}`);
  }
  return found;
}

const comparisons: Readonly<Record<Comparison["Type"], (left: Json, right: Json) => boolean>> = {
  Equals: (left, right) => left === right,
  GreaterThan: (left, right) => numbers(left, right, (a, b) => a > b),
  GreaterThanOrEqualTo: (left, right) => numbers(left, right, (a, b) => a >= b),
  LessThan: (left, right) => numbers(left, right, (a, b) => a < b),
  LessThanOrEqualTo: (left, right) => numbers(left, right, (a, b) => a <= b),
};

function numbers(left: Json, right: Json, test: (left: number, right: number) => boolean): boolean {
  if (typeof left !== "number" || typeof right !== "number") {
    throw new ExpressionError(
      `cannot compare ${JSON.stringify(left)} with ${JSON.stringify(right)}: both must be numbers`,
    );
  }
  return test(left, right);
}

/**
 * Whether a condition of a Condition step holds.
 * @throws ExpressionError if a side has no value, or non-numeric values are ordered
 */
export function holds(condition: Condition, scope: Scope): boolean {
  switch (condition.Type) {
    case "In":
      return condition.Values.map((one) => operand(one, scope)).includes(
        operand(condition.QueryValue, scope),
      );
    case "Not":
      return !holds(condition.Condition, scope);
    case "Or":
      return condition.Conditions.some((one) => holds(one, scope));
    default:
      return comparisons[condition.Type](
        operand(condition.LeftValue, scope),
        operand(condition.RightValue, scope),
      );
  }
}
