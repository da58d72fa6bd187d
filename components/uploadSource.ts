import * as s3 from "@pulumi/aws/s3";
import * as pulumi from "@pulumi/pulumi";

import { scriptWithImports } from "../pipeline/jobScripts";
import { contentHash } from "../pipeline/language/canonicalJson";
import { prefixes } from "../pipeline/storage";

/** An uploaded file, or the files of a folder. */
export interface Source {
  readonly objects: readonly s3.BucketObjectv2[];
  /** S3 URI; ends with a slash if it is a folder. */
  readonly uri: pulumi.Output<string>;
}

/** Uploads a source under a key with its hash. */
export function uploadSource(
  parent: pulumi.Resource,
  name: string,
  bucket: pulumi.Output<string>,
  file: string,
  content: pulumi.Output<string>,
): Source {
  const key = content.apply((text) => `${prefixes.sources}/${contentHash(text)}/${file}`);
  return {
    objects: [upload(name, bucket, key, content, { parent, retainOnDelete: true })],
    uri: pulumi.interpolate`s3://${bucket}/${key}`,
  };
}

/** Where a script is uploaded to. */
interface ScriptUpload {
  /** Beginning of the name of its resource. */
  readonly name: string;
  /** Beginning of the names of its imports' resources. Default: the same. */
  readonly imports?: string;
  readonly bucket: pulumi.Input<string>;
  /** Prefix of the folder's key. Default: that of the pipeline's sources, which are kept if their resources are deleted. */
  readonly prefix?: string;
  /** Names and contents of other files in the folder. Default: none. */
  readonly others?: readonly (readonly [file: string, text: string])[];
}

/**
 * Uploads a script of processing jobs, with its imports, to a folder of its own: SageMaker's cache compares the folder's
 * key, which has the hash of all files in it, so other scripts there would make steps run again without need.
 *
 * @param script its name without extension
 */
export function uploadScript(
  parent: pulumi.Resource,
  script: string,
  { bucket, imports, name, others = [], prefix }: ScriptUpload,
): Source {
  const scripts = [...scriptWithImports(script)].map(([one, text]) => [`${one}.py`, text] as const);
  const files = [...scripts, ...others];
  const hash = contentHash(files.map(([, text]) => text).join(""));
  const folder = `${prefix ?? prefixes.sources}/${hash}`;
  const options = { parent, ...(prefix === undefined ? { retainOnDelete: true } : {}) };
  return {
    objects: files.map(([file, text], index) => {
      const beginning = index === 0 ? name : (imports ?? name);
      const resource = `${beginning}-${file.replace(/\.\w+$/, "").replaceAll("_", "-")}`;
      return upload(resource, bucket, `${folder}/${file}`, text, options);
    }),
    uri: pulumi.interpolate`s3://${bucket}/${folder}/`,
  };
}

/**
 * Uploads an object. Old sources stay: running executions, retries and registered models need them, and the provider
 * would delete an object with all its versions (resource aws_s3_object of hashicorp/terraform-provider-aws:
 * deleteAllObjectVersions).
 */
function upload(
  name: string,
  bucket: pulumi.Input<string>,
  key: pulumi.Input<string>,
  content: pulumi.Input<string>,
  options: pulumi.CustomResourceOptions,
): s3.BucketObjectv2 {
  return new s3.BucketObjectv2(name, { bucket, key, content, contentType: "text/plain" }, options);
}
