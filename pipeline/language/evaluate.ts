import { isComputed, jsonPath, target } from "./expressions";
import { isObject, type Json, type JsonObject } from "./json";

const items = (value: Json | undefined): readonly Json[] =>
  Array.isArray(value) ? (value as readonly Json[]) : [];

/** What references resolve to. */
export interface Scope {
  readonly parameters: ReadonlyMap<string, Json>;
  readonly execution: ReadonlyMap<string, Json>;
  /** What the Describe call of each finished step's job would answer. */
  readonly steps: ReadonlyMap<string, JsonObject>;
  /** The content of a property file of a finished step. */
  readonly propertyFile: (step: string, name: string) => Json;
  /** The content of a JSON document in S3. */
  readonly document: (uri: string) => Json;
}

/** What is known before an execution, beside the parameters. */
const beforeExecution: Omit<Scope, "parameters"> = {
  execution: new Map(),
  steps: new Map(),
  propertyFile: (step, name) => {
    throw new ExpressionError(`step ${step} has not written its property file ${name} yet`);
  },
  document: (uri) => {
    throw new ExpressionError(`${uri} is not read before an execution`);
  },
};

/** An expression that has no value, or not the kind of value that its place needs. */
export class ExpressionError extends Error {}

function member(value: Json | undefined, key: string | number): Json | undefined {
  if (typeof key === "number") {
    return items(value)[key];
  }
  if (Array.isArray(value)) {
    // `Outputs['train']` names the output of a list by its own name.
    return (value as readonly Json[]).find(
      (one) =>
        isObject(one) &&
        Object.entries(one).some(([name, named]) => name.endsWith("Name") && named === key),
    );
  }
  return isObject(value) ? value[key] : undefined;
}

function resolve(get: string, scope: Scope): Json {
  const found = target(get);
  let value: Json | undefined;
  switch (found.kind) {
    case "parameter":
      value = scope.parameters.get(found.name);
      break;
    case "execution":
      value = scope.execution.get(found.name);
      break;
    case "step":
      value = found.path.reduce<Json | undefined>(member, scope.steps.get(found.name));
      break;
    case "malformed":
  }
  if (value === undefined) {
    throw new ExpressionError(`"${get}" has no value`);
  }
  return value;
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
    const place = joinText(evaluate(uri, scope));
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

/**
 * The value of an argument, with all expressions in it replaced by what they stand for.
 * @throws ExpressionError where an expression has no value
 */
export function evaluate(value: Json, scope: Scope): Json {
  if (Array.isArray(value)) {
    return items(value).map((one) => evaluate(one, scope));
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
      return items(values)
        .map((one) => joinText(evaluate(one, scope)))
        .join(typeof on === "string" ? on : "");
    }
    if (isObject(jsonGet)) {
      return readJsonGet(jsonGet, scope);
    }
  }
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, evaluate(one, scope)]));
}

/**
 * A definition, or a part of one, with the values of its parameters in their places. What only the execution
 * knows stays an expression.
 */
export function withParameters(value: Json, parameters: Scope["parameters"]): Json {
  if (Array.isArray(value)) {
    return items(value).map((one) => withParameters(one, parameters));
  }
  if (!isObject(value)) {
    return value;
  }
  if (!isComputed(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([name, one]) => [name, withParameters(one, parameters)]),
    );
  }
  try {
    return evaluate(value, { ...beforeExecution, parameters });
  } catch (error) {
    if (error instanceof ExpressionError) {
      return value;
    }
    throw error;
  }
}

const comparisons: Readonly<Record<string, (left: Json, right: Json) => boolean>> = {
  Equals: (left, right) => left === right,
  GreaterThan: (left, right) => numbers(left, right, (a, b) => a > b),
  GreaterThanOrEqualTo: (left, right) => numbers(left, right, (a, b) => a >= b),
  LessThan: (left, right) => numbers(left, right, (a, b) => a < b),
  LessThanOrEqualTo: (left, right) => numbers(left, right, (a, b) => a <= b),
};

/** The types of condition that {@link holds} decides. */
export const conditionTypes: readonly string[] = [...Object.keys(comparisons), "In", "Not", "Or"];

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
 * @throws ExpressionError where a side has no value, or an order is asked of what are no numbers
 */
export function holds(condition: Json, scope: Scope): boolean {
  const { Type: type, ...sides } = isObject(condition) ? condition : {};
  const value = (name: string): Json => evaluate(sides[name] ?? null, scope);
  const compare = typeof type === "string" ? comparisons[type] : undefined;
  if (compare !== undefined) {
    return compare(value("LeftValue"), value("RightValue"));
  }
  switch (type) {
    case "In":
      return items(value("Values")).includes(value("QueryValue"));
    case "Not":
      return !holds(sides["Condition"] ?? null, scope);
    case "Or":
      return items(sides["Conditions"]).some((one) => holds(one, scope));
    default:
      throw new ExpressionError(`there is no condition of type ${JSON.stringify(type)}`);
  }
}
