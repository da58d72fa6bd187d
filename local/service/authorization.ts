import type { RequestAnalysis } from "@cloud-copilot/iam-simulate";
import { createRequire } from "node:module";

import { stackNames } from "../../contract/names";
import {
  accountOf,
  type IamRequest,
  type NamedPolicy,
  type Policies,
  policiesFor,
  type Ruled,
} from "./policies";

/** A statement that has a say in a request. */
export interface DecidingStatement {
  /** Name of the resource that the policy is in, as the program registers it. */
  readonly policy: string;
  /** The statement's Sid; its number, from 1, if it has none. */
  readonly statement: string;
}

/** A statement that would allow a request, but for its conditions. */
export interface NearStatement extends DecidingStatement {
  /** The conditions that do not hold: operator, key and values, as the policy has them. */
  readonly conditions: readonly string[];
}

/** What policies say of a request. */
export interface Decision {
  readonly allowed: boolean;
  /** Who asks, as AWS names it in errors. */
  readonly user: string;
  /** What AWS would say. Empty if it is allowed. */
  readonly message: string;
  /** The statements that allow it, or that deny it. None if nothing allows it. */
  readonly statements: readonly DecidingStatement[];
  /** Of a request that nothing allows: the statements that only lack what their conditions ask for. */
  readonly near: readonly NearStatement[];
}

type StatementAnalysis = NonNullable<
  RequestAnalysis["identityAnalysis"]
>["allowStatements"][number];

/** The policies by actions that they were narrowed to. */
const narrowedBefore = new WeakMap<NamedPolicy, Map<string, NamedPolicy | undefined>>();

/** Whether a statement may be about an action: all that the simulator does beyond takes time, and changes nothing. */
function isAbout(statement: unknown, action: string): boolean {
  const { Action: actions } = statement as { readonly Action?: string | readonly string[] };
  return (
    actions === undefined ||
    [actions].flat().some((pattern) => {
      const expression = pattern
        .replace(/[.+^${}()|[\]\\]/g, "\\$&")
        .replaceAll("*", ".*")
        .replaceAll("?", ".");
      return new RegExp(`^${expression}$`, "i").test(action);
    })
  );
}

/**
 * A policy with the statements that may be about an action alone; undefined if there are none. Statements
 * without a Sid get their number as one, as they are counted by their place.
 */
function narrowed(named: NamedPolicy, action: string): NamedPolicy | undefined {
  const before = narrowedBefore.get(named) ?? new Map<string, NamedPolicy | undefined>();
  narrowedBefore.set(named, before);
  if (!before.has(action)) {
    before.set(action, narrow(named, action));
  }
  return before.get(action);
}

function narrow({ name, policy }: NamedPolicy, action: string): NamedPolicy | undefined {
  const { Statement: all, ...rest } = policy as { readonly Statement: object | readonly object[] };
  const statements = [all]
    .flat()
    .map((one, index) => ({ Sid: `Statement${index + 1}`, ...one }))
    .filter((one) => isAbout(one, action));
  return statements.length === 0 ? undefined : { name, policy: { ...rest, Statement: statements } };
}

/** The conditions of a statement that do not hold, as the policy has them. */
function lacking({ explain }: StatementAnalysis): readonly string[] {
  return (explain.conditions ?? [])
    .filter(({ matches }) => !matches)
    .map(({ conditionKeyValue: key, operator, values }) => {
      const texts = [values].flat().map(({ value }) => value);
      return `${operator} ${key}: ${texts.join(", ")}`;
    });
}

function deciding({ policyId, statement }: StatementAnalysis): DecidingStatement {
  return { policy: policyId, statement: statement.sid() ?? String(statement.index()) };
}

/** The kinds of policy in AWS's words, in the order in which its errors name them. */
const policyKinds = [
  ["resourceAnalysis", "a resource-based policy", "no resource-based policy"],
  ["endpointAnalysis", "a VPC endpoint policy", "no VPC endpoint policy"],
  ["permissionBoundaryAnalysis", "a permissions boundary", "no permissions boundary"],
  ["identityAnalysis", "an identity-based policy", "no identity-based policy"],
] as const;

/**
 * Why a request is denied, in AWS's words, and by which statements.
 * Source: IAM guide, "Troubleshoot access denied error messages".
 */
