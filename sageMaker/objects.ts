import { GetObjectCommand, S3Client, type S3ClientConfig } from "@aws-sdk/client-s3";

import type { Json } from "../pipeline/language/json";
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

/**
 * The JSON document in an object; undefined if there is none, or it is not JSON.
 * @throws AwsError if it cannot be read
 */
export async function readJson(client: S3Client, uri: string): Promise<Json | undefined> {
  const content = await readObject(client, uri);
  try {
    return content && (JSON.parse(content.toString("utf8")) as Json);
  } catch {
    return undefined;
  }
}
