import type { Step } from "./definition";
import { target } from "./expressions";
import { isObject, type Json, type JsonObject } from "./json";

const object = (value: Json | undefined): JsonObject => (isObject(value) ? value : {});
const text = (value: Json | undefined): string => (typeof value === "string" ? value : "");

/** A property of a step that is in its arguments, such as the S3Uri of an output. */
function argumentAt(
  { Arguments: args }: Step,
  path: readonly (string | number)[],
): Json | undefined {
  return path.reduce<Json | undefined>(
    (value, key) =>
      Array.isArray(value)
        ? (value as readonly Json[]).map(object).find((one) => one["OutputName"] === key)
        : object(value)[key],
    args as Json | undefined,
  );
}

/** The end of a URI, if known before an execution, such as "/" or "output/model.tar.gz". */
function lastPart(value: Json | undefined, steps: ReadonlyMap<string, Step>): string {
  const joined = object(value)["Std:Join"];
  if (isObject(joined)) {
    const values = joined["Values"];
    const last = Array.isArray(values) ? (values as readonly Json[]).at(-1) : undefined;
    return last === "" ? text(joined["On"]) : lastPart(last, steps);
  }
  const found = target(text(object(value)["Get"]));
  const referred = found.kind === "step" ? steps.get(found.name) : undefined;
  return found.kind === "step" && referred !== undefined
    ? lastPart(argumentAt(referred, found.path), steps)
    : text(value);
}

/** Places of sources with S3DataType S3Prefix in a step whose prefix could include other keys. */
export function openPrefixes(step: Step, steps: ReadonlyMap<string, Step>): readonly string[] {
  const found: string[] = [];
  const search = (value: Json | undefined, at: string): void => {
    if (Array.isArray(value)) {
      (value as readonly Json[]).forEach((one, index) => {
        search(one, `${at}[${index}]`);
      });
    } else if (isObject(value)) {
      // A folder, or an object with an extension.
      const isClosed = /(\/|\.[^/]+)$/.test(lastPart(value["S3Uri"], steps));
      if (value["S3DataType"] === "S3Prefix" && !isClosed) {
        found.push(`${at}.S3Uri`);
      }
      for (const [key, one] of Object.entries(value)) {
        if (key !== "IfSteps" && key !== "ElseSteps") {
          search(one, `${at}.${key}`);
        }
      }
    }
  };
  search(step.Arguments as Json | undefined, "Arguments");
  return found;
}