function denial(
  analysis: RequestAnalysis,
  action: string,
): Pick<Decision, "near" | "statements"> & { readonly because: string } {
  for (const [member, kind] of policyKinds) {
    const { denyStatements: denying = [] } = analysis[member] ?? {};
    if (denying.length > 0) {
      const because = `with an explicit deny in ${kind}`;
      return { because, statements: denying.map(deciding), near: [] };
    }
  }
  const identityAllows = analysis.identityAnalysis?.result === "Allowed";
  const blocked = analysis.blockedBy ?? [];
  const [member, , kind] =
    policyKinds[blocked.includes("vpce") ? 1 : blocked.includes("pb") ? 2 : identityAllows ? 0 : 3];
  const near = (analysis[member]?.unmatchedStatements ?? []).filter(
    ({ actionMatch, principalMatch, resourceMatch, statement }) =>
      statement.isAllow() && actionMatch && resourceMatch && principalMatch !== "NoMatch",
  );
  return {
    because: `because ${kind} allows the ${action} action`,
    statements: [],
    near: near.map((one) => ({ ...deciding(one), conditions: lacking(one) })),
  };
}

/**
 * What AWS would say to a request of an actor, decided by an IAM simulator on the policies that the program
 * renders. Policies of an organisation are not known.
 *
 * @param actor such as processing: a role of the stack, without what all their names begin with
 * @param policies Default: those that the program renders
 * @throws Error if the simulator finds the policies or the request not valid
 */
export async function decide(
  program: Ruled,
  actor: string,
  request: IamRequest,
  policies: Policies = policiesFor(program, actor, request),
): Promise<Decision> {
  const { action, context = {}, endpoint, resource } = request;
  const { caller = program.accountId, owner = accountOf(resource) ?? program.accountId } = request;
  const role = `${stackNames(program.stack).namePrefix}-${actor}`;
  const user = `arn:aws:sts::${caller}:assumed-role/${role}/SageMaker`;
  const only = (all: readonly NamedPolicy[]): NamedPolicy[] =>
    all.flatMap((one) => narrowed(one, action) ?? []);
  // Of these, one without statements means something else than none.
  const all = (policies: readonly NamedPolicy[]): NamedPolicy[] =>
    policies.map((one) => narrowed(one, action) ?? one);
  // The simulator takes a while to load, and most commands need none.
  const { runSimulation } = createRequire(__filename)(
    "@cloud-copilot/iam-simulate",
  ) as typeof import("@cloud-copilot/iam-simulate");
  const simulation = await runSimulation(
    {
      request: {
        principal: user,
        action,
        resource: { resource, accountId: owner },
        contextVariables: {
          "aws:PrincipalAccount": caller,
          "aws:PrincipalArn": `arn:aws:iam::${caller}:role/${role}`,
          "aws:PrincipalIsAWSService": "false",
          "aws:ViaAWSService": "false",
          "aws:SecureTransport": "true",
          ...(endpoint === undefined ? {} : { "aws:SourceVpce": `${endpoint}-id` }),
          ...Object.fromEntries(
            Object.entries(context).map(([key, value]): [string, string | string[]] => [
              key,
              typeof value === "string" ? value : [...value],
            ]),
          ),
        },
      },
      identityPolicies: only(policies.identity),
      permissionBoundaryPolicies:
        policies.boundary.length === 0 ? undefined : all(policies.boundary),
      serviceControlPolicies: [],
      resourceControlPolicies: [],
      resourcePolicy: policies.resource && all([policies.resource])[0]?.policy,
      vpcEndpointPolicies: policies.endpoint.length === 0 ? undefined : all(policies.endpoint),
    },
    {},
  );
  if (simulation.resultType === "error") {
    throw new Error(`${action} ${resource}: ${JSON.stringify(simulation.errors)}`);
  }
  const result = simulation.resultType === "single" ? simulation.result : simulation.results[0];
  const named = (statements: readonly DecidingStatement[]): readonly DecidingStatement[] =>
    // The simulator has no name for the policy of what is asked for.
    statements.map((one) => ({
      ...one,
      policy: isNamed(policies, one.policy) ? one.policy : (policies.resource?.name ?? one.policy),
    }));
  if (simulation.overallResult === "Allowed") {
    const allowing = [result?.analysis.identityAnalysis, result?.analysis.resourceAnalysis];
    const statements = allowing.flatMap((one) => one?.allowStatements ?? []).map(deciding);
    return { allowed: true, user, message: "", statements: named(statements), near: [] };
  }
  const { because, near, statements } =
    result === undefined
      ? {
          because: `because no identity-based policy allows the ${action} action`,
          statements: [],
          near: [],
        }
      : denial(result.analysis, action);
  return {
    allowed: false,
    user,
    message: `User: ${user} is not authorized to perform: ${action} on resource: ${resource} ${because}`,
    statements: named(statements),
    near,
  };
}

function isNamed({ boundary, endpoint, identity }: Policies, name: string): boolean {
  return [...boundary, ...endpoint, ...identity].some((one) => one.name === name);
}
