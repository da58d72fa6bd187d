import type {
  RequestAnalysis,
  RunSimulationResults,
  Simulation,
} from "@cloud-copilot/iam-simulate";
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

/** A statement that decides a request. */
interface DecidingStatement {
  /** The program's name of the policy's resource. */
  readonly policy: string;
  /** The statement's Sid; its number, from 1, if it has none. */
  readonly statement: string;
}

/** A statement that only denies a request because of its conditions. */
interface NearStatement extends DecidingStatement {
  /** The policy's conditions that do not hold: operator, key and values. */
  readonly conditions: readonly string[];
}

/** The decision of policies on a request. */
export interface Decision {
  readonly allowed: boolean;
  /** The caller, as in AWS's errors. */
  readonly user: string;
  /** AWS's error message. Empty if it is allowed. */
  readonly message: string;
  /** The statements that allow it or deny it. Empty if none allows it. */
  readonly statements: readonly DecidingStatement[];
  /** Statements that would allow the request if their conditions held. */
  readonly near: readonly NearStatement[];
}

type StatementAnalysis = NonNullable<
  RequestAnalysis["identityAnalysis"]
>["allowStatements"][number];

/** The policies' relevant statements by action. */
const narrowedBefore = new WeakMap<NamedPolicy, Map<string, NamedPolicy | undefined>>();

/** Whether a statement may apply to an action: the simulator would be slow with all statements. */
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
 * A policy with only the statements that may apply to an action; undefined if there are none. Statements without a Sid get
 * their original number as Sid.
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

/** The policy's conditions of a statement that do not hold. */
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

/** AWS's names of the kinds of policies, in the order of its errors. */
const policyKinds = [
  ["resourceAnalysis", "a resource-based policy", "no resource-based policy"],
  ["endpointAnalysis", "a VPC endpoint policy", "no VPC endpoint policy"],
  ["permissionBoundaryAnalysis", "a permissions boundary", "no permissions boundary"],
  ["identityAnalysis", "an identity-based policy", "no identity-based policy"],
] as const;

/**
 * Why a request is denied, in AWS's words, and the statements that deny it.
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

/** Max remembered results: the emulator runs for days, and each execution names other objects. */
const maxSimulated = 5_000;

/** The simulator's results by what it was asked: it takes a millisecond, and requests of steps and roles repeat. */
const simulated = new Map<string, Promise<RunSimulationResults>>();

function simulate(simulation: Simulation): Promise<RunSimulationResults> {
  const key = JSON.stringify(simulation);
  const before = simulated.get(key);
  if (before !== undefined) {
    return before;
  }
  // It takes a while to load, and most commands need none.
  const { runSimulation } = createRequire(__filename)(
    "@cloud-copilot/iam-simulate",
  ) as typeof import("@cloud-copilot/iam-simulate");
  const result = runSimulation(simulation, {});
  simulated.set(key, result);
  const [oldest] = simulated.keys();
  if (oldest !== undefined && simulated.size > maxSimulated) {
    simulated.delete(oldest);
  }
  return result;
}

/**
 * AWS's decision on a request of an actor, by an IAM simulator on the policies that the program renders, without an
 * organisation's policies.
 *
 * @param actor a role of the stack without the common prefix, such as processing
 * @param policies default: those that the program renders
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
  // For these, a policy without statements differs from no policy.
  const all = (policies: readonly NamedPolicy[]): NamedPolicy[] =>
    policies.map((one) => narrowed(one, action) ?? one);
  const simulation = await simulate({
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
    permissionBoundaryPolicies: policies.boundary.length === 0 ? undefined : all(policies.boundary),
    serviceControlPolicies: [],
    resourceControlPolicies: [],
    resourcePolicy: policies.resource && all([policies.resource])[0]?.policy,
    vpcEndpointPolicies: policies.endpoint.length === 0 ? undefined : all(policies.endpoint),
  });
  if (simulation.resultType === "error") {
    throw new Error(`${action} ${resource}: ${JSON.stringify(simulation.errors)}`);
  }
  const result = simulation.resultType === "single" ? simulation.result : simulation.results[0];
  const named = (statements: readonly DecidingStatement[]): readonly DecidingStatement[] =>
    // The simulator does not name the resource's policy.
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
