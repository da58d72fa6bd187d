import { runSimulation } from "@cloud-copilot/iam-simulate";

import type { Program } from "../../local/program";
import { text } from "../../pipeline/walk";

const accountId = "111122223333";

/** A request, as IAM sees it. */
export interface IamRequest {
  readonly action: string;
  /** ARN of what is asked for. */
  readonly resource: string;
  /** Condition keys. */
  readonly context?: Readonly<Record<string, string>>;
  /** Name of the VPC endpoint that the request goes through. Default: none. */
  readonly endpoint?: string;
  /** Account that owns the resource. Default: the stack's. */
  readonly owner?: string;
}

function policyOf(program: Program, name: string): unknown {
  const found = program.resources.find((one) => one.name === name);
  if (found === undefined) {
    throw new Error(`no resource ${name}`);
  }
  return JSON.parse(text(found.inputs["policy"])) as unknown;
}

/** The policy of what is asked for, where it has one. */
function resourcePolicy(program: Program, resource: string): unknown {
  if (resource.startsWith("arn:aws:s3:::sagemaker-restate-test-")) {
    return policyOf(program, "data-bucket-policy");
  }
  return resource.startsWith("arn:aws:kms:") ? policyOf(program, "data-key-policy") : undefined;
}

/** A role that could do everything, to show what other policies still forbid. */
export const anyRole = "*";

const everything = {
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }],
};

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
  const { action, context = {}, endpoint, owner = accountId, resource } = request;
  const simulation = await runSimulation(
    {
      request: {
        principal: `arn:aws:sts::${accountId}:assumed-role/restate-test-${actor === anyRole ? "any" : actor}/SageMaker`,
        action,
        resource: { resource, accountId: owner },
        contextVariables: {
          "aws:PrincipalAccount": accountId,
          "aws:SecureTransport": "true",
          ...context,
        },
      },
      identityPolicies: [
        {
          name: actor,
          policy: actor === anyRole ? everything : policyOf(program, `permissions-${actor}-policy`),
        },
      ],
      serviceControlPolicies: [],
      resourceControlPolicies: [],
      resourcePolicy: resourcePolicy(program, resource),
      ...(endpoint === undefined
        ? {}
        : { vpcEndpointPolicies: [{ name: endpoint, policy: policyOf(program, endpoint) }] }),
    },
    {},
  );
  if (simulation.resultType === "error") {
    throw new Error(`${action} ${resource}: ${JSON.stringify(simulation.errors)}`);
  }
  return simulation.overallResult === "Allowed";
}
