import { isObject, type Json, type JsonObject } from "../../pipeline/language/json";

/** The object, or an empty one. */
export function object(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {};
}

/** A member of objects in objects; undefined where one of them is missing. */
export function at(value: Json | undefined, ...path: readonly string[]): Json | undefined {
  return path.reduce<Json | undefined>((current, key) => object(current)[key], value);
}

/** The objects in an array, or nothing. */
export function objects(value: Json | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? (value as readonly Json[]).filter(isObject) : [];
}

/** The string, or the empty one. */
export function text(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}
