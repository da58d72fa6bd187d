/**
 * The form of JSON documents as tables: objects' members, and values. Requests come from the service's model
 * (requests.json), the rest of a definition is in definitionShapes.ts. {@link inspect} checks a value against a shape.
 */

import { type Computed, isComputed } from "./expressions";
import { inWords, isObject, type Json, type JsonObject } from "./json";
import { nearest } from "./nearest";

/** The form of a value, as in botocore's service models, and in addition `choice`, `scalar` and `any`. */
export interface Shape {
  readonly type:
    | "any"
    | "boolean"
    | "choice"
    | "double"
    | "float"
    | "integer"
    | "list"
    | "long"
    | "map"
    | "scalar"
    | "string"
    | "structure"
    | "timestamp";
  /** The shapes of a structure's members, by name. */
  readonly members?: Readonly<Record<string, string>>;
  readonly required?: readonly string[];
  /** The shape of a list's members. */
  readonly member?: string;
  /** The shapes of a map's keys and values. */
  readonly key?: string;
  readonly value?: string;
  /** The shapes of a choice by its member Type. */
  readonly of?: Readonly<Record<string, string>>;
  /** The shape for other Types. Default: they are not allowed. */
  readonly otherwise?: string;
  /** The noun for a choice's objects, followed by their Name. */
  readonly called?: string;
  /** Whether a string is also allowed. */
  readonly orString?: boolean;
  /** Whether it must be literal, not an expression. */
  readonly literal?: boolean;
  /** Limits of a number, or of the length of a string, list or map. */
  readonly min?: number;
  readonly max?: number;
  readonly enum?: readonly string[];
  /** For the whole of a string. */
  readonly pattern?: string;
}

/** A problem with a value. */
export interface Finding {
  /** `form`: the value does not satisfy the types. `content`: anything else. */
  readonly kind: "content" | "form";
  /** Such as `step "Train", Arguments.InputDataConfig[0].ChannelName`. */
  readonly place: string;
  readonly problem: string;
}

/** Options of a check against a shape. */
export interface Inspection {
  /** Finds a shape by its name. */
  readonly shape: (name: string) => Shape;
  readonly report: (finding: Finding) => void;
  /** Called with each expression and the shape that its value must have. */
  readonly expression?: (expression: Computed, name: string, shape: Shape, place: string) => void;
  /** The service's message for an unknown member, by the name of the structure's shape. */
  readonly unknownMember: (structure: string, member: string) => string;
}

/** The place of a member: places that end with a quoted name are steps and parameters. */
function memberPlace(place: string, key: string): string {
  if (place === "") {
    return key;
  }
  if (!/^[\w:.-]+$/.test(key)) {
    return `${place}[${JSON.stringify(key)}]`;
  }
  return place.endsWith('"') ? `${place}, ${key}` : `${place}.${key}`;
}

const kinds: Readonly<Record<string, { words: string; fits: (value: unknown) => boolean }>> = {
  boolean: { words: "a boolean", fits: (value) => typeof value === "boolean" },
  double: { words: "a number", fits: (value) => typeof value === "number" },
  float: { words: "a number", fits: (value) => typeof value === "number" },
  integer: { words: "an integer", fits: Number.isSafeInteger },
  list: { words: "a list", fits: Array.isArray },
  long: { words: "an integer", fits: Number.isSafeInteger },
  map: { words: "an object", fits: isObject },
  scalar: {
    words: "a string, a number, a boolean or an expression",
    fits: (value) => ["boolean", "number", "string"].includes(typeof value),
  },
  string: { words: "a string", fits: (value) => typeof value === "string" },
  structure: { words: "an object", fits: isObject },
};

/** CreatePipeline's message if a list or an object is required. [sagemaker-python-sdk#2345, #3908] */
const answers: Readonly<Record<string, string>> = {
  list: "Unable to parse pipeline definition. Expecting start of Json Array.",
  map: "Unable to parse pipeline definition. Expecting start of Json Object.",
  structure: "Unable to parse pipeline definition. Expecting start of Json Object.",
};

/** A problem with the service's own message, if known. */
export function withAnswer(problem: string, answer: string | undefined): string {
  return answer === undefined ? problem : `${problem} (AWS: "${answer}")`;
}

const compiled = new Map<string, RegExp>();

/** Whether a whole text matches a pattern of a service model. */
export function matchesWhole(pattern: string, value: string): boolean {
  let whole = compiled.get(pattern);
  if (whole === undefined) {
    whole = new RegExp(`^(?:${pattern})$`, "su");
    compiled.set(pattern, whole);
  }
  return whole.test(value);
}

const units: Readonly<Record<string, string>> = {
  list: " members",
  map: " entries",
  string: " characters",
};

