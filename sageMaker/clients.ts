import { SageMakerClient, type SageMakerClientConfig } from "@aws-sdk/client-sagemaker";

import { explaining } from "./awsErrors";

/** The configuration of the AWS SDK's clients. */
export type ClientConfig = Pick<
  SageMakerClientConfig,
  "credentials" | "maxAttempts" | "region" | "requestHandler" | "signer"
>;

/** A SageMaker client whose failures are reported in one line. */
export function sageMaker(config: ClientConfig): SageMakerClient {
  return explaining(new SageMakerClient(config), "sagemaker");
}
