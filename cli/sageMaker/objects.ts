import { GetObjectCommand, S3Client, type S3ClientConfig } from "@aws-sdk/client-s3";

import { AwsError, explaining } from "./awsErrors";
import type { World } from "./world";

/** An S3 client whose failures are reported in one line. */
export function s3({ config: own, machine }: World): S3Client {
  const named = process.env["AWS_ENDPOINT_URL_S3"] ?? process.env["AWS_ENDPOINT_URL"] ?? "";
  // Emulators of S3 have one host name for all buckets.
  const config = { ...own, forcePathStyle: machine !== undefined || named !== "" };
  return explaining(new S3Client(config as S3ClientConfig), "s3");
}

/**
 * The content of an object; undefined if there is none.
 * @throws AwsError if it cannot be read
 */
export async function readObject(client: S3Client, uri: string): Promise<Buffer | undefined> {
  const [, Bucket, Key] = /^s3:\/\/([^/]+)\/(.+)$/.exec(uri) ?? [];
  if (Bucket === undefined || Key === undefined) {
    return undefined;
  }
  try {
    const { Body: body } = await client.send(new GetObjectCommand({ Bucket, Key }));
    return body && Buffer.from(await body.transformToByteArray());
  } catch (error) {
    if (error instanceof AwsError && error.code === "NoSuchKey") {
      return undefined;
    }
    throw error;
  }
}
