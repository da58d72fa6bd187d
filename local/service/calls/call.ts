import type { RoleNames } from "../../../contract/names";

/** The role that makes a call: that of an actor, or of the network's flow logs. */
export type Actor = keyof RoleNames | "flowLogs";

/** The VPC endpoints of the stack's own network that calls pass. */
export type Endpoint = "athena" | "s3";

/** The evidence for a belief about AWS. */
export interface Evidence {
  /** Title of a page of AWS's documentation, name of a managed policy, or an issue of a repository. */
  readonly source: string;
  /**
   * `certain`: the source says or shows it. `likely`: it follows from the source, which does not name the call.
   * `unproven`: no source shows it; the role has the permission so that a first execution cannot fail without it.
   */
  readonly certainty: "certain" | "likely" | "unproven";
}

const evidence =
  (certainty: Evidence["certainty"]) =>
  (source: string): Evidence => ({ source, certainty });

export const certain = evidence("certain");
export const likely = evidence("likely");
export const unproven = evidence("unproven");

/** A call that AWS, or a job in it, makes with a role. */
export interface Call {
  readonly actor: Actor;
  /** Actions as in policies, each on each of the resources. */
  readonly actions: readonly string[];
  /** ARNs; `*` if the service supports no resource. */
  readonly resources: readonly string[];
  /** Condition keys that the service sends, in addition to those of every request. */
  readonly context?: Readonly<Record<string, string | readonly string[]>>;
  /** VPC endpoint that the call passes if the stack creates the network. Default: none, AWS calls from outside. */
  readonly endpoint?: Endpoint;
  readonly evidence: Evidence;
}

/** The properties of a stack that calls depend on. */
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
  /** If the table is a view, the tables that it reads, as `database.table`. */
  readonly baseTables: readonly string[];
  /** The table bucket, if the table is in S3 Tables, and its key. */
  readonly tableBucket?:
    { readonly name: string; readonly kmsKeyArn?: string | undefined } | undefined;
  /** Location of the table's files, if not the stack's bucket. The prefix ends with a slash, or is empty. */
  readonly data?:
    | {
        readonly bucket: string;
        readonly prefix: string;
        /** Key of the files, if not the stack's. */
        readonly kmsKeyArn?: string | undefined;
      }
    | undefined;
  readonly workGroup: string;
  /** Data catalogue of the query. Default: the account's own Glue Data Catalog. */
  readonly catalogue?: string | undefined;
  /** Whether Glue's catalogue is encrypted with the stack's key. */
  readonly encryptCatalog: boolean;
  readonly pipeline: string;
  readonly modelPackageGroup: string;
  /** Approval status with which the pipeline registers models. */
  readonly modelApprovalStatus: string;
  /** Value of the tag `stack` on all of the stack's resources. */
  readonly tag: string;
  /** ARNs of the repositories of the jobs' images. */
  readonly repositories: readonly string[];
  /** Network of the jobs. Default: SageMaker's own. */
  readonly vpc?:
    | { readonly subnetIds: readonly string[]; readonly securityGroupIds: readonly string[] }
    | undefined;
  /** Log group of the network's flow logs. Default: none. */
  readonly flowLogGroup?: string | undefined;
  readonly crawler: boolean;
  /** Whether the scheduler starts drift jobs. */
  readonly findsDrift: boolean;
  /** Whether its pipeline records executions as experiments. */
  readonly experiments: boolean;
  /** ARN of the MLflow app that its pipeline names. Default: none. */
  readonly mlflowApp?: string | undefined;
  /** The pipeline that logs executions to it, and the network of its job. Default: none. */
  readonly logs?: { readonly pipeline: string; readonly vpc: Stack["vpc"] } | undefined;
  /** Whether its pipeline compares candidates with the approved model. */
  readonly challengesChampion: boolean;
  /** Whether models accept the table's own rows, which a preceding container encodes. */
  readonly servesRawRows: boolean;
}

/** Resources in a job's request. Objects are S3 URIs, or keys in the stack's bucket. */
export interface Named {
  /** ARNs of the repositories of its images. */
  readonly repositories: readonly string[];
  readonly vpc?: Stack["vpc"];
  /** Key of its volumes. Default: the service's own. */
  readonly volumeKey?: string | undefined;
  /** Key of its outputs. Default: the bucket's. */
  readonly outputKey?: string | undefined;
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  /** Objects of its checkpoints. Default: none. */
  readonly checkpoints?: readonly string[];
  /** The reports of a registered model, or further outputs of a training job. Default: none. */
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
  /** The resources in its request. Default: those of the stack's own pipeline. */
  readonly named?: Named | undefined;
}

/** The calls of a kind of job. */
export type Calls = (stack: Stack, job: Job) => readonly Call[];

/** Builds the calls of an actor. */
export const callsBy =
  (actor: Actor) =>
  (
    actions: readonly string[],
    resources: readonly string[],
    evidence: Evidence,
    passing: Pick<Call, "context" | "endpoint"> = {},
  ): Call => ({ actor, actions, resources, evidence, ...passing });

/** Builds an actor's calls of SageMaker's API, on resources by the ends of their ARNs. */
export const sageMakerCallsBy =
  (stack: Stack, actor: Actor) =>
  (
    actions: readonly string[],
    paths: readonly string[],
    evidence: Evidence,
    context: Call["context"] = {},
  ): Call => ({
    actor,
    actions: actions.map((action) => `sagemaker:${action}`),
    resources: paths.map((path) => arn(stack, "sagemaker", path)),
    context,
    evidence,
  });

/** ARN of a resource in the stack's account and region. */
export function arn(
  { accountId, partition, region }: Stack,
  service: string,
  path: string,
): string {
  return `arn:${partition}:${service}:${region}:${accountId}:${path}`;
}

/** The kind of a resource of SageMaker in its ARN, such as `training-job` for a TrainingJob. */
export const resourceKind = (name: string): string =>
  name.replace(/(?!^)[A-Z]/g, (capital) => `-${capital}`).toLowerCase();

export function roleArn({ accountId, partition, roleNames }: Stack, role: keyof RoleNames): string {
  return `arn:${partition}:iam::${accountId}:role/${roleNames[role]}`;
}

/** ARN of the stack's bucket, or of an object in it. */
export function bucketArn({ bucket, partition }: Stack, key?: string): string {
  return `arn:${partition}:s3:::${bucket}${key === undefined ? "" : `/${key}`}`;
}

/** Scheme of S3 URIs. */
const scheme = "s3://";

/** ARN of an object, given as an S3 URI or a key in the stack's bucket. */
export function objectArn(stack: Stack, object: string): string {
  return object.startsWith(scheme)
    ? `arn:${stack.partition}:s3:::${object.slice(scheme.length)}`
    : bucketArn(stack, object);
}
