/** The inputs of a resource, as a program gives them. */
export type Inputs = Readonly<Record<string, unknown>>;

/** A rule for the resources of some types. */
export interface Rule {
  /** Lower-case words with hyphens. */
  readonly name: string;
  /** What must hold, and what for. */
  readonly description: string;
  /** Types of the resources that it is for, such as aws:s3/bucketPolicy:BucketPolicy. */
  readonly types: readonly string[];
  /** What is wrong with a resource, a message each; nothing where it holds. */
  readonly problems: (inputs: Inputs) => readonly string[];
}

/** A statement of a policy document. */
export interface Statement {
  readonly Sid?: string;
  readonly Effect: string;
  readonly Action?: string | readonly string[];
  readonly NotAction?: unknown;
  readonly Resource?: string | readonly string[];
  readonly Principal?: unknown;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** One or several values, as a list. */
export function list<T>(value: T | readonly T[] | undefined): readonly T[] {
  if (value === undefined) {
    return [];
  }
  return Array.isArray(value) ? (value as readonly T[]) : [value as T];
}

/** The value at a path, or undefined. */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (current, key) =>
      typeof current === "object" && current !== null
        ? (current as Record<string | number, unknown>)[key]
        : undefined,
    value,
  );
}

/** The document in a text of JSON; undefined where it is none, or is not known before an update. */
export function document(text: unknown): unknown {
  try {
    return typeof text === "string" ? (JSON.parse(text) as unknown) : undefined;
  } catch {
    return undefined;
  }
}

/** The statements of a policy document. */
export function statements(policy: unknown): readonly Statement[] {
  return list(at(document(policy), "Statement") as Statement | readonly Statement[] | undefined);
}

/** A message for each requirement that does not hold. */
export function unmet(...requirements: readonly (readonly [boolean, string])[]): readonly string[] {
  return requirements.flatMap(([holds, message]) => (holds ? [] : [message]));
}
