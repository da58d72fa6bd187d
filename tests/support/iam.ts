import { runSimulation } from "@cloud-copilot/iam-simulate";

import type { Program } from "../../offline/program";
import { text } from "./json";

const accountId = "111122223333";

/** A request, as IAM sees it. */
export interface IamRequest {
  readonly action: string;
  /** ARN of what is asked for. */
  readonly resource: string;
  /** Condition keys. */
  readonly context?: Readonly<Record<string, string | readonly string[]>>;
  /** Whether the actor's own policies are changed to allow everything: then its boundary alone decides. */
  readonly whateverPolicies?: boolean;
  /** Name of the VPC endpoint that the request goes through. Default: none. */
  readonly endpoint?: string | undefined;
  /** Account that owns the resource. Default: the one that its ARN names, or else the stack's. */
  readonly owner?: string;
  /** Account of who asks. Default: the stack's. */
  readonly caller?: string;
}

/** The policies of what may be asked for, by the beginning of its ARN. */
const resourcePolicies: readonly (readonly [RegExp, string])[] = [
  [/^arn:aws:s3:::sagemaker-restate-test-/, "data-bucket-policy"],
  [/^arn:aws:kms:.*:111122223333:/, "data-key-policy"],
  [/^arn:aws:ecr:.*:repository\/restate-test-/, "decision-tree-repository-policy"],
  [
    /^arn:aws:sagemaker:.*:model-package(-group)?\/restate-test/,
    "models-model-package-group-policy",
  ],
  [/^arn:aws:sns:/, "operations-topic-policy"],
];

function findPolicy(program: Program, name: string): unknown {
  const inputs = program.resources.find((one) => one.name === name)?.inputs;
  const policy = inputs?.["policy"] ?? inputs?.["resourcePolicy"];
  return policy === undefined ? undefined : (JSON.parse(text(policy)) as unknown);
}

function policyOf(program: Program, name: string): unknown {
  const found = findPolicy(program, name);
  if (found === undefined) {
    throw new Error(`no policy ${name}`);
  }
  return found;
}

/** The policy that KMS gives a key by default: it leaves the key to its account. */
const keyOfAnotherAccount = (owner: string): unknown => ({
  Version: "2012-10-17",
  Statement: [
    {
      Effect: "Allow",
      Principal: { AWS: `arn:aws:iam::${owner}:root` },
      Action: "kms:*",
      Resource: "*",
    },
  ],
});

/** What the owner of another account's repository has said: this account pulls from it. */
const repositoryOfAnotherAccount = {
  Version: "2012-10-17",
  Statement: [
    {
      Effect: "Allow",
      Principal: { AWS: `arn:aws:iam::${accountId}:root` },
      Action: [
        "ecr:BatchCheckLayerAvailability",
        "ecr:BatchGetImage",
        "ecr:DescribeImages",
        "ecr:GetDownloadUrlForLayer",
      ],
    },
  ],
};

/** The account in an ARN; undefined where it has none. */
function accountOf(resource: string): string | undefined {
  return /^arn:[^:]*:[^:]*:[^:]*:(\d{12}):/.exec(resource)?.[1];
}

/** The policy of what is asked for, where it has one. */
function resourcePolicy(program: Program, resource: string): unknown {
  if (resource.startsWith("arn:aws:ecr:") && accountOf(resource) !== accountId) {
    return repositoryOfAnotherAccount;
  }
  const [, keyOwner] = /^arn:aws:kms:[^:]*:(\d{12}):/.exec(resource) ?? [];
  if (keyOwner !== undefined && keyOwner !== accountId) {
    return keyOfAnotherAccount(keyOwner);
  }
  const [, name] = resourcePolicies.find(([pattern]) => pattern.test(resource)) ?? [];
  return name === undefined ? undefined : findPolicy(program, name);
}

/** The policies of an actor: its role's own, or those attached to the deployer's. */
function identityPolicies(program: Program, actor: string): { name: string; policy: unknown }[] {
  if (actor === anyRole) {
    return [{ name: actor, policy: everything }];
  }
  if (actor === "approver") {
    return [{ name: actor, policy: policyOf(program, "approval-policy") }];
  }
  if (actor === "flowLogs") {
    return [{ name: actor, policy: policyOf(program, "network-flow-logs-policy") }];
  }
  const names =
    actor === "deployer"
      ? program.resources
          .filter(({ name, type }) => type === "aws:iam/policy:Policy" && name.startsWith(actor))
          .map(({ name }) => name)
      : [`permissions-${actor}-policy`];
  return names.map((name) => ({ name, policy: policyOf(program, name) }));
}

/** The policy that limits an actor's role, where the stack makes it: one of the account's own is not known. */
function boundaryOf(
  program: Program,
  actor: string,
): { permissionBoundaryPolicies?: { name: string; policy: unknown }[] } {
  const name =
    { deployer: "deployer-role", flowLogs: "network-flow-logs-role" }[actor] ??
    `permissions-${actor}`;
  const arn = program.resources.find((one) => one.name === name && one.type === "aws:iam/role:Role")
    ?.inputs["permissionsBoundary"];
  const found = program.resources.find(
    ({ inputs, type }) =>
      type === "aws:iam/policy:Policy" &&
      arn === `arn:aws:iam::${accountId}:policy/${text(inputs["name"])}`,
  );
  return found === undefined
    ? {}
    : {
        permissionBoundaryPolicies: [
          { name: found.name, policy: JSON.parse(text(found.inputs["policy"])) as unknown },
        ],
      };
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
  const {
    action,
    caller = accountId,
    context = {},
    endpoint,
    resource,
    owner = accountOf(resource) ?? accountId,
  } = request;
  const name = actor === anyRole ? "any" : actor;
  const simulation = await runSimulation(
    {
      request: {
        principal: `arn:aws:sts::${caller}:assumed-role/restate-test-${name}/SageMaker`,
        action,
        resource: { resource, accountId: owner },
        contextVariables: {
          "aws:PrincipalAccount": caller,
          "aws:PrincipalArn": `arn:aws:iam::${caller}:role/restate-test-${name}`,
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
      identityPolicies: identityPolicies(
        program,
        request.whateverPolicies === true ? anyRole : actor,
      ),
      ...boundaryOf(program, actor),
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
