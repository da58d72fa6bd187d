import * as ecr from "@pulumi/aws/ecr";
import * as sagemaker from "@pulumi/aws/sagemaker";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { join } from "node:path";

import { type Account, accountPrincipals } from "./account";
import { imageTag, platform, settleFileModes } from "./buildContext";
import { checkManifest, findDigest } from "./imageRegistry";
import { policyDocument } from "./policyDocument";
import { keptFromDeletion, type Protection } from "./protection";
import type { StackNames } from "./stackNames";

export interface DecisionTreeImageArgs {
  readonly account: Account;
  readonly names: Pick<StackNames, "repositoryName" | "sageMakerImageName">;
  readonly build: {
    /** Folder of the Dockerfile and its context, relative to the project. */
    readonly context: string;
    /** Base image; undefined: the Dockerfile's. */
    readonly baseImage: string | undefined;
  };
  readonly kmsKeyArn: pulumi.Input<string>;
  /** Of the repository with its images. */
  readonly protection: Protection;
  /** Other accounts that may pull the image. */
  readonly modelConsumers: readonly string[];
  /** Whether it precedes the containers of other images in inference pipelines. */
  readonly inPipelines: boolean;
  /** Role by which SageMaker pulls the image to register it for Studio; undefined: it is not registered. */
  readonly sageMakerImage: { readonly roleArn: pulumi.Input<string> } | undefined;
}

/** Folder of a Dockerfile to use if the image is already in the registry. */
const inRegistry = join("components", "imageInRegistry");

/**
 * Makes a value unknown at preview: ECR's password changes each time, but an update that follows a plan may not change
 * values that the preview knew.
 */
function unknownAtPreview<T>(value: pulumi.Output<T>): pulumi.Output<T> {
  return pulumi.runtime.isDryRun() ? pulumi.output(pulumi.unknown as never) : value;
}

/**
 * The image that trains, evaluates and serves Decision Trees, in a private repository with immutable tags. No
 * lifecycle rule expires images, because registered models need them.
 */
export class DecisionTreeImage extends pulumi.ComponentResource {
  /** URI with a hash of the build context as tag, known at preview. */
  public readonly imageUri: pulumi.Output<string>;
  public readonly tag: pulumi.Output<string>;
  /** URI with the digest of the pushed manifest. */
  public readonly repoDigest: pulumi.Output<string>;
  public readonly repositoryArn: pulumi.Output<string>;
  /** The image, once it is in the registry and checked; resources with its URI depend on it. */
  public readonly pushed: pulumi.Output<pulumi.Resource>;

  constructor(name: string, args: DecisionTreeImageArgs, opts?: pulumi.ComponentResourceOptions) {
    super("restate:index:DecisionTreeImage", name, {}, opts);
    const { account, inPipelines, modelConsumers, names, protection, sageMakerImage } = args;
    const { accountId, dnsSuffix, region } = account;
    const { baseImage, context } = args.build;
    const buildArguments: Record<string, string> =
      baseImage === undefined ? {} : { BASE_IMAGE: baseImage };
    const tag = imageTag(context, buildArguments);
    settleFileModes(context);

    const repository = new ecr.Repository(
      `${name}-repository`,
      {
        name: names.repositoryName,
        imageTagMutability: "IMMUTABLE",
        imageScanningConfiguration: { scanOnPush: true },
        encryptionConfigurations: [{ encryptionType: "KMS", kmsKey: args.kmsKeyArn }],
        forceDelete: protection.forceDestroy,
      },
      keptFromDeletion(this, protection),
    );
    const pullers = [
      ...(modelConsumers.length === 0
        ? []
        : [
            {
              Sid: "PullImage",
              Principal: { AWS: accountPrincipals(account, modelConsumers) },
            },
          ]),
      ...(inPipelines
        ? [
            {
              // With built-in images in the same pipeline, SageMaker pulls as itself, not with the role. Source: SageMaker
              // guide, "Troubleshoot Inference Pipelines". No source says whether the request has aws:SourceAccount.
              Sid: "PullForPipelines",
              Principal: { Service: "sagemaker.amazonaws.com" },
              Condition: { StringEqualsIfExists: { "aws:SourceAccount": accountId } },
            },
          ]
        : []),
    ];
    if (pullers.length > 0) {
      new ecr.RepositoryPolicy(
        `${name}-repository-policy`,
        {
          repository: repository.name,
          policy: policyDocument(
            pullers.map(({ Sid, ...who }) => ({
              Sid,
              Effect: "Allow",
              ...who,
              Action: [
                "ecr:BatchCheckLayerAvailability",
                "ecr:BatchGetImage",
                "ecr:GetDownloadUrlForLayer",
              ],
            })),
          ),
        },
        { parent: this },
      );
    }
    const token = ecr.getAuthorizationTokenOutput({ registryId: accountId }, { parent: this });
    // Composed, so that a preview knows it.
    const repositoryUrl = pulumi.interpolate`${accountId}.dkr.ecr.${region}.${dnsSuffix}/${names.repositoryName}`;
    const registryImage = { repositoryName: names.repositoryName, tag };
    const digestInRegistry = findDigest(registryImage, { parent: this });
    const build = (dockerfileFolder: string): docker.types.input.DockerBuild => ({
      context: dockerfileFolder,
      dockerfile: join(dockerfileFolder, "Dockerfile"),
      platform,
      args: buildArguments,
    });
    // Another tag replaces the image. With the same tag, how it is built and whether it is pushed are decided
    // only once, when the resource is created.
    const image = new docker.Image(
      `${name}-image`,
      {
        imageName: pulumi.interpolate`${repositoryUrl}:${tag}`,
        build: digestInRegistry.then((digest) =>
          build(digest === undefined ? context : inRegistry),
        ),
        skipPush: digestInRegistry.then((digest) => digest !== undefined),
        registry: {
          server: repositoryUrl,
          username: token.userName,
          password: unknownAtPreview(pulumi.secret(token.password)),
        },
      },
      {
        parent: this,
        dependsOn: [repository],
        ignoreChanges: ["build", "skipPush"],
        replacementTrigger: tag,
        replaceOnChanges: ["imageName"], // For states from before the trigger existed.
      },
    );
    const checked = pulumi
      .all([token.proxyEndpoint, token.userName, token.password, image.id])
      .apply(async ([endpoint, username, password]) => {
        // Stand-ins for an account have no registry.
        if (!pulumi.runtime.isDryRun() && endpoint) {
          await checkManifest({ endpoint, username, password }, registryImage);
        }
      });
    this.pushed = checked.apply(() => image);

    if (sageMakerImage !== undefined) {
      const registered = new sagemaker.Image(
        `${name}-sagemaker-image`,
        {
          imageName: names.sageMakerImageName,
          displayName: names.sageMakerImageName,
          description: "Decision tree regression (scikit-learn)",
          roleArn: sageMakerImage.roleArn,
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
