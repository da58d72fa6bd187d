import { SageMakerClient, type SageMakerClientConfig } from "@aws-sdk/client-sagemaker";

import { explaining } from "./awsErrors";

/** What the clients of the AWS SDK are made with. */
export type ClientConfig = Pick<
  SageMakerClientConfig,
  "credentials" | "maxAttempts" | "region" | "requestHandler"
>;

/** A client of SageMaker, whose failures are reported in one line. */
export function sageMaker(config: ClientConfig): SageMakerClient {
  return explaining(new SageMakerClient(config), "sagemaker");
}
