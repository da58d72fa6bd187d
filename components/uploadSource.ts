import * as s3 from "@pulumi/aws/s3";
import * as pulumi from "@pulumi/pulumi";

import { contentHash } from "../pipeline/language/canonicalJson";
import { prefixes } from "../pipeline/storage";
import type { StackNames } from "./stackNames";

/** An uploaded source. */
export interface Source {
  readonly object: s3.BucketObjectv2;
  readonly uri: pulumi.Output<string>;
  readonly folderUri: pulumi.Output<string>;
}

/**
 * Uploads a source under a key with its hash, or its folder's, because SageMaker's cache compares keys. Old sources
 * stay: running executions, retries and registered models need them, and the provider would delete an object with all
 * its versions (resource aws_s3_object of hashicorp/terraform-provider-aws: deleteAllObjectVersions).
 */
export function uploadSource(
  parent: pulumi.Resource,
  name: string,
  { bucketName }: Pick<StackNames, "bucketName">,
  file: string,
  content: pulumi.Output<string>,
  folderOf = content,
): Source {
  const folder = folderOf.apply((text) => `${prefixes.sources}/${contentHash(text)}`);
  const key = pulumi.interpolate`${folder}/${file}`;
  const object = new s3.BucketObjectv2(
    name,
    { bucket: bucketName, key, content, contentType: "text/plain" },
    { parent, retainOnDelete: true },
  );
  const folderUri = pulumi.interpolate`s3://${bucketName}/${folder}/`;
  return { object, uri: pulumi.interpolate`${folderUri}${file}`, folderUri };
}
