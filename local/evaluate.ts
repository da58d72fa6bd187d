import type { Json, JsonObject } from "../pipeline/expressions";
import { isObject, items, object, objects, target, text } from "../pipeline/walk";

/** What references resolve to. */
export interface Scope {
  readonly parameters: ReadonlyMap<string, Json>;
  readonly execution: ReadonlyMap<string, Json>;
  /** What the Describe call of each finished step's job would answer. */
  readonly steps: ReadonlyMap<string, JsonObject>;
  /** The content of a property file of a finished step. */
  readonly propertyFile: (step: string, name: string) => Json;
}

/** What is known before an execution, beside the parameters. */
const beforeExecution: Omit<Scope, "parameters"> = {
  execution: new Map(),
  steps: new Map(),
  propertyFile: (step, name) => {
    throw new ExpressionError(`step ${step} has not written its property file ${name} yet`);
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
    return objects(value as Json).find((one) =>
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

/** Reads a dotted path, such as `regression_metrics.r2.value` or `folds[0].mse`, in a JSON document. */
function readPath(document: Json, path: string): Json {
  const keys = path.split(/[.[\]]+/).filter((key) => key !== "");
  const value = keys.reduce<Json | undefined>(
    (current, key) => member(current, Array.isArray(current) ? Number(key) : key),
    document,
  );
  if (value === undefined) {
    throw new ExpressionError(`the property file has nothing at "${path}"`);
  }
  return value;
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
  const {
    Get: get,
    "Std:Join": join,
    "Std:JsonGet": jsonGet,
  } = Object.keys(value).length === 1 ? value : {};
  if (typeof get === "string") {
    return resolve(get, scope);
  }
  if (isObject(join)) {
    return items(join["Values"])
      .map((one) => joinText(evaluate(one, scope)))
      .join(text(join["On"]));
  }
  if (isObject(jsonGet)) {
    const file = object(jsonGet["PropertyFile"]);
    const found = target(text(file["Get"]));
    if (found.kind !== "step") {
      throw new ExpressionError("Std:JsonGet reads a property file of a step");
    }
    return readPath(scope.propertyFile(found.name, String(found.path[1])), text(jsonGet["Path"]));
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
  const [key = "", ...others] = Object.keys(value);
  if (others.length > 0 || !["Get", "Std:Join", "Std:JsonGet"].includes(key)) {
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
  const { Type: type, ...sides } = object(condition);
  const value = (name: string): Json => evaluate(sides[name] ?? null, scope);
  const compare = comparisons[text(type)];
  if (compare !== undefined) {
    return compare(value("LeftValue"), value("RightValue"));
  }
  switch (type) {
    case "In":
      return items(value("Values")).includes(value("QueryValue"));
    case "Not":
      return !holds(sides["Condition"] ?? null, scope);
    case "Or":
      return objects(sides["Conditions"]).some((one) => holds(one, scope));
    default:
      throw new ExpressionError(`there is no condition of type ${JSON.stringify(type)}`);
  }
}
