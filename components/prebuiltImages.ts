import { getPrebuiltEcrImageOutput } from "@pulumi/aws/sagemaker/getPrebuiltEcrImage";
import type * as pulumi from "@pulumi/pulumi";

/** SageMaker's own images that the pipeline and monitoring use, by repository and tag. */
const images = {
  dataWrangler: ["sagemaker-data-wrangler-container", "3.x"],
  modelMonitor: ["sagemaker-model-monitor-analyzer", "latest"],
  scikitLearn: ["sagemaker-scikit-learn", "1.2-1-cpu-py3"],
  xgboost: ["sagemaker-xgboost", "3.0-5"],
} as const;

type PrebuiltImage = keyof typeof images;

/** URI of one of SageMaker's own images in a region. It is known at preview. */
export function prebuiltImage(
  image: PrebuiltImage,
  region: string,
  options: pulumi.InvokeOptions,
): pulumi.Output<string> {
  const [repositoryName, imageTag] = images[image];
  return getPrebuiltEcrImageOutput({ repositoryName, imageTag, region }, options).registryPath;
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
