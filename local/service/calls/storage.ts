import { type Actor, bucketArn, type Call, type Endpoint, type Evidence, type Stack } from "./call";

const jobsAndBuckets: Evidence = {
  source: 'SageMaker guide, "How to use SageMaker AI execution roles"',
  certainty: "certain",
};

const abortsUploads: Evidence = {
  source: "managed policy AmazonSageMakerFullAccess (AllowS3ObjectActions)",
  certainty: "likely",
};

const encryptedObjects: Evidence = {
  source:
    'S3 guide, "Using server-side encryption with AWS KMS keys (SSE-KMS)" and "Multipart upload API and permissions"',
  certainty: "certain",
};

/** Uses of a key that S3 makes in the name of whoever reads or writes an object. */
export function keyThroughS3(
  { dnsSuffix, region }: Stack,
  actor: Actor,
  key: string,
  ...actions: readonly string[]
): Call {
  return {
    actor,
    actions,
    resources: [key],
    context: { "kms:ViaService": `s3.${region}.${dnsSuffix}` },
    evidence: encryptedObjects,
  };
}

/** How objects are read and written, where it is not as every job does it. */
interface Access {
  /** Default: the S3 endpoint, as jobs do; null: none, since a service reads or writes for the job. */
  readonly endpoint?: Endpoint | null;
  /** Default: the guide to execution roles. */
  readonly evidence?: Evidence;
  /** That the bucket is listed to find what is read. Default: as the reading. */
  readonly listing?: Evidence;
  /** Whether a service that the job calls reads for it, and says so in its own calls. Default: not. */
  readonly through?: boolean;
}

/** That a service acts for whoever has called it. Source: IAM guide, "AWS global condition context keys". */
export const forCaller = { "aws:ViaAWSService": "true" } as const;

function passing({
  endpoint = "s3",
  evidence = jobsAndBuckets,
  through = false,
}: Access): Pick<Call, "context" | "endpoint" | "evidence"> {
  const context = through ? { context: forCaller } : {};
  return endpoint === null ? { ...context, evidence } : { ...context, endpoint, evidence };
}

/** Reads objects of the stack's bucket, and lists it to find them. */
export function reads(
  stack: Stack,
  actor: Actor,
  keys: readonly string[],
  access: Access = {},
): readonly Call[] {
  const { listing } = access;
  return [
    {
      actor,
      actions: ["s3:ListBucket"],
      resources: [bucketArn(stack)],
      ...passing(listing === undefined ? access : { ...access, evidence: listing }),
    },
    {
      actor,
      actions: ["s3:GetObject"],
      resources: keys.map((key) => bucketArn(stack, key)),
      ...passing(access),
    },
    keyThroughS3(stack, actor, stack.kmsKeyArn, "kms:Decrypt"),
  ];
}

/** Writes objects of the stack's bucket; those written in parts are given up where a job is stopped. */
export function writes(
  stack: Stack,
  actor: Actor,
  keys: readonly string[],
  access: Access = {},
): readonly Call[] {
  const resources = keys.map((key) => bucketArn(stack, key));
  return [
    {
      actor,
      actions: ["s3:PutObject"],
      resources,
      // Jobs name the stack's key, or nothing: then the bucket's rule names it.
      context: {
        "s3:x-amz-server-side-encryption": "aws:kms",
        "s3:x-amz-server-side-encryption-aws-kms-key-id": stack.kmsKeyArn,
      },
      ...passing(access),
    },
    { actor, actions: ["s3:PutObject"], resources, ...passing(access) },
    {
      actor,
      actions: ["s3:AbortMultipartUpload"],
      resources,
      ...passing({ ...access, evidence: abortsUploads }),
    },
    // Parts are decrypted to be put together.
    keyThroughS3(stack, actor, stack.kmsKeyArn, "kms:GenerateDataKey", "kms:Decrypt"),
  ];
}

/** Reads the table's files, for the job: they lie in the stack's bucket, or where config says. */
export function readsTable(
  stack: Stack,
  actor: Actor,
  evidence: Evidence,
  through = false,
): readonly Call[] {
  const { data, partition, table } = stack;
  if (data === undefined) {
    return [
      { actor, actions: ["s3:GetBucketLocation"], resources: [bucketArn(stack)], evidence },
      ...reads(stack, actor, [`data/${table}/year=2020/part-0.csv`], {
        endpoint: null,
        evidence,
        through,
      }),
    ];
  }
  const bucket = `arn:${partition}:s3:::${data.bucket}`;
  return [
    {
      actor,
      actions: ["s3:GetBucketLocation", "s3:ListBucket"],
      resources: [bucket],
      evidence,
    },
    {
      actor,
      actions: ["s3:GetObject"],
      resources: [`${bucket}/${data.prefix}year=2020/part-0.csv`],
      evidence,
    },
    ...(data.kmsKeyArn === undefined
      ? []
      : [keyThroughS3(stack, actor, data.kmsKeyArn, "kms:Decrypt")]),
  ];
}
