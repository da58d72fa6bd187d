import * as s3 from "@pulumi/aws/s3";
import * as pulumi from "@pulumi/pulumi";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { contentHash } from "../pipeline/language/canonicalJson";
import { prefixes } from "../pipeline/storage";
import type { StackNames } from "./stackNames";

/** An uploaded file, or the files of a folder. */
export interface Source {
  readonly objects: readonly s3.BucketObjectv2[];
  /** S3 URI; ends with a slash if it is a folder. */
  readonly uri: pulumi.Output<string>;
}

/** Folder of the pipeline's scripts. */
const scripts = join(__dirname, "..", "pipeline", "scripts");

/** The text of one of the pipeline's scripts, by its name without extension. */
export function scriptText(script: string): string {
  return readFileSync(join(scripts, `${script}.py`), "utf8");
}

/** The part of a resource's name for a file. */
export function resourceName(file: string): string {
  return file.replace(/\.\w+$/, "").replaceAll("_", "-");
}

/** Uploads a source under a key with its hash. */
export function uploadSource(
  parent: pulumi.Resource,
  name: string,
  { bucketName }: Pick<StackNames, "bucketName">,
  file: string,
  content: pulumi.Output<string>,
): Source {
  const key = pulumi.interpolate`${folderKey(content)}/${file}`;
  return {
    objects: [upload(parent, name, bucketName, key, content)],
    uri: pulumi.interpolate`s3://${bucketName}/${key}`,
  };
}

/**
 * Uploads some of the pipeline's scripts to one folder, whose key has the hash of all its files.
 *
 * @param prefix beginning of the resources' names
 * @param files names of the scripts without extension
 * @param others names and contents of other files in the folder
 */
export function uploadScripts(
  parent: pulumi.Resource,
  prefix: string,
  { bucketName }: Pick<StackNames, "bucketName">,
  files: readonly string[],
  others: readonly (readonly [file: string, text: string])[] = [],
): Source {
  const all = [...files.map((file) => [`${file}.py`, scriptText(file)] as const), ...others];
  const folder = folderKey(pulumi.output(all.map(([, text]) => text).join("")));
  return {
    objects: all.map(([file, text]) =>
      upload(
        parent,
        `${prefix}-${resourceName(file)}`,
        bucketName,
        pulumi.interpolate`${folder}/${file}`,
        pulumi.output(text),
      ),
    ),
    uri: pulumi.interpolate`s3://${bucketName}/${folder}/`,
  };
}

/** The key of a folder, with the hash of what is in it, because SageMaker's cache compares keys. */
function folderKey(content: pulumi.Output<string>): pulumi.Output<string> {
  return content.apply((text) => `${prefixes.sources}/${contentHash(text)}`);
}

/**
 * Uploads an object. Old sources stay: running executions, retries and registered models need them, and the provider
 * would delete an object with all its versions (resource aws_s3_object of hashicorp/terraform-provider-aws:
 * deleteAllObjectVersions).
 */
function upload(
  parent: pulumi.Resource,
  name: string,
  bucket: pulumi.Input<string>,
  key: pulumi.Output<string>,
  content: pulumi.Output<string>,
): s3.BucketObjectv2 {
  return new s3.BucketObjectv2(
    name,
    { bucket, key, content, contentType: "text/plain" },
    { parent, retainOnDelete: true },
  );
}
