import { stackNames } from "../../contract/names";
import type { Program } from "../../offline/program";

/** Policies by kind. */
export type Ruled = Pick<Program, "accountId" | "resources" | "stack">;

export interface IamRequest {
  readonly action: string;
  /** ARN of the resource. */
  readonly resource: string;
  /** Condition keys. */
  readonly context?: Readonly<Record<string, string | readonly string[]>>;
  /** Name of the VPC endpoint that the request goes through. Default: none. */
  readonly endpoint?: string | undefined;
  /** Account that owns the resource. Default: that in its ARN, otherwise the stack's. */
  readonly owner?: string;
  /** Account of the caller. Default: the stack's. */
  readonly caller?: string;
}

/** A policy by the name of the resource that it is in. */
export interface NamedPolicy {
  readonly name: string;
  readonly policy: unknown;
}

/** The policies that decide a request. */
export interface Policies {
  readonly identity: readonly NamedPolicy[];
  readonly boundary: readonly NamedPolicy[];
  /** The resource's policy, if it has one. */
  readonly resource?: NamedPolicy | undefined;
  readonly endpoint: readonly NamedPolicy[];
}

/** A text in the inputs of a resource; empty if it is not a text. */
export function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** Cached policies of resources. */
const read = new WeakMap<Program["resources"][number], NamedPolicy>();

function readPolicy(resource: Program["resources"][number], policy: string): NamedPolicy {
  const known = read.get(resource) ?? {
    name: resource.name,
    policy: JSON.parse(policy) as unknown,
  };
  read.set(resource, known);
  return known;
}

function findPolicy({ resources }: Ruled, name: string): NamedPolicy | undefined {
  const found = resources.find((one) => one.name === name);
  const policy = found?.inputs["policy"] ?? found?.inputs["resourcePolicy"];
  return found !== undefined && typeof policy === "string" ? readPolicy(found, policy) : undefined;
}

function policyOf(program: Ruled, name: string): NamedPolicy {
  const found = findPolicy(program, name);
  if (found === undefined) {
    throw new Error(`no policy ${name}`);
  }
  return found;
}

/** A policy by which another account's owner of a resource allows a whole account. */
function sharedWith(accountId: string, rights: object): unknown {
  const Principal = { AWS: `arn:aws:iam::${accountId}:root` };
  return {
    Version: "2012-10-17",
    Statement: [{ Sid: "Shared", Effect: "Allow", Principal, ...rights }],
  };
}

/** The account in an ARN; undefined if it has none. */
export function accountOf(resource: string): string | undefined {
  return /^arn:[^:]*:[^:]*:[^:]*:(\d{12}):/.exec(resource)?.[1];
}

/** The resources of a stack with policies: prefixes of their ARNs, and the policies' names. */
function policiesByArn({ accountId, stack }: Ruled): readonly (readonly [RegExp, string])[] {
  const { namePrefix } = stackNames(stack);
  return [
    [new RegExp(`^arn:aws:s3:::sagemaker-${namePrefix}-${accountId}(/|$)`), "data-bucket-policy"],
    [new RegExp(`^arn:aws:kms:.*:${accountId}:`), "data-key-policy"],
    [new RegExp(`^arn:aws:ecr:.*:repository/${namePrefix}-`), "decision-tree-repository-policy"],
    [
      new RegExp(`^arn:aws:sagemaker:.*:model-package(-group)?/${namePrefix}(/|$)`),
      "models-model-package-group-policy",
    ],
    [/^arn:aws:sns:/, "operations-topic-policy"],
  ];
}

/** The resource's policy, if it has one. */
function resourcePolicy(program: Ruled, resource: string): NamedPolicy | undefined {
  const { accountId } = program;
  const owner = accountOf(resource);
  if (owner !== undefined && owner !== accountId) {
    if (resource.startsWith("arn:aws:ecr:")) {
      // The policy of another account's repository is assumed to let this account pull.
      const Action = [
        "ecr:BatchCheckLayerAvailability",
        "ecr:BatchGetImage",
        "ecr:DescribeImages",
        "ecr:GetDownloadUrlForLayer",
      ];
      return { name: `repository of ${owner}`, policy: sharedWith(accountId, { Action }) };
    }
    if (resource.startsWith("arn:aws:kms:")) {
      // KMS's default policy, which leaves the key to its account's policies.
      return {
        name: `key of ${owner}`,
        policy: sharedWith(owner, { Action: "kms:*", Resource: "*" }),
      };
    }
  }
  const [, name] = policiesByArn(program).find(([pattern]) => pattern.test(resource)) ?? [];
  return name === undefined ? undefined : findPolicy(program, name);
}

