import { deepEqual, equal } from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { imageTag } from "../../components/buildContext";
import { DecisionTreeImage, type DecisionTreeImageArgs } from "../../components/decisionTreeImage";
import { account, construct, valueOf } from "../support/construct";

const repository = "111122223333.dkr.ecr.us-east-1.amazonaws.com/the-repository";

describe("DecisionTreeImage", () => {
  const context = mkdtempSync(join(tmpdir(), "restate-image-"));
  writeFileSync(join(context, "Dockerfile"), "FROM scratch\n");
  writeFileSync(join(context, ".dockerignore"), "");
  after(() => {
    rmSync(context, { recursive: true });
  });
  const make = (change: Partial<DecisionTreeImageArgs> = {}) =>
    construct(
      (options) =>
        new DecisionTreeImage(
          "tree",
          {
            account,
            names: { repositoryName: "the-repository", sageMakerImageName: "the-image" },
            build: { context, baseImage: undefined },
            kmsKeyArn: "the-key",
            protection: { protect: true, forceDestroy: false },
            modelConsumers: [],
            inPipelines: false,
            sageMakerImage: undefined,
            ...change,
          },
          options,
        ),
    );

  it("creates a repository and the image, whose tag is a hash of its sources", async () => {
    const { component, kept, registered } = await make();
    const uri = `${repository}:${imageTag(context, {})}`;
    deepEqual(registered, {
      "docker:index/image:Image tree-image": {
        imageName: uri,
        build: {
          context,
          dockerfile: join(context, "Dockerfile"),
          platform: "linux/amd64",
          args: {},
        },
        skipPush: false,
        buildOnPreview: false,
        registry: { secret: { server: repository, username: "AWS", password: "" } },
      },
      "ecr/repository tree-repository": {
        name: "the-repository",
        imageTagMutability: "IMMUTABLE",
        imageScanningConfiguration: { scanOnPush: true },
        encryptionConfigurations: [{ encryptionType: "KMS", kmsKey: "the-key" }],
        forceDelete: false,
      },
    });
    deepEqual(kept, ["ecr/repository tree-repository"]);
    equal(await valueOf(component.imageUri), uri);
  });

  it("can be deleted with its images, and built on another base image, if configured", async () => {
    const { kept, registered } = await make({
      build: { context, baseImage: "python:3.12" },
      protection: { protect: false, forceDestroy: true },
    });
    deepEqual(kept, []);
    equal(registered["ecr/repository tree-repository"]?.["forceDelete"], true);
    equal(
      registered["docker:index/image:Image tree-image"]?.["imageName"],
      `${repository}:${imageTag(context, { BASE_IMAGE: "python:3.12" })}`,
    );
  });

  it("can be pulled by SageMaker itself for inference pipelines of this account", async () => {
    const { registered } = await make({ inPipelines: true });
    deepEqual(registered["ecr/repositoryPolicy tree-repository-policy"]?.["policy"], {
      Version: "2012-10-17",
      Statement: [
        {
          Sid: "PullForPipelines",
          Effect: "Allow",
          Principal: { Service: "sagemaker.amazonaws.com" },
          Condition: { StringEqualsIfExists: { "aws:SourceAccount": "111122223333" } },
          Action: [
            "ecr:BatchCheckLayerAvailability",
            "ecr:BatchGetImage",
            "ecr:GetDownloadUrlForLayer",
          ],
        },
      ],
    });
  });

  it("is shared with other accounts, and shown in Studio, if configured", async () => {
    const { registered } = await make({
      modelConsumers: ["222233334444"],
      sageMakerImage: { roleArn: "the-role" },
    });
    deepEqual(registered["ecr/repositoryPolicy tree-repository-policy"], {
      repository: "the-repository",
      policy: {
        Version: "2012-10-17",
        Statement: [
          {
            Sid: "PullImage",
            Effect: "Allow",
            Principal: { AWS: ["arn:aws:iam::222233334444:root"] },
            Action: [
              "ecr:BatchCheckLayerAvailability",
              "ecr:BatchGetImage",
              "ecr:GetDownloadUrlForLayer",
            ],
          },
        ],
      },
    });
    deepEqual(registered["sagemaker/image tree-sagemaker-image"], {
      imageName: "the-image",
      displayName: "the-image",
      description: "Decision tree regression (scikit-learn)",
      roleArn: "the-role",
    });
    deepEqual(registered["sagemaker/imageVersion tree-sagemaker-image-version"], {
      imageName: "the-image",
      baseImage: `${repository}:${imageTag(context, {})}`,
    });
  });
});
