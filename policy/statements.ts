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

/** Condition keys that limit a statement to an account or its resources; the rule one-account checks which account. */
export const accountKeys = [
  "aws:principalaccount",
  "aws:sourceaccount",
  "aws:sourcearn",
  "kms:calleraccount",
];

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
  // People approve models.
  "sagemaker:modelapprovalstatus": /^(PendingManualApproval|Rejected)$/,
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

/** Condition keys, or patterns of them in lower case. */
type Keys = readonly (string | RegExp)[];

const isOneOf = (key: string, keys: Keys): boolean =>
  keys.some((one) => (typeof one === "string" ? one.toLowerCase() === key : one.test(key)));

/** Whether a statement limits requests by a key. */
export function held({ conditions }: Statement, ...keys: Keys): boolean {
  return conditions.some(
    ({ holdsWithoutKey, key, operator, values }) =>
      isOneOf(key, keys) && positive.includes(operator) && !holdsWithoutKey && sayWho(key, values),
  );
}

/** Whether a statement limits requests that have a key. */
export function heldWhereGiven({ conditions, ...statement }: Statement, ...keys: Keys): boolean {
  const given = conditions.map((one) => ({ ...one, holdsWithoutKey: false }));
  return held({ ...statement, conditions: given }, ...keys);
}

/** Whether a statement requires a key to be true. */
export function isTrue({ conditions }: Statement, key: string): boolean {
  return conditions.some(
    (one) =>
      one.key === key.toLowerCase() &&
      one.operator === "bool" &&
      !one.holdsWithoutKey &&
      one.values.length === 1 &&
      one.values[0]?.toLowerCase() === "true",
  );
}

/** Whether an IAM pattern may match several texts; a variable may be anything. */
export const hasWildcard = (pattern: string): boolean => /[*?]|\$\{/.test(pattern);

/** Services whose ARNs have no kind. */
const withoutKind = ["sns", "sqs"];

/**
 * Whether a resource is not named: "*", or an ARN with a wildcard for the service, the account or the kind, in a bucket's
 * name, or at the beginning of another name.
 */
export function isUnnamed(resource: string): boolean {
  const [scheme, , service = "", , account = "", ...rest] = resource
    .replace(/\$\{[^}]*\}/g, "*")
    .split(":");
  if (scheme !== "arn" || hasWildcard(service) || rest.length === 0) {
    return hasWildcard(resource);
  }
  const path = rest.join(":");
  if (service === "s3") {
    // Anybody's bucket may have the same prefix.
    return hasWildcard(path.split("/")[0] ?? "");
  }
  if (withoutKind.includes(service)) {
    return hasWildcard(account) || /^[*?]/.test(path);
  }
  const [, kind = path, name = ""] = /^([^/:]*)[/:](.*)$/s.exec(path) ?? [];
  return hasWildcard(account) || hasWildcard(kind) || /^[*?]/.test(name);
}

/** Whether an IAM pattern matches a text. */
export function matches(pattern: string, text: string): boolean {
  const expression = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${expression}$`, "is").test(text);
}