/** The identity-based policies of an actor. */
function identityPolicies(program: Ruled, actor: string): readonly NamedPolicy[] {
  if (actor === "deployer") {
    return program.resources
      .filter(({ name, type }) => type === "aws:iam/policy:Policy" && name.startsWith(actor))
      .map(({ name }) => policyOf(program, name));
  }
  const name =
    { approver: "approval-policy", flowLogs: "network-flow-logs-policy" }[actor] ??
    `permissions-${actor}-policy`;
  return [policyOf(program, name)];
}

/** The boundary of an actor's role, if the stack creates it; an existing one is unknown. */
function boundaryOf({ accountId, resources }: Ruled, actor: string): readonly NamedPolicy[] {
  const name =
    { deployer: "deployer-role", flowLogs: "network-flow-logs-role" }[actor] ??
    `permissions-${actor}`;
  const role = resources.find((one) => one.name === name && one.type === "aws:iam/role:Role");
  const found = resources.find(
    ({ inputs, type }) =>
      type === "aws:iam/policy:Policy" &&
      role?.inputs["permissionsBoundary"] ===
        `arn:aws:iam::${accountId}:policy/${textOf(inputs["name"])}`,
  );
  return found === undefined ? [] : [readPolicy(found, textOf(found.inputs["policy"]))];
}

/**
 * The policies of a program that decide a request of an actor: its role's and boundary, the resource's, and the VPC
 * endpoint's.
 */
export function policiesFor(program: Ruled, actor: string, request: IamRequest): Policies {
  const { endpoint, resource } = request;
  return {
    identity: identityPolicies(program, actor),
    boundary: boundaryOf(program, actor),
    resource: resourcePolicy(program, resource),
    endpoint: endpoint === undefined ? [] : [policyOf(program, endpoint)],
  };
}

/** The endpoint of a request: one that the stack creates, or, in an existing network, the id that the bucket requires. */
export function throughEndpoint(
  program: Ruled,
  endpoint: string,
): Pick<IamRequest, "context" | "endpoint"> {
  const name = `network-${endpoint}`;
  if (program.resources.some((one) => one.name === name)) {
    return { endpoint: name };
  }
  const bucket = findPolicy(program, "data-bucket-policy")?.policy as
    | { readonly Statement: readonly { readonly Sid: string; readonly Condition?: unknown }[] }
    | undefined;
  const found = bucket?.Statement.find(({ Sid }) => Sid === "JobsThroughEndpoint")?.Condition as
    { readonly StringNotEquals: Readonly<Record<string, string>> } | undefined;
  const id = endpoint === "s3" ? found?.StringNotEquals["aws:SourceVpce"] : undefined;
  return id === undefined ? {} : { context: { "aws:SourceVpce": id } };
}

/** The types of resources that decide about access, or that jobs' calls depend on. */
const ruling = new Set([
  "aws:athena/workgroup:Workgroup",
  "aws:ec2/flowLog:FlowLog",
  "aws:ec2/vpcEndpoint:VpcEndpoint",
  "aws:ecr/repositoryPolicy:RepositoryPolicy",
  "aws:glue/crawler:Crawler",
  "aws:glue/dataCatalogEncryptionSettings:DataCatalogEncryptionSettings",
  "aws:iam/policy:Policy",
  "aws:iam/role:Role",
  "aws:iam/rolePolicy:RolePolicy",
  "aws:kms/keyPolicy:KeyPolicy",
  "aws:s3/bucket:Bucket",
  "aws:s3/bucketPolicy:BucketPolicy",
  "aws:sagemaker/modelPackageGroupPolicy:ModelPackageGroupPolicy",
  "aws:sns/topicPolicy:TopicPolicy",
]);

/** The resources of a program that decide about its jobs' access. */
export function rulingResources({ resources }: Pick<Program, "resources">): Program["resources"] {
  return resources.filter(({ type }) => ruling.has(type));
}
