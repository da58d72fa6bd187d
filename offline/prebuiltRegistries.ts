/** The registries of SageMaker's images in us-east-1. For other regions, the provider has its own table. */
export const prebuiltRegistries: Readonly<Record<string, string>> = {
  "sagemaker-data-wrangler-container": "663277389841",
  "sagemaker-model-monitor-analyzer": "156813124566",
  "sagemaker-scikit-learn": "683313688378",
  "sagemaker-xgboost": "683313688378",
};
