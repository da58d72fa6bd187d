/** The inputs of a resource. */
export type Inputs = Readonly<Record<string, unknown>>;

/** The pack's configuration, by rule. */
export interface RuleConfig {
  /** Ids of other accounts that may have access. Default: none to write, any to read. */
  readonly accounts?: readonly string[];
  /** Names of buckets of other stacks that policies may let write to. Default: none. */
  readonly buckets?: readonly string[];
  /** Max costs of an execution, in the prices' currency. Default: unlimited. */
  readonly maxCostPerExecution?: number;
  /** Prices that differ from the project's, in the form of `restate:prices`. Default: none. */
  readonly prices?: Readonly<Record<string, unknown>>;
  /** Whether jobs and models must be in a VPC. Default: false. */
  readonly requireNetwork?: boolean;
  /** Services, such as sqs, whose actions to allow in addition to this project's. Default: none. */
  readonly services?: readonly string[];
  /** Types of resources to allow in addition to this project's. Default: none. */
  readonly types?: readonly string[];
}

/** A rule for the resources of some types. */
export interface Rule {
  /** Lower-case words with hyphens. */
  readonly name: string;
  /** Description of the requirement. */
  readonly description: string;
  /** Types of resources to check, such as aws:s3/bucketPolicy:BucketPolicy. */
  readonly types: readonly string[];
  /** Members of the configuration that it reads. Default: none. */
  readonly reads?: readonly (keyof RuleConfig)[];
  /** The problems of a resource. */
  readonly problems: (inputs: Inputs, config?: RuleConfig) => readonly string[];
}

/** A resource of a stack, for rules for the whole stack. */
export interface StackResource {
  readonly type: string;
  readonly name: string;
  readonly props: Inputs;
  /** Names of the resources that a property depends on, known before its value. */
  readonly dependsOn?: Readonly<Record<string, readonly string[]>>;
}

/** A rule for a whole stack. */
export interface StackRule extends Omit<Rule, "problems" | "types"> {
  readonly problems: (
    resources: readonly StackResource[],
    config?: RuleConfig,
  ) => readonly string[];
}

/** One or several values, as a list. */
export function list(value: unknown): readonly unknown[] {
  return value === undefined || value === null ? [] : [value].flat();
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

/** Whether a value is a non-blank text. */
export const isText = (value: unknown): value is string =>
  typeof value === "string" && value.trim() !== "";

/** A document, parsed if it is JSON text; undefined if it is neither. */
export function document(value: unknown): unknown {
  try {
    return typeof value === "string" ? (JSON.parse(value) as unknown) : (value ?? undefined);
  } catch {
    return undefined;
  }
}

/** A requirement: whether it is met, and the message if it is not. */
export type Requirement = readonly [boolean, string];

/** The messages of unmet requirements. */
export function unmet(...requirements: readonly Requirement[]): readonly string[] {
  return requirements.flatMap(([holds, message]) => (holds ? [] : [message]));
}

/** Requires a value at a path. */
export function must(
  be: unknown,
  value: unknown,
  ...path: readonly (string | number)[]
): Requirement {
  return [at(value, ...path) === be, `${path.at(-1) ?? ""} must be ${String(be)}`];
}
