import { getPrebuiltEcrImageOutput } from "@pulumi/aws/sagemaker/getPrebuiltEcrImage";
import type * as pulumi from "@pulumi/pulumi";

/** A version of one of SageMaker's own images. */
interface PrebuiltVersion {
  readonly repositoryName: string;
  readonly tag: string;
  /** Day from which AWS no longer patches it, such as 2027-05-13, if announced. */
  readonly endOfSupport?: string;
}

/**
 * SageMaker's images for the pipeline and monitoring. The provider has the registry of each region
 * (hashicorp/terraform-provider-aws, prebuilt_ecr_image_data_source.go), and accepts any tag.
 */
const images = {
  /**
   * The newest tag in a public pipeline, in us-east-1: its flow has it as `container_uri`. We assume that the other
   * 23 regions have it too; aws/sagemaker-python-sdk lists 3.x as the newest, and public jobs of 2025 use 5.0.9 in
   * us-east-1 and us-east-2.
   */
  dataWrangler: { repositoryName: "sagemaker-data-wrangler-container", tag: "5.1.3" },
  modelMonitor: { repositoryName: "sagemaker-model-monitor-analyzer", tag: "latest" },
  /** Source: aws/deep-learning-containers, docs/src/data/sagemaker-scikit-learn (scikit-learn 1.9.0, Python 3.12). */
  scikitLearn: {
    repositoryName: "sagemaker-scikit-learn",
    tag: "1.9-0-cpu-py3",
    endOfSupport: "2027-07-16",
  },
  /** Source: aws/deep-learning-containers, docs/src/data/sagemaker-xgboost (XGBoost 3.2.0, Python 3.12). */
  xgboost: { repositoryName: "sagemaker-xgboost", tag: "3.2-0", endOfSupport: "2027-05-13" },
} as const satisfies Readonly<Record<string, PrebuiltVersion>>;

/** One of SageMaker's own images. */
type PrebuiltImage = keyof typeof images;

/** URI of one of SageMaker's own images in a region, known at preview. */
export function prebuiltImage(
  image: PrebuiltImage,
  region: string,
  options: pulumi.InvokeOptions,
): pulumi.Output<string> {
  const { repositoryName, tag } = images[image];
  return getPrebuiltEcrImageOutput({ repositoryName, imageTag: tag, region }, options).registryPath;
}

/** URIs of all images that the pipeline uses. */
export function prebuiltImages(
  region: string,
  options: pulumi.InvokeOptions,
): Readonly<Record<PrebuiltImage, pulumi.Output<string>>> {
  const names = Object.keys(images) as PrebuiltImage[];
  const uris = names.map((image) => [image, prebuiltImage(image, region, options)]);
  return Object.fromEntries(uris) as ReturnType<typeof prebuiltImages>;
}

/** Months before the end of an image's support when warnings begin. */
const monthsOfWarning = 3;

/**
 * Warnings about images near or past the end of their support.
 *
 * @param used the images that the stack uses
 * @param now the current time; days are in UTC
 */
export function supportWarnings(used: readonly PrebuiltImage[], now: Date): readonly string[] {
  const today = now.toISOString().slice(0, 10);
  return used.flatMap((image) => {
    const { endOfSupport, repositoryName, tag }: PrebuiltVersion = images[image];
    if (endOfSupport === undefined) {
      return [];
    }
    const warned = new Date(endOfSupport);
    warned.setUTCMonth(warned.getUTCMonth() - monthsOfWarning);
    const name = `the image ${repositoryName}:${tag}`;
    if (today >= endOfSupport) {
      return [`${name} reached its end of support on ${endOfSupport}: AWS no longer patches it`];
    }
    return today >= warned.toISOString().slice(0, 10)
      ? [`${name} reaches its end of support on ${endOfSupport}: AWS patches it until then`]
      : [];
  });
}
