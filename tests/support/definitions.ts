import { hashSources, loadProgram } from "../../local/caching/programCache";
import type { Program } from "../../offline/program";
import { defaultCandidates } from "../../pipeline/candidates";
import type { Json, JsonObject } from "../../pipeline/language/json";

/** A JSON value that can be changed. */
export type Draft = Record<string, unknown>;

/** Configuration of a stack: objects as they stand in Pulumi.<stack>.yaml. */
export type Config = Readonly<Record<string, Json>>;

/** The default XGBoost candidate by another name. */
export function xgboostNamed(name: string): JsonObject {
  return { ...(defaultCandidates[1] as JsonObject), name };
}

/** The hash of the sources, computed once a process. */
let sources: Promise<string> | undefined;

/** What the program registers with the given keys of the namespace restate, in us-east-1. */
export async function program(config: Config = {}, stack = "test"): Promise<Program> {
  const text = Object.entries(config).map(([key, value]): [string, string] => [
    key.includes(":") ? key : `restate:${key}`,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  sources ??= hashSources();
  const values = { "aws:region": "us-east-1", ...Object.fromEntries(text) };
  return loadProgram(stack, values, await sources);
}

/** A copy that can be changed. */
export function draft(value: object): Draft {
  return structuredClone(value) as Draft;
}

/** The value at a path in a draft; keys of objects, indices of lists, names of steps. */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>((current, key) => {
    if (Array.isArray(current) && typeof key === "string") {
      return (current as Draft[]).find((one) => one["Name"] === key);
    }
    return (current as Record<string | number, unknown>)[key];
  }, value);
}

/** Sets the value at a path; undefined deletes it. */
export function set(value: unknown, path: readonly (string | number)[], to: unknown): void {
  const parent = at(value, ...path.slice(0, -1)) as Record<string | number, unknown>;
  const key = path.at(-1) ?? "";
  if (to === undefined) {
    // eslint-disable-next-line @typescript-eslint/no-dynamic-delete
    delete parent[key];
  } else {
    parent[key] = to;
  }
}
