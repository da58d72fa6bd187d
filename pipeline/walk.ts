import { target } from "./language/expressions";
import { isObject, type Json, type JsonObject } from "./language/json";

export { target } from "./language/expressions";
export { isObject } from "./language/json";

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
