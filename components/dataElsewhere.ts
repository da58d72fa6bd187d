/** Where a table's files are, if not in the stack's own bucket. */
export interface DataElsewhere {
  readonly bucket: string;
  /** Prefix of the files' keys; it ends with "/" unless it is empty. */
  readonly folder: string;
  /** ARN of the key that encrypts the files; undefined: no KMS key does. */
  readonly kmsKeyArn: string | undefined;
}

/**
 * Where the files of a dataset are, if not in the stack's own bucket.
 *
 * @param dataset its `location` is the S3 URI of a folder; undefined: the stack's own bucket
 */
export function dataElsewhere(dataset: {
  readonly location?: string | undefined;
  readonly kmsKeyArn?: string | undefined;
}): DataElsewhere | undefined {
  const { kmsKeyArn, location } = dataset;
  if (location === undefined) {
    return undefined;
  }
  const { hostname: bucket, pathname } = new URL(location);
  return { bucket, folder: pathname.slice(1), kmsKeyArn };
}
