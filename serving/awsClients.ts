import { S3Client } from "@aws-sdk/client-s3";
import { SageMakerClient } from "@aws-sdk/client-sagemaker";

/** The services that the program queries before it registers anything. */
interface AwsClients {
  readonly sageMaker: SageMakerClient;
  readonly s3: S3Client;
}

/**
 * Clients for a region. They find credentials and AWS_ENDPOINT_URL like all AWS tools.
 *
 * @param region region of the main stack
 * @param profile profile of the credentials; undefined: the environment's
 */
export function awsClients(region: string, profile: string | undefined): AwsClients {
  // The pinned version supports this project's Node.js, so the SDK's warning about later versions helps nobody.
  process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] ??= "true";
  const common = { region, ...(profile === undefined ? {} : { profile }) };
  return { sageMaker: new SageMakerClient(common), s3: new S3Client(common) };
}
