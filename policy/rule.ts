/** The inputs of a resource, as a program gives them. */
export type Inputs = Readonly<Record<string, unknown>>;

/** What whoever runs the pack may set, a member a rule; the policy pack's configuration is of this form. */
export interface RuleConfig {
  /** Accounts, by their 12 digits, that may be let in beside the stack's own. Default: none to write, any to read. */
  readonly accounts?: readonly string[];
  /** What an execution may cost at the most, in the prices' currency. Default: whatever it costs. */
  readonly maxCostPerExecution?: number;
  /** Prices that differ from those that come with the project, as `restate:prices` gives them. Default: none. */
  readonly prices?: Readonly<Record<string, unknown>>;
  /** Whether jobs and models must be in a network of the account's own. Default: false. */
  readonly requireNetwork?: boolean;
  /** Types of resources that are allowed in addition to those of this project. Default: none. */
  readonly types?: readonly string[];
}

/** A rule for the resources of some types. */
export interface Rule {
  /** Lower-case words with hyphens. */
  readonly name: string;
  /** What must hold, and what for. */
  readonly description: string;
  /** Types of the resources that it is for, such as aws:s3/bucketPolicy:BucketPolicy. */
  readonly types: readonly string[];
  /** Members of the configuration that it reads. Default: none. */
  readonly reads?: readonly (keyof RuleConfig)[];
  /** What is wrong with a resource, a message each; nothing if it holds. */
  readonly problems: (inputs: Inputs, config?: RuleConfig) => readonly string[];
}

/** A resource of a stack, as rules for the whole see it. */
export interface StackResource {
  readonly type: string;
  readonly name: string;
  readonly props: Inputs;
  /** Names of the resources that a property depends on: known before its value is. */
  readonly dependsOn?: Readonly<Record<string, readonly string[]>>;
}

/** A rule for all resources of a stack together. */
export interface StackRule extends Omit<Rule, "problems" | "types"> {
  readonly problems: (
    resources: readonly StackResource[],
    config?: RuleConfig,
  ) => readonly string[];
}

/** One or several values, as a list. */
export function list<T>(value: T | readonly T[] | null | undefined): readonly T[] {
  if (value === undefined || value === null) {
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

/** Whether a value is a text that says something. */
export const isText = (value: unknown): value is string =>
  typeof value === "string" && value.trim() !== "";

/** The document in a text of JSON, or the document itself; undefined if it is neither. */
export function document(value: unknown): unknown {
  try {
    return typeof value === "string" ? (JSON.parse(value) as unknown) : (value ?? undefined);
  } catch {
    return undefined;
  }
}

/** A message for each requirement that does not hold. */
export function unmet(...requirements: readonly (readonly [boolean, string])[]): readonly string[] {
  return requirements.flatMap(([holds, message]) => (holds ? [] : [message]));
}
