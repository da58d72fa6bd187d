import { z } from "zod";

import { nearest } from "./language/nearest";

/** The message for a number, or the length of a list or a string, beyond a limit. */
function limitMessage(origin: string, limit: string, value: number | bigint): string {
  const units = { array: ["entry", "entries"], string: ["character", "characters"] }[origin];
  return units === undefined
    ? `must be ${limit} ${value}`
    : `must have ${limit} ${value} ${units[Number(value) === 1 ? 0 : 1]}`;
}

/** Types of values, for people. */
const typeNames: Readonly<Record<string, string>> = {
  array: "a list",
  boolean: "true or false",
  int: "an integer",
  number: "a number",
  object: "an object",
  record: "an object",
  string: "a string",
};

/** The message for a value that is missing, or that is not what is allowed. */
const allowing = (input: unknown, allowed: string): string =>
  input === undefined ? `missing, expected ${allowed}` : `must be ${allowed}`;

const oneOf = (values: readonly unknown[]): string =>
  `${values.length > 1 ? "one of " : ""}${values.join(", ")}`;

/** Replaces zod's messages that are incomplete or unclear: missing values, types, limits, and what is allowed. */
export const clearerMessage: z.core.$ZodErrorMap = (issue) => {
  if (issue.code === "invalid_type") {
    const expected = typeNames[issue.expected];
    return expected === undefined ? undefined : allowing(issue.input, expected);
  }
  if (issue.code === "invalid_value") {
    return allowing(issue.input, oneOf(issue.values));
  }
  if (issue.code === "invalid_union" && Array.isArray(issue.options)) {
    return `must be ${oneOf(issue.options)}`;
  }
  if (issue.code === "too_big") {
    const limit = issue.inclusive === false ? "less than" : "at most";
    return limitMessage(issue.origin, limit, issue.maximum);
  }
  if (issue.code === "too_small") {
    const limit = issue.inclusive === false ? "more than" : "at least";
    return limitMessage(issue.origin, limit, issue.minimum);
  }
  if (issue.code === "unrecognized_keys" && issue.inst instanceof z.ZodObject) {
    const members = Object.keys(issue.inst.shape);
    return issue.keys
      .map((key) => {
        const near = nearest(key, members);
        return near === undefined
          ? `unknown ${key}; the members are ${members.join(", ")}`
          : `unknown ${key}; did you mean ${near}?`;
      })
      .join("; ");
  }
  return undefined;
};
