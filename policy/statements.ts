import { document, list } from "./rule";

/** A condition of a statement. */
interface Condition {
  /** The operator without prefix and suffix, in lower case: stringequals. */
  readonly operator: string;
  /** Whether it also holds if the request does not have the key, or no values for it. */
  readonly holdsWithoutKey: boolean;
  /** In lower case. */
  readonly key: string;
  readonly values: readonly string[];
}

/** A statement of a policy, normalised: IAM accepts many forms. */
export interface Statement {
  readonly sid: string;
  readonly allows: boolean;
  /** In lower case. */
  readonly actions: readonly string[];
  /** The original actions, for messages. */
  readonly written: readonly string[];
  readonly resources: readonly string[];
  /** Principals, with their kind in lower case: aws, service, federated, canonicaluser. */
  readonly principals: readonly (readonly [kind: string, value: string])[];
  /** Negated elements, such as NotAction. */
  readonly negated: readonly ("NotAction" | "NotPrincipal" | "NotResource")[];
  readonly conditions: readonly Condition[];
}

/** A member of an object, ignoring the case of its name. */
function member(value: object, name: string): unknown {
  const found = Object.entries(value).filter(([key]) => key.toLowerCase() === name.toLowerCase());
  return found.length > 1 ? found.map(([, one]) => one as unknown).flat() : found[0]?.[1];
}

const texts = (value: unknown): readonly string[] => list(value).map((one) => String(one).trim());

function principalsOf(value: unknown): Statement["principals"] {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return Object.entries(value).flatMap(([kind, values]) =>
      texts(values).map((one) => [kind.toLowerCase(), one] as const),
    );
  }
  return texts(value).map((one) => ["aws", one] as const);
}

function conditionsOf(value: unknown): readonly Condition[] {
  return Object.entries(value ?? {}).flatMap(([written, tests]) => {
    const whole = written.toLowerCase();
    const operator = whole.replace(/^forallvalues:|^foranyvalue:/, "").replace(/ifexists$/, "");
    const holdsWithoutKey = whole.startsWith("forallvalues:") || whole.endsWith("ifexists");
    return Object.entries((tests ?? {}) as object).map(([key, values]): Condition => {
      return { operator, holdsWithoutKey, key: key.toLowerCase(), values: texts(values) };
    });
  });
}

function statementOf(value: object): Statement {
  const written = texts(member(value, "Action"));
  const negated = (["NotAction", "NotPrincipal", "NotResource"] as const).filter(
    (name) => member(value, name) !== undefined,
  );
  return {
    sid: texts(member(value, "Sid"))[0] ?? "",
    // Any other effect is checked like Allow.
    allows: texts(member(value, "Effect"))[0]?.toLowerCase() !== "deny",
    actions: written.map((action) => action.toLowerCase()),
    written,
    resources: texts(member(value, "Resource")),
    principals: principalsOf(member(value, "Principal")),
    negated,
    conditions: conditionsOf(member(value, "Condition")),
  };
}

/**
 * The statements of a policy, a text or an object; none if it is undefined, as before an update. An invalid policy
 * becomes a statement that allows everything.
 */
export function statements(policy: unknown): readonly Statement[] {
  if (policy === undefined || policy === null) {
    return [];
  }
  const content = document(policy);
  const all =
    typeof content === "object" && content !== null ? member(content, "Statement") : undefined;
  const found = list(all).filter((one) => typeof one === "object" && one !== null);
  return found.length === 0
    ? [statementOf({ Sid: "unreadable policy", Action: "*", Resource: "*", Principal: "*" })]
    : found.map((one) => statementOf(one));
}

export const allowing = (policy: unknown): readonly Statement[] =>
  statements(policy).filter(({ allows }) => allows);

/** Operators that limit a key to the given values. */
const positive = ["stringequals", "stringequalsignorecase", "arnequals", "arnlike", "stringlike"];

const onlyWildcards = /^[*?:/]*$/;

const account = /^\d{12}$/;

/** Required forms of some keys' values; others might belong to somebody else. */
const forms: Readonly<Record<string, RegExp>> = {
  "aws:principalaccount": account,
  "aws:principalorgid": /^o-[a-z0-9]{10,32}$/,
  "aws:sourceaccount": account,
  "aws:sourcearn": /^arn:[\w-]+:[\w-]+:[\w-]*:\d{12}:/,
  "iam:passedtoservice": /^(events|glue|sagemaker|scheduler|vpc-flow-logs)\.amazonaws\.com$/,
  "iam:permissionsboundary": /^arn:[\w-]+:iam::\d{12}:policy\/[^*?]+$/,
  "kms:calleraccount": account,
};

/** Whether a key's values are a limit. Only one account is allowed. */
function sayWho(key: string, values: readonly string[]): boolean {
  const form = forms[key];
  return (
    values.length > 0 &&
    (form !== account || values.length === 1) &&
    values.every((value) => !onlyWildcards.test(value) && (form?.test(value) ?? true))
  );
}

/** Whether a statement limits requests by a key. */
export function held({ conditions }: Statement, ...keys: readonly string[]): boolean {
  return conditions.some(
    ({ holdsWithoutKey, key, operator, values }) =>
      keys.some((one) => one.toLowerCase() === key) &&
      positive.includes(operator) &&
      !holdsWithoutKey &&
      sayWho(key, values),
  );
}

/** Whether a statement limits requests that have a key. */
export function heldWhereGiven(
  { conditions, ...statement }: Statement,
  ...keys: readonly string[]
): boolean {
  const given = conditions.map((one) => ({ ...one, holdsWithoutKey: false }));
  return held({ ...statement, conditions: given }, ...keys);
}

/** Whether an IAM pattern may match several texts. */
export const hasWildcard = (pattern: string): boolean => /[*?]/.test(pattern);

/**
 * Whether a resource includes everything of a service or a kind: "*", or an ARN with a wildcard for the service, directly
 * after the kind, or for a bucket's name.
 */
export function isEverything(resource: string): boolean {
  const [scheme = "", partition = "", service = "", , , ...rest] = resource.split(":");
  if (scheme !== "arn" || hasWildcard(service) || rest.length === 0) {
    // A variable may be anything, and so may a name without an ARN.
    return hasWildcard(resource);
  }
  const path = rest.join(":");
  if (onlyWildcards.test(path) || (partition !== "" && /^[*?]+$/.test(path))) {
    return true;
  }
  // Services whose ARNs have no kind.
  if (["s3", "sns", "sqs"].includes(service)) {
    return /^([*?]|\$\{)/.test(path);
  }
  const [, name = path] = /^[\w-]+[/:](.*)$/s.exec(path) ?? [];
  return onlyWildcards.test(name);
}

/** Whether an IAM pattern matches a text. */
export function matches(pattern: string, text: string): boolean {
  const expression = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${expression}$`, "is").test(text);
}
