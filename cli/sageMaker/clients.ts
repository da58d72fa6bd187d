import { SageMakerClient } from "@aws-sdk/client-sagemaker";

import type { ClientConfig } from "../world";
import { explaining } from "./awsErrors";

/** A client of SageMaker, whose failures are told in one line. */
export function sageMaker(config: ClientConfig): SageMakerClient {
  return explaining(new SageMakerClient(config), "sagemaker");
}
