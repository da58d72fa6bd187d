import {
  type Actor,
  bucketArn,
  type Call,
  callsBy,
  certain,
  type Endpoint,
  type Evidence,
  likely,
  type Named,
  objectArn,
  type Stack,
} from "./call";

const jobsAndBuckets = certain('SageMaker guide, "How to use SageMaker AI execution roles"');

const abortsUploads = likely("managed policy AmazonSageMakerFullAccess (AllowS3ObjectActions)");

const encryptedObjects = certain(
  'S3 guide, "Using server-side encryption with AWS KMS keys (SSE-KMS)" and "Multipart upload API and permissions"',
);

/** Uses of a key by S3 on behalf of the role that reads or writes an object. */
export function keyThroughS3(
  { dnsSuffix, region }: Stack,
  actor: Actor,
  key: string,
  ...actions: readonly string[]
): Call {
  return callsBy(actor)(actions, [key], encryptedObjects, {
    context: { "kms:ViaService": `s3.${region}.${dnsSuffix}` },
  });
}

/** Uses of the stack's key by Glue on behalf of a role, if the key encrypts the catalogue. */
export function catalogKey(
  { dnsSuffix, encryptCatalog, kmsKeyArn, region }: Stack,
  actor: Actor,
  evidence: Evidence,
): readonly Call[] {
  const actions = ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"];
  const context = { "kms:ViaService": `glue.${region}.${dnsSuffix}` };
  return encryptCatalog ? [callsBy(actor)(actions, [kmsKeyArn], evidence, { context })] : [];
}

/** Deviations from how jobs usually read and write objects. */
interface Access {
  /** Default: the S3 endpoint, as for jobs; null: none, since a service reads or writes for the job. */
  readonly endpoint?: Endpoint | null;
  /** Default: the guide to execution roles. */
  readonly evidence?: Evidence;
  /** Evidence that the bucket is listed to find the objects. Default: as for reading. */
  readonly listing?: Evidence;
  /** The key named when writing; null: none. Default: the stack's, or none. */
  readonly outputKey?: string | null;
  /** Whether a service that the job calls reads on its behalf, and marks its calls as such. Default: false. */
  readonly through?: boolean;
}

/** Marks calls of a service on behalf of its caller. Source: IAM guide, "AWS global condition context keys". */
export const forCaller = { "aws:ViaAWSService": "true" } as const;

function passing({
  endpoint = "s3",
  evidence = jobsAndBuckets,
  through = false,
}: Access): Pick<Call, "context" | "endpoint" | "evidence"> {
  const context = through ? { context: forCaller } : {};
  return endpoint === null ? { ...context, evidence } : { ...context, endpoint, evidence };
}

/** The bucket of an object, by its ARN. */
const bucketOf = (object: string): string => object.split("/", 1)[0] ?? "";

/** The known keys of the objects in some buckets. */
function keysOf(
  { bucket, data, kmsKeyArn, partition }: Stack,
  buckets: readonly string[],
): string[] {
  const known = new Map([
    [`arn:${partition}:s3:::${data?.bucket ?? ""}`, data?.kmsKeyArn],
    [`arn:${partition}:s3:::${bucket}`, kmsKeyArn],
  ]);
  return buckets.flatMap((one) => known.get(one) ?? []);
}

/** Reads objects, by default from the stack's bucket, and lists their buckets to find them. */
export function reads(
  stack: Stack,
  actor: Actor,
  keys: readonly string[],
  access: Access = {},
): readonly Call[] {
  const { listing } = access;
  const resources = keys.map((key) => objectArn(stack, key));
  const buckets = [...new Set(resources.map(bucketOf))];
  return [
    {
      actor,
      actions: ["s3:ListBucket"],
      resources: buckets,
      ...passing(listing === undefined ? access : { ...access, evidence: listing }),
    },
    { actor, actions: ["s3:GetObject"], resources, ...passing(access) },
    ...keysOf(stack, buckets).map((key) => keyThroughS3(stack, actor, key, "kms:Decrypt")),
  ];
}

/** Writes objects, by default to the stack's bucket; a stopped job aborts its multipart uploads. */
export function writes(
  stack: Stack,
  actor: Actor,
  keys: readonly string[],
  access: Access = {},
): readonly Call[] {
  const { outputKey } = access;
  const resources = keys.map((key) => objectArn(stack, key));
  const buckets = [...new Set(resources.map(bucketOf))];
  const put = { actor, actions: ["s3:PutObject"], resources, ...passing(access) };
  const named: Call = {
    ...put,
    context: {
      ...put.context,
      "s3:x-amz-server-side-encryption": "aws:kms",
      "s3:x-amz-server-side-encryption-aws-kms-key-id": outputKey ?? stack.kmsKeyArn,
    },
  };
  return [
    // Jobs name the stack's key, or none: then the bucket's default applies.
    ...(outputKey === null ? [] : [named]),
    ...(typeof outputKey === "string" ? [] : [put]),
    {
      actor,
      actions: ["s3:AbortMultipartUpload"],
      resources,
      ...passing({ ...access, evidence: abortsUploads }),
    },
    // Parts are decrypted to be assembled.
    ...(typeof outputKey === "string" ? [outputKey] : keysOf(stack, buckets)).map((key) =>
      keyThroughS3(stack, actor, key, "kms:GenerateDataKey", "kms:Decrypt"),
    ),
  ];
}

/** How a job writes the objects that its request names. */
export function writing(named: Named | undefined): Access {
  return named === undefined ? {} : { outputKey: named.outputKey ?? null };
}

/** Reads the table's files for the job, from the stack's bucket or the configured location. */
export function readsTable(
  stack: Stack,
  actor: Actor,
  evidence: Evidence,
  through = false,
): readonly Call[] {
  const { data, partition, table } = stack;
  const call = callsBy(actor);
  if (data === undefined) {
    return [
      call(["s3:GetBucketLocation"], [bucketArn(stack)], evidence),
      ...reads(stack, actor, [`data/${table}/year=2020/part-0.csv`], {
        endpoint: null,
        evidence,
        through,
      }),
    ];
  }
  const bucket = `arn:${partition}:s3:::${data.bucket}`;
  return [
    call(["s3:GetBucketLocation", "s3:ListBucket"], [bucket], evidence),
    call(["s3:GetObject"], [`${bucket}/${data.prefix}year=2020/part-0.csv`], evidence),
    ...(data.kmsKeyArn === undefined
      ? []
      : [keyThroughS3(stack, actor, data.kmsKeyArn, "kms:Decrypt")]),
  ];
}
