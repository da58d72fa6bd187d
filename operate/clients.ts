import { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { SageMakerClient } from "@aws-sdk/client-sagemaker";
import { SageMakerRuntimeClient } from "@aws-sdk/client-sagemaker-runtime";

import { requestHandler } from "../local/api/handler";
import { World } from "../local/api/world";
import { explaining } from "./awsErrors";

/** Where pipelines run: a region of AWS, or this machine. */
export type Place = World | { readonly region: string };

/** What a client is made with to reach a place. Of AWS, credentials and endpoints are found as the SDK does it. */
function configOf(place: Place): {
  readonly region: string;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly requestHandler?: ReturnType<typeof requestHandler>;
} {
  return place instanceof World
    ? {
        region: place.region,
        credentials: { accessKeyId: "local", secretAccessKey: "local" },
        requestHandler: requestHandler(place),
      }
    : { region: place.region };
}

/** A client of SageMaker. What fails is told in one line. */
export function sageMakerOf(place: Place): SageMakerClient {
  return explaining(new SageMakerClient(configOf(place)), "sagemaker");
}

/** A client of SageMaker's endpoints. What fails is told in one line. */
export function runtimeOf(place: Place): SageMakerRuntimeClient {
  return explaining(new SageMakerRuntimeClient(configOf(place)), "sagemaker");
}

/** A client of CloudWatch Logs. What fails is told in one line. */
export function logsOf(place: Place): CloudWatchLogsClient {
  return explaining(new CloudWatchLogsClient(configOf(place)), "logs");
}
