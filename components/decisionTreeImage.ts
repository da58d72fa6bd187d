import * as ecr from "@pulumi/aws/ecr";
import * as sagemaker from "@pulumi/aws/sagemaker";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { join } from "node:path";

import { type Account, accountPrincipals } from "./account";
import { imageTag, platform, settleFileModes } from "./buildContext";
import { checkManifest, findDigest } from "./imageRegistry";
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

/** Folder of the Dockerfile that takes the place of one whose image is in the registry already. */
const inRegistry = join("components", "imageInRegistry");

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
  /** The image, once it is in the registry and is one that SageMaker runs: what names its URI waits for it. */
  public readonly pushed: pulumi.Output<pulumi.Resource>;

  constructor(name: string, args: DecisionTreeImageArgs, opts?: pulumi.ComponentResourceOptions) {
    super("restate:index:DecisionTreeImage", name, {}, opts);
    const { accountId, dnsSuffix, region } = args.account;
    const buildArguments: Record<string, string> =
      args.baseImage === undefined ? {} : { BASE_IMAGE: args.baseImage };
    const tag = imageTag(args.context, buildArguments);
    settleFileModes(args.context);

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
    const registryImage = { repositoryName: args.repositoryName, tag };
    const digestInRegistry = findDigest(registryImage, { parent: this });
    const build = (dockerfileFolder: string): docker.types.input.DockerBuild => ({
      context: dockerfileFolder,
      dockerfile: join(dockerfileFolder, "Dockerfile"),
      platform,
      args: buildArguments,
    });
    // Another tag makes another image. The same tag is the same image, whatever the registry had before: so how it
    // is built and whether it is pushed are decided once, when it is made.
    const image = new docker.Image(
      `${name}-image`,
      {
        imageName: pulumi.interpolate`${repositoryUrl}:${tag}`,
        build: digestInRegistry.then((digest) =>
          build(digest === undefined ? args.context : inRegistry),
        ),
        skipPush: digestInRegistry.then((digest) => digest !== undefined),
        registry: {
          server: repositoryUrl,
          username: token.userName,
          password: pulumi.secret(token.password),
        },
      },
      {
        parent: this,
        dependsOn: [repository],
        ignoreChanges: ["build", "skipPush"],
        replacementTrigger: tag,
        replaceOnChanges: ["imageName"], // Where a state is older than the trigger.
      },
    );
    const checked = pulumi
      .all([token.proxyEndpoint, token.userName, token.password, image.id])
      .apply(async ([endpoint, username, password]) => {
        // Stand-ins for an account have no registry to ask.
        if (!pulumi.runtime.isDryRun() && endpoint) {
          await checkManifest({ endpoint, username, password }, registryImage);
        }
      });
    this.pushed = checked.apply(() => image);

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
        { parent: this, dependsOn: this.pushed },
      );
    }

    this.imageUri = pulumi.interpolate`${repositoryUrl}:${tag}`;
    this.tag = pulumi.output(tag);
    this.repoDigest = checked.apply(() =>
      pulumi
        .output(digestInRegistry)
        .apply((digest) =>
          digest === undefined ? image.repoDigest : pulumi.interpolate`${repositoryUrl}@${digest}`,
        ),
    );
    this.repositoryArn = repository.arn;
    this.registerOutputs({
      imageUri: this.imageUri,
      tag: this.tag,
      repoDigest: this.repoDigest,
      repositoryArn: this.repositoryArn,
    });
  }
}
