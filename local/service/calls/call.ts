import type { RoleNames } from "../../../contract/names";

/** In whose name a call is made: a role of an actor, or that of the network's flow logs. */
export type Actor = keyof RoleNames | "flowLogs";

/** The VPC endpoints of a network of the stack's own that calls pass through. */
export type Endpoint = "athena" | "s3";

/** How a belief about AWS is known. */
export interface Evidence {
  /** A page of AWS's documentation by its title, a managed policy by its name, or an issue of a repository. */
  readonly source: string;
  /**
   * `certain`: the source says so, or shows it. `likely`: it follows from the source, which does not name the
   * call. `unproven`: nobody has shown it; the role has the right so that a first execution does not fail for it.
   */
  readonly certainty: "certain" | "likely" | "unproven";
}

/** Something that AWS, or a job in it, does in the name of a role. */
export interface Call {
  readonly actor: Actor;
  /** Actions as policies name them, each of them done to each of the resources. */
  readonly actions: readonly string[];
  /** ARNs; `*` where the service knows no resource. */
  readonly resources: readonly string[];
  /** Condition keys that the service sends, beside those that come with every request. */
  readonly context?: Readonly<Record<string, string | readonly string[]>>;
  /** VPC endpoint that the call passes, where the stack makes the network. Default: none, AWS calls from outside. */
  readonly endpoint?: Endpoint;
  readonly evidence: Evidence;
}

/** A stack, as far as calls depend on it. */
export interface Stack {
  readonly partition: string;
  readonly region: string;
  readonly accountId: string;
  /** Domain of the partition's services, such as amazonaws.com. */
  readonly dnsSuffix: string;
  readonly roleNames: RoleNames;
  readonly bucket: string;
  readonly kmsKeyArn: string;
  readonly database: string;
  readonly table: string;
  /** The tables that it reads where it is a view, as `database.table`. */
  readonly baseTables: readonly string[];
  /** Where the table's files are, if not in the stack's bucket. The prefix ends with a slash, or is empty. */
  readonly data?:
    | {
        readonly bucket: string;
        readonly prefix: string;
        /** Key of the files, where it is not the stack's. */
        readonly kmsKeyArn?: string | undefined;
      }
    | undefined;
  readonly workGroup: string;
  /** Whether Glue's catalogue is encrypted with the stack's key. */
  readonly encryptCatalog: boolean;
  readonly pipeline: string;
  readonly modelPackageGroup: string;
  /** Approval status with which the pipeline registers models. */
  readonly modelApprovalStatus: string;
  /** Value of the tag `stack`, which everything of the stack carries. */
  readonly tag: string;
  /** ARNs of the repositories of the jobs' images. */
  readonly repositories: readonly string[];
  /** Network of the jobs. Default: SageMaker's own. */
  readonly vpc?:
    | { readonly subnetIds: readonly string[]; readonly securityGroupIds: readonly string[] }
    | undefined;
  /** Log group of the network's connections. Default: they are not logged. */
  readonly flowLogGroup?: string | undefined;
  readonly crawler: boolean;
}

/** What the request of a job names. Objects are S3 URIs, or keys of the stack's bucket. */
export interface Named {
  /** ARNs of the repositories of its images. */
  readonly repositories: readonly string[];
  readonly vpc?: Stack["vpc"];
  /** Key of its volumes. Default: the service's own. */
  readonly volumeKey?: string | undefined;
  /** Key of what it writes. Default: as the bucket says. */
  readonly outputKey?: string | undefined;
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  /** Objects that it keeps checkpoints in. Default: none. */
  readonly checkpoints?: readonly string[];
  /** The reports of a model that is registered. Default: none. */
  readonly reports?: readonly string[];
}

/** The job that makes calls, in the execution that started it. */
export interface Job {
  readonly name: string;
  /** Id of the pipeline's execution. */
  readonly execution: string;
  /** Name of the candidate that it trains, evaluates or serves. */
  readonly candidate: string;
  /** Name of the endpoint that it serves or monitors. */
  readonly endpoint: string;
  /** What its request names. Default: what those of the stack's own pipeline do. */
  readonly named?: Named | undefined;
}

/** The calls of a kind of job. */
export type Calls = (stack: Stack, job: Job) => readonly Call[];

/** ARN of something of the stack's account in its region. */
export function arn(
  { accountId, partition, region }: Stack,
  service: string,
  path: string,
): string {
  return `arn:${partition}:${service}:${region}:${accountId}:${path}`;
}

/** ARN of one of the stack's roles. */
export function roleArn({ accountId, partition, roleNames }: Stack, role: keyof RoleNames): string {
  return `arn:${partition}:iam::${accountId}:role/${roleNames[role]}`;
}

/** ARN of the stack's bucket, or of an object in it. */
export function bucketArn({ bucket, partition }: Stack, key?: string): string {
  return `arn:${partition}:s3:::${bucket}${key === undefined ? "" : `/${key}`}`;
}

/** What the URIs of S3 begin with. */
const scheme = "s3://";

/** ARN of an object: an S3 URI, or a key of the stack's bucket. */
export function objectArn(stack: Stack, object: string): string {
  return object.startsWith(scheme)
    ? `arn:${stack.partition}:s3:::${object.slice(scheme.length)}`
    : bucketArn(stack, object);
}
