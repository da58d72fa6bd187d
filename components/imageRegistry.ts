import { getImage, type GetImageResult } from "@pulumi/aws/ecr/getImage";
import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";

import { runError } from "../errors/runError";
import { platform } from "./buildContext";

interface RegistryImage {
  readonly repositoryName: string;
  readonly tag: string;
}

/** A registry with Docker's HTTP API, and credentials. */
export interface Registry {
  /** Its URL, such as https://111122223333.dkr.ecr.us-east-1.amazonaws.com. */
  readonly endpoint: string;
  readonly username: string;
  readonly password: string;
}

/** Errors of ECR and the provider for a missing image or repository (hashicorp/terraform-provider-aws#35268). */
const absent =
  /(Image|Repository)NotFoundException|couldn't find|not found|no matching|no results|empty result/i;

/**
 * Looks for an image in the account's registry, because an immutable tag cannot be pushed again.
 *
 * @returns its digest; undefined if there is no such image or repository, or, with a warning, if the look-up fails
 */
export async function findDigest(
  { repositoryName, tag }: RegistryImage,
  options: pulumi.InvokeOptions,
): Promise<string | undefined> {
  try {
    const found: Partial<GetImageResult> = await getImage(
      { repositoryName, imageTag: tag },
      options,
    );
    return found.imageDigest;
  } catch (error) {
    const { message } = error as Error;
    if (!absent.test(message)) {
      await pulumi.log.warn(
        `cannot check whether ${repositoryName}:${tag} is already in the registry, so it will be pushed: ${message}`,
      );
    }
    return undefined;
  }
}

const dockerManifest = "application/vnd.docker.distribution.manifest.v2+json";

/** Kinds of manifests, for messages. */
const mediaTypes: Readonly<Record<string, string>> = {
  [dockerManifest]: "a Docker manifest",
  "application/vnd.docker.distribution.manifest.list.v2+json": "a list of Docker manifests",
  "application/vnd.oci.image.index.v1+json": "an OCI index",
  "application/vnd.oci.image.manifest.v1+json": "an OCI manifest",
};

const manifestSchema = z.object({ config: z.object({ digest: z.string() }) });
const configSchema = z.object({ architecture: z.string(), os: z.string() });

/**
 * Checks that SageMaker can run the image under a tag: a single Docker manifest, version 2 schema 2, for linux/amd64.
 * Source: aws/amazon-sagemaker-feedback#180, moby/buildkit#5480. If the registry cannot be reached, it warns.
 *
 * @throws pulumi.RunError if SageMaker cannot run it, or it does not exist, with what to do
 */
export async function checkManifest(
  registry: Registry,
  { repositoryName, tag }: RegistryImage,
): Promise<void> {
  const name = `${repositoryName}:${tag}`;
  const get = (path: string): Promise<Response> =>
    fetch(new URL(`/v2/${repositoryName}/${path}`, registry.endpoint), {
      headers: {
        Accept: Object.keys(mediaTypes).join(", "),
        Authorization: `Basic ${Buffer.from(`${registry.username}:${registry.password}`).toString("base64")}`,
      },
      signal: AbortSignal.timeout(10_000),
    });
  const again =
    "then push it again by `pulumi up --replace URN`, with the URN of the resource " +
    "docker:index:Image that `pulumi stack --show-urns` lists";
  let manifest: Response;
  let config: z.output<typeof configSchema> | undefined;
  let mediaType: string;
  try {
    manifest = await get(`manifests/${tag}`);
    mediaType = (manifest.headers.get("content-type") ?? "").replace(/;.*/, "");
    if (manifest.ok && mediaType === dockerManifest) {
      const { digest } = manifestSchema.parse(await manifest.json()).config;
      config = configSchema.parse(await (await get(`blobs/${digest}`)).json());
    }
  } catch (error) {
    await pulumi.log.warn(
      `cannot check what was pushed as ${name}: ${registry.endpoint} does not respond: ${(error as Error).message}`,
    );
    return;
  }
  if (manifest.status === 404) {
    throw runError(`the image ${name} is no longer in the registry; ${again}`);
  }
  if (!manifest.ok) {
    await pulumi.log.warn(
      `cannot check what was pushed as ${name}: ${registry.endpoint} returned ${manifest.status}`,
    );
    return;
  }
  const deletion = `delete it by \`aws ecr batch-delete-image --repository-name ${repositoryName} --image-ids imageTag=${tag}\``;
  if (config === undefined) {
    throw runError(
      `the image ${name} is ${mediaTypes[mediaType] ?? "of another kind"} (${mediaType}); SageMaker runs one Docker ` +
        `manifest only (${dockerManifest}). Turn Docker's containerd image store off ("features": ` +
        '{"containerd-snapshotter": false} in daemon.json; in Docker Desktop "Use containerd for pulling and storing ' +
        `images"), set BUILDX_NO_DEFAULT_ATTESTATIONS=1, ${deletion}, ${again}`,
    );
  }
  if (`${config.os}/${config.architecture}` !== platform) {
    throw runError(
      `the image ${name} is for ${config.os}/${config.architecture}; SageMaker runs ${platform}. Give ` +
        `restate:baseImage an image of that platform, or, if the tag stays the same, ${deletion}, ${again}`,
    );
  }
}
