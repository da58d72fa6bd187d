import { getPrebuiltEcrImageOutput } from "@pulumi/aws/sagemaker/getPrebuiltEcrImage";
import type * as pulumi from "@pulumi/pulumi";

/** A version of one of SageMaker's own images. */
interface PrebuiltVersion {
  readonly repositoryName: string;
  readonly tag: string;
  /** Day from which AWS no longer patches it, such as 2027-05-13. Default: none is announced. */
  readonly endOfSupport?: string;
}

/**
 * SageMaker's own images that the pipeline and monitoring use. The registry of each region is in the provider's
 * table (hashicorp/terraform-provider-aws, prebuilt_ecr_image_data_source.go), which takes any tag.
 */
const images = {
  /**
   * The newest tag that a public pipeline runs, in us-east-1: it names the `container_uri` that Data Wrangler wrote
   * into the flow. That the other 23 regions of the table have it too is a belief; aws/sagemaker-python-sdk lists
   * 3.x as the newest, and public jobs of 2025 name 5.0.9 in us-east-1 and us-east-2.
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
export type PrebuiltImage = keyof typeof images;

/** URI of one of SageMaker's own images in a region. It is known at preview. */
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
  const uri = (image: PrebuiltImage): pulumi.Output<string> =>
    prebuiltImage(image, region, options);
  return {
    dataWrangler: uri("dataWrangler"),
    modelMonitor: uri("modelMonitor"),
    scikitLearn: uri("scikitLearn"),
    xgboost: uri("xgboost"),
  };
}

/** Months before the end of an image's support from which it is warned of. */
const monthsOfWarning = 3;

/**
 * What to warn of where images are near the end of their support, or past it.
 *
 * @param used the images that the stack uses
 * @param now the time, of which the day in UTC counts
 * @returns a text for each such image
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
