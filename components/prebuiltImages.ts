import { getPrebuiltEcrImageOutput } from "@pulumi/aws/sagemaker/getPrebuiltEcrImage";
import type * as pulumi from "@pulumi/pulumi";

/** SageMaker's own images that the pipeline uses, by repository and tag. */
const images = {
  dataWrangler: ["sagemaker-data-wrangler-container", "3.x"],
  modelMonitor: ["sagemaker-model-monitor-analyzer", "latest"],
  scikitLearn: ["sagemaker-scikit-learn", "1.2-1-cpu-py3"],
  xgboost: ["sagemaker-xgboost", "3.0-5"],
} as const;

/** URIs of SageMaker's own images in a region. They are known at preview. */
export function prebuiltImages(
  region: string,
  options: pulumi.InvokeOptions,
): Readonly<Record<keyof typeof images, pulumi.Output<string>>> {
  const uri = (image: keyof typeof images): pulumi.Output<string> => {
    const [repositoryName, imageTag] = images[image];
    return getPrebuiltEcrImageOutput({ repositoryName, imageTag, region }, options).registryPath;
  };
  return {
    dataWrangler: uri("dataWrangler"),
    modelMonitor: uri("modelMonitor"),
    scikitLearn: uri("scikitLearn"),
    xgboost: uri("xgboost"),
  };
}
