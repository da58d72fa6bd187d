import { S3Client } from "@aws-sdk/client-s3";
import { SageMakerClient } from "@aws-sdk/client-sagemaker";

/** The services that the program asks before it registers anything. */
export interface AwsClients {
  readonly sageMaker: SageMakerClient;
  readonly s3: S3Client;
}

/**
 * Clients of a region. They take credentials, and AWS_ENDPOINT_URL, from where all tools of AWS do.
 *
 * @param region region of the main stack
 * @param profile profile of the credentials; undefined: what the environment says
 */
export function awsClients(region: string, profile: string | undefined): AwsClients {
  // The pinned version runs on the Node.js that this project asks for; that later ones will not helps nobody.
  process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] ??= "true";
  const common = { region, ...(profile === undefined ? {} : { profile }) };
  return { sageMaker: new SageMakerClient(common), s3: new S3Client(common) };
}
