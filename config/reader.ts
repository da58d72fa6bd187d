import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";

import { runError } from "../errors/runError";
import { nearest } from "../pipeline/language/nearest";
import { clearerMessage } from "../pipeline/schemaMessages";

/** Reads and checks the configuration of a stack, for all programs of this project. */

/** A problem with a combination of keys that are each valid: the key to change, and why. */
export type ProblemAcrossKeys = readonly [key: string, message: string];

/** A possible problem with a combination of keys: whether it exists, the key to change, and why. */
export type PossibleProblem = readonly [wrong: boolean, ...ProblemAcrossKeys];

/** The possible problems that exist. */
export function existing(possible: readonly PossibleProblem[]): readonly ProblemAcrossKeys[] {
  return possible.flatMap(([wrong, ...problem]) => (wrong ? [problem] : []));
}

/** The configuration of a program: the keys of one namespace. */
export interface Configuration<Schema extends z.ZodObject> {
  /** The name of the Pulumi project. */
  readonly namespace: string;
  readonly schema: Schema;
  readonly problemsAcrossKeys: (values: z.output<Schema>) => readonly ProblemAcrossKeys[];
}

/** A place in the configuration as text: the key, and the path inside its value. */
export function place(namespace: string, path: readonly PropertyKey[]): string {
  const [key, ...rest] = path;
  const inside = rest.map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`));
  return `${namespace}:${String(key)}${inside.join("")}`;
}

/** Whether a key takes a string, which Pulumi passes on unchanged; other values it passes as JSON. */
function takesText(schema: z.core.$ZodType | undefined): boolean {
  return schema !== undefined && z.toJSONSchema(schema, { io: "input" }).type === "string";
}

function parseValue(schema: z.core.$ZodType | undefined, raw: string): unknown {
  if (takesText(schema)) {
    return raw;
  }
  try {
    return JSON.parse(raw) as unknown;
  } catch {
    return raw;
  }
}

/** How messages about alternatives begin. */
const sharedStart = /^(?:must be|missing, expected) /;

/** Describes a validation issue, one line for each problem in it. */
function describeIssue(
  { namespace, schema }: { readonly namespace: string; readonly schema: z.ZodObject },
  issue: z.core.$ZodIssue,
): readonly string[] {
  if (issue.code === "unrecognized_keys" && issue.path.length === 0) {
    const keys = Object.keys(schema.shape);
    return issue.keys.map((key) => {
      const near = nearest(key, keys);
      const hint = near === undefined ? `the keys are ${keys.join(", ")}` : `did you mean ${near}?`;
      return `${place(namespace, [key])}: unknown key; ${hint}`;
    });
  }
  if (issue.code === "invalid_union" && issue.errors.length > 0) {
    // The user meant the alternative whose outer form matches.
    const meant = issue.errors.find((alternative) =>
      alternative.every(({ path }) => path.length > 0),
    );
    return meant === undefined
      ? [
          `${place(namespace, issue.path)}: ${issue.errors
            .flat()
            .map(({ message }, at) => (at === 0 ? message : message.replace(sharedStart, "")))
            .join(", or ")}`,
        ]
      : meant.flatMap((inner) =>
          describeIssue({ namespace, schema }, { ...inner, path: [...issue.path, ...inner.path] }),
        );
  }
  return [`${place(namespace, issue.path)}: ${issue.message}`];
}

/**
 * Reads the stack's configuration by a schema.
 *
 * @param config all keys, by default those of the running program
 * @returns the values (undefined if they do not match the schema), and all problems by key
 */
export function readConfiguration<Schema extends z.ZodObject>(
  configuration: Configuration<Schema>,
  config: Readonly<Record<string, string>> = pulumi.runtime.allConfig(),
): { readonly values: z.output<Schema> | undefined; readonly problems: readonly string[] } {
  const { namespace, problemsAcrossKeys, schema } = configuration;
  const shape: Readonly<Record<string, z.core.$ZodType>> = schema.shape;
  const raw = Object.fromEntries(
    Object.entries(config).flatMap(([fullKey, value]) => {
      const key = fullKey.slice(namespace.length + 1);
      return fullKey.startsWith(`${namespace}:`) ? [[key, parseValue(shape[key], value)]] : [];
    }),
  );
  const parsed = schema.safeParse(raw, { error: clearerMessage });
  if (!parsed.success) {
    const { issues } = parsed.error;
    const mistyped = issues.filter(({ code }) => code === "invalid_type");
    // An empty text for a list also has too few entries: its type says it all.
    const problems = issues.filter(
      (issue) =>
        issue.code === "invalid_type" ||
        !mistyped.some(({ path }) => path.join("/") === issue.path.join("/")),
    );
    return {
      values: undefined,
      problems: problems.flatMap((issue) => describeIssue(configuration, issue)),
    };
  }
  const problems = problemsAcrossKeys(parsed.data).map(
    ([key, message]) => `${place(namespace, [key])}: ${message}`,
  );
  return { values: parsed.data, problems };
}

/** The error that lists all problems with the stack's configuration. */
export function invalidConfiguration(problems: readonly string[]): pulumi.RunError {
  const stack = pulumi.getStack();
  return runError(`The configuration of stack ${stack} is not valid:\n  ${problems.join("\n  ")}`);
}
