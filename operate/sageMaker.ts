import { SageMakerClient } from "@aws-sdk/client-sagemaker";

import { explaining } from "./awsErrors";

/**
 * A client of SageMaker. Credentials, retries and AWS_ENDPOINT_URL are the SDK's defaults; what fails is
 * told in one line.
 */
export function sageMaker(region: string): SageMakerClient {
  return explaining(new SageMakerClient({ region }), "sagemaker");
}
