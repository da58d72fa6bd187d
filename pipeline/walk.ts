import type { Json, JsonObject } from "./expressions";

/** Where a reference leads. */
export type Target =
  | { readonly kind: "parameter"; readonly name: string }
  | { readonly kind: "execution"; readonly name: string }
  | { readonly kind: "step"; readonly name: string; readonly path: readonly (string | number)[] }
  | { readonly kind: "malformed" };

/** Whether a JSON value is an object, not an array. */
export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The object, or an empty one. */
export function object(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {};
}

/** A member of objects in objects; undefined where one of them is missing. */
export function at(value: Json | undefined, ...path: readonly string[]): Json | undefined {
  return path.reduce<Json | undefined>((current, key) => object(current)[key], value);
}

/** The members of an array, or nothing. */
export function items(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}

/** The objects in an array, or nothing. */
export function objects(value: Json | undefined): readonly JsonObject[] {
  return items(value).filter(isObject);
}

/** The string, or the empty one. */
export function text(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}

/** Splits a property path such as `Outputs['train'].S3Output` or `Summaries[0].Name`; undefined where malformed. */
export function propertyPath(path: string): readonly (string | number)[] | undefined {
  const token = /^(?:\.?([A-Za-z_][A-Za-z0-9_-]*)|\['([^']*)'\]|\["([^"]*)"\]|\[(\d+)\])/;
  const parts: (string | number)[] = [];
  for (let rest = path; rest !== "";) {
    const match = token.exec(rest);
    if (match === null) {
      return undefined;
    }
    const [all, name, single, double, index] = match;
    parts.push(index === undefined ? (name ?? single ?? double ?? "") : Number(index));
    rest = rest.slice(all.length);
  }
  return parts;
}

/** Reads the text of a `Get`. */
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

/** A reference and where it stands. */
export interface FoundReference {
  readonly get: string;
  /** Member path from the value that was searched, such as `Arguments.RoleArn`. */
  readonly at: string;
  /** The `Std:JsonGet` it is the property file of, if it is. */
  readonly jsonGet?: JsonObject;
}

/**
 * All references in a value, in order. Steps inside the branches of a condition have references of their
 * own: `Arguments.IfSteps` and `Arguments.ElseSteps` are passed over.
 */
export function references(value: Json | undefined, at = ""): readonly FoundReference[] {
  if (Array.isArray(value)) {
    return items(value).flatMap((member, index) => references(member, `${at}[${index}]`));
  }
  if (!isObject(value)) {
    return [];
  }
  const get = value["Get"];
  if (typeof get === "string" && Object.keys(value).length === 1) {
    return [{ get, at }];
  }
  const jsonGet = value["Std:JsonGet"];
  if (isObject(jsonGet)) {
    return references(jsonGet["PropertyFile"], at).map((found) => ({ ...found, jsonGet }));
  }
  return Object.entries(value).flatMap(([key, member]) =>
    at === "Arguments" && (key === "IfSteps" || key === "ElseSteps")
      ? []
      : references(member, at === "" ? key : `${at}.${key}`),
  );
}

/** A step of a definition, and the Condition step whose branch it is in, if it is in one. */
export interface PlacedStep {
  readonly step: JsonObject;
  readonly name: string;
  readonly type: string;
  readonly condition?: { readonly name: string; readonly branch: "ElseSteps" | "IfSteps" };
}

/** All steps of a definition, those in the branches of conditions too, each after its condition. */
export function allSteps(
  steps: Json | undefined,
  condition?: PlacedStep["condition"],
): readonly PlacedStep[] {
  return objects(steps).flatMap((step) => {
    const placed: PlacedStep = {
      step,
      name: text(step["Name"]),
      type: text(step["Type"]),
      ...(condition === undefined ? {} : { condition }),
    };
    const inside = object(step["Arguments"]);
    const branches =
      placed.type === "Condition"
        ? (["IfSteps", "ElseSteps"] as const).flatMap((branch) =>
            allSteps(inside[branch], { name: placed.name, branch }),
          )
        : [];
    return [placed, ...branches];
  });
}

/** The names of the steps that a step waits for: its references, its DependsOn and its condition. */
export function dependencies(placed: PlacedStep): ReadonlySet<string> {
  const names = new Set(items(placed.step["DependsOn"]).map(text));
  for (const { get } of references(placed.step)) {
    const found = target(get);
    if (found.kind === "step") {
      names.add(found.name);
    }
  }
  if (placed.condition !== undefined) {
    names.add(placed.condition.name);
  }
  return names;
}
