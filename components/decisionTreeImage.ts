import * as ecr from "@pulumi/aws/ecr";
import * as sagemaker from "@pulumi/aws/sagemaker";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import dockerignore from "@balena/dockerignore";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

import { canonicalJson } from "../pipeline/language/canonicalJson";
import { type Account, accountPrincipals } from "./account";
import { keptFromDeletion } from "./protection";

/** The arguments of {@link DecisionTreeImage}. */
export interface DecisionTreeImageArgs {
  readonly account: Account;
  readonly repositoryName: string;
  /** Folder of the Dockerfile and its context, relative to the project. */
  readonly context: string;
  /** Image to build on. Default: the one that the Dockerfile names. */
  readonly baseImage?: string | undefined;
  readonly kmsKeyArn: pulumi.Input<string>;
  /** Whether `destroy` deletes the repository with the images in it. Default false. */
  readonly forceDestroy?: boolean;
  /** Whether the repository is kept from deletion. Default true. */
  readonly protect?: boolean;
  /** Other accounts that may pull the image. Default: none. */
  readonly modelConsumers?: readonly string[];
  /**
   * Registers the image with SageMaker too, for Studio to show: its name there, and the ARN of the role by
   * which SageMaker pulls it. Default: not registered.
   */
  readonly sageMakerImage?:
    { readonly name: string; readonly roleArn: pulumi.Input<string> } | undefined;
}

/** SageMaker runs images of this platform only. */
const platform = "linux/amd64";

/**
 * The tag of an image: a hash of what Docker makes it from, which are the files of the context that
 * `.dockerignore` leaves, with their paths, the build arguments and the platform.
 *
 * @returns 16 hexadecimal digits
 */
export function imageTag(
  context: string,
  buildArguments: Readonly<Record<string, string>>,
): string {
  const ignored = dockerignore({ ignorecase: false }).add(
    readFileSync(join(context, ".dockerignore"), "utf8"),
  );
  const files = readdirSync(context, { recursive: true, encoding: "utf8" })
    .map((path) => path.replaceAll("\\", "/"))
    .filter((path) => path === "Dockerfile" || !ignored.ignores(path))
    .filter((path) => statSync(join(context, path)).isFile())
    .sort();
  const hash = createHash("sha256").update(canonicalJson({ buildArguments, platform }));
  for (const path of files) {
    const content = readFileSync(join(context, path));
    hash.update(`\n${path} ${content.length}\n`).update(content);
  }
  return hash.digest("hex").slice(0, 16);
}

/**
 * The image that trains, evaluates and serves Decision Trees, in a private repository whose tags cannot
 * be changed. No lifecycle rule expires images: registered models name them.
 */
export class DecisionTreeImage extends pulumi.ComponentResource {
  /** URI with a tag that is a hash of the build context: known at preview, and different for every content. */
  public readonly imageUri: pulumi.Output<string>;
  public readonly tag: pulumi.Output<string>;
  /** URI with the digest of the pushed manifest. */
  public readonly repoDigest: pulumi.Output<string>;
  public readonly repositoryArn: pulumi.Output<string>;

  constructor(name: string, args: DecisionTreeImageArgs, opts?: pulumi.ComponentResourceOptions) {
    super("restate:index:DecisionTreeImage", name, {}, opts);
    const { accountId, dnsSuffix, region } = args.account;
    const buildArguments: Record<string, string> =
      args.baseImage === undefined ? {} : { BASE_IMAGE: args.baseImage };
    const tag = imageTag(args.context, buildArguments);

    const repository = new ecr.Repository(
      `${name}-repository`,
      {
        name: args.repositoryName,
        imageTagMutability: "IMMUTABLE",
        imageScanningConfiguration: { scanOnPush: true },
        encryptionConfigurations: [{ encryptionType: "KMS", kmsKey: args.kmsKeyArn }],
        forceDelete: args.forceDestroy ?? false,
      },
      keptFromDeletion(this, args.protect ?? true),
    );
    const { modelConsumers = [] } = args;
    if (modelConsumers.length > 0) {
      new ecr.RepositoryPolicy(
        `${name}-repository-policy`,
        {
          repository: repository.name,
          policy: pulumi.jsonStringify({
            Version: "2012-10-17",
            Statement: [
              {
                Sid: "PullImage",
                Effect: "Allow",
                Principal: { AWS: accountPrincipals(args.account, modelConsumers) },
                Action: [
                  "ecr:BatchCheckLayerAvailability",
                  "ecr:BatchGetImage",
                  "ecr:GetDownloadUrlForLayer",
                ],
              },
            ],
          }),
        },
        { parent: this },
      );
    }
    const token = ecr.getAuthorizationTokenOutput({ registryId: accountId }, { parent: this });
    // Composed, not read from the repository, so that a preview knows it.
    const repositoryUrl = pulumi.interpolate`${accountId}.dkr.ecr.${region}.${dnsSuffix}/${args.repositoryName}`;
    const image = new docker.Image(
      `${name}-image`,
      {
        imageName: pulumi.interpolate`${repositoryUrl}:${tag}`,
        build: {
          context: args.context,
          dockerfile: join(args.context, "Dockerfile"),
          platform,
          args: buildArguments,
        },
        registry: {
          server: repositoryUrl,
          username: token.userName,
          password: pulumi.secret(token.password),
        },
      },
      { parent: this, dependsOn: [repository] },
    );

    if (args.sageMakerImage !== undefined) {
      const registered = new sagemaker.Image(
        `${name}-sagemaker-image`,
        {
          imageName: args.sageMakerImage.name,
          displayName: args.sageMakerImage.name,
          description: "Decision tree regression (scikit-learn)",
          roleArn: args.sageMakerImage.roleArn,
        },
        { parent: this },
      );
      new sagemaker.ImageVersion(
        `${name}-sagemaker-image-version`,
        { imageName: registered.imageName, baseImage: pulumi.interpolate`${repositoryUrl}:${tag}` },
        { parent: this, dependsOn: [image] },
      );
    }

    this.imageUri = pulumi.interpolate`${repositoryUrl}:${tag}`;
    this.tag = pulumi.output(tag);
    this.repoDigest = image.repoDigest;
    this.repositoryArn = repository.arn;
    this.registerOutputs({
      imageUri: this.imageUri,
      tag: this.tag,
      repoDigest: this.repoDigest,
      repositoryArn: this.repositoryArn,
    });
  }
}
