import { decide } from "../../local/service/authorization";
import {
  type IamRequest as PlainRequest,
  type NamedPolicy,
  type Policies,
  policiesFor,
} from "../../local/service/policies";
import type { Program } from "../../offline/program";

/** A request, as IAM sees it. */
export interface IamRequest extends PlainRequest {
  /** Whether the actor's own policies are changed to allow everything: then its boundary alone decides. */
  readonly whateverPolicies?: boolean;
  /** Whether the resource's policy is changed to allow the actor's session everything, by the session's ARN. */
  readonly opened?: boolean;
}

/** A role that could do everything, to show what other policies still forbid. */
export const anyRole = "*";

const everything = {
  name: "everything",
  policy: {
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }],
  },
};

/** A resource's policy that allows a session everything. */
const openTo = (session: string): NamedPolicy => ({
  name: "open",
  policy: {
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Principal: { AWS: session }, Action: "*", Resource: "*" }],
  },
});

/**
 * Whether an actor may do something, decided by an IAM simulator on the policies that the program renders:
 * the role's, those of bucket and key, and the endpoint's.
 *
 * @throws Error where the simulator finds the policies or the request not valid
 */
export async function isAllowed(
  program: Program,
  actor: string,
  request: IamRequest,
): Promise<boolean> {
  const name = actor === anyRole ? "any" : actor;
  const rendered = (): Policies => policiesFor(program, actor, request);
  let policies: Policies;
  if (actor === anyRole) {
    policies = {
      ...policiesFor(program, "processing", request),
      boundary: [],
      identity: [everything],
    };
  } else if (request.whateverPolicies === true) {
    policies = { ...rendered(), identity: [everything] };
  } else {
    policies = rendered();
  }
  if (request.opened === true) {
    const { user } = await decide(program, name, request, policies);
    policies = { ...policies, resource: openTo(user) };
  }
  return (await decide(program, name, request, policies)).allowed;
}