/** How a value exceeds its shape's limits, if it does. */
function limitProblem(value: Json, name: string, shape: Shape): string | undefined {
  const { enum: values, max, min, pattern, type } = shape;
  const size =
    typeof value === "number"
      ? value
      : typeof value === "string" || Array.isArray(value)
        ? value.length
        : Object.keys(value as JsonObject).length;
  const unit = units[type] ?? "";
  if (min !== undefined && size < min) {
    return `${size}${unit}; must be at least ${min}`;
  }
  if (max !== undefined && size > max) {
    return `${size}${unit}; must be at most ${max}`;
  }
  if (typeof value === "string" && values?.includes(value) === false) {
    const near = nearest(value, values);
    return withAnswer(
      `${JSON.stringify(value)} is not one of ${values.join(", ")}` +
        (near === undefined ? "" : `; did you mean ${near}?`),
      // Seen in the comments of a public pipeline, for ProcessingS3InputMode.
      `Unable to parse pipeline definition. Model Validation failed: Value '${value}' for '${name}' ` +
        `failed to satisfy enum value set: [${values.join(", ")}]`,
    );
  }
  if (typeof value === "string" && pattern !== undefined && !matchesWhole(pattern, value)) {
    return `${JSON.stringify(value)} does not match ${pattern}`;
  }
  return undefined;
}

/** Checks a value against a shape, recursively. Reports every problem. */
export function inspect(value: unknown, name: string, place: string, inspection: Inspection): void {
  const { report } = inspection;
  const shape = inspection.shape(name);
  const form = (problem: string): void => {
    report({ kind: "form", place, problem });
  };
  if (shape.type === "any" || (shape.orString === true && typeof value === "string")) {
    return;
  }
  if (shape.type === "choice") {
    inspectChoice(value, shape, place, inspection);
    return;
  }
  const kind = kinds[shape.type];
  if (isComputed(value) && shape.literal !== true && shape.members?.["Get"] === undefined) {
    if (["list", "map", "structure"].includes(shape.type)) {
      form(
        withAnswer(
          `must be ${kinds[shape.type]?.words ?? shape.type}, not an expression: write the ` +
            "expressions inside it",
          answers[shape.type],
        ),
      );
    } else {
      inspectExpression(value, place, inspection);
      inspection.expression?.(value, name, shape, place);
    }
    return;
  }
  if (kind?.fits(value) !== true) {
    form(
      withAnswer(
        `must be ${kind?.words ?? shape.type}, not ${inWords(value)}`,
        answers[shape.type],
      ),
    );
    return;
  }
  const limit = limitProblem(value as Json, name, shape);
  if (limit !== undefined) {
    report({ kind: "content", place, problem: limit });
  }
  if (Array.isArray(value)) {
    const member = shape.member ?? "Any";
    value.forEach((one, index) => {
      inspect(one, member, `${place}[${index}]`, inspection);
    });
  } else if (shape.type === "map") {
    for (const [key, one] of Object.entries(value as JsonObject)) {
      const at = memberPlace(place, key);
      inspect(key, shape.key ?? "Any", at, inspection);
      inspect(one, shape.value ?? "Any", at, inspection);
    }
  } else if (shape.type === "structure") {
    inspectStructure(value as JsonObject, name, shape, place, inspection);
  }
}

function inspectStructure(
  value: JsonObject,
  name: string,
  { members = {}, required = [] }: Shape,
  place: string,
  inspection: Inspection,
): void {
  const { report } = inspection;
  // A member that is undefined is not written.
  const given = Object.entries<Json | undefined>(value).filter(([, one]) => one !== undefined);
  for (const [key, one] of given) {
    const member = members[key];
    const at = memberPlace(place, key);
    if (member === undefined) {
      const near = nearest(key, Object.keys(members));
      const problem = `unknown member${near === undefined ? "" : `; did you mean ${near}?`}`;
      report({
        kind: "content",
        place: at,
        problem: withAnswer(problem, inspection.unknownMember(name, key)),
      });
    } else if (one !== null) {
      inspect(one, member, at, inspection);
    }
  }
  for (const key of required) {
    if (value[key] === undefined || value[key] === null) {
      report({ kind: "content", place: memberPlace(place, key), problem: "missing" });
    }
  }
}

function inspectChoice(
  value: unknown,
  { called, of = {}, otherwise }: Shape,
  place: string,
  inspection: Inspection,
): void {
  const { report } = inspection;
  if (!isObject(value)) {
    report({ kind: "form", place, problem: `must be an object, not ${inWords(value)}` });
    return;
  }
  const { Name: name, Type: type } = value;
  if (called !== undefined && typeof name !== "string") {
    report({
      kind: "form",
      place: `${place}.Name`,
      problem: name === undefined ? "missing" : `must be a string, not ${inWords(name)}`,
    });
    return;
  }
  const at = called === undefined ? place : `${called} ${JSON.stringify(name)}`;
  const chosen = typeof type === "string" ? (of[type] ?? otherwise) : undefined;
  if (chosen === undefined) {
    const allowed = Object.keys(of).join(", ");
    const problem =
      type === undefined
        ? `missing; must be one of ${allowed}`
        : `must be one of ${allowed}, not ${inWords(type)}`;
    report({ kind: "form", place: memberPlace(at, "Type"), problem });
    return;
  }
  inspect(value, chosen, at, inspection);
}

/** Checks the form of an expression. `check` parses its `Get` and Path. */
function inspectExpression(value: Computed, place: string, inspection: Inspection): void {
  const name = Object.keys(value)[0] ?? "";
  const shape = name === "Get" ? "Get" : name === "Std:Join" ? "Join" : "JsonGet";
  inspect(value[name], shape, memberPlace(place, name), inspection);
}
