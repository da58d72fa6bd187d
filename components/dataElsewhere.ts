/** The location of a table's files outside the stack's bucket. */
export interface DataElsewhere {
  readonly bucket: string;
  /** Prefix of the files' keys, which ends with "/" unless it is empty. */
  readonly folder: string;
  /** ARN of the KMS key that encrypts the files, if any. */
  readonly kmsKeyArn: string | undefined;
}

/** The location of a dataset's files, if it is outside the stack's bucket. */
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
