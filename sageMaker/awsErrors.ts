import type { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import type { GlueClient } from "@aws-sdk/client-glue";
import type { S3Client } from "@aws-sdk/client-s3";
import type { SageMakerClient } from "@aws-sdk/client-sagemaker";
import type { SageMakerRuntimeClient } from "@aws-sdk/client-sagemaker-runtime";

import { UserError } from "../errors/userError";

/** A failed call to AWS, reported in one line with the call and what to do. */
export class AwsError extends UserError {
  /**
   * @param code the service's or the SDK's name of the error
   * @param transient whether the same call may succeed later
   */
  constructor(
    message: string,
    readonly code: string,
    readonly transient: boolean,
  ) {
    super(message);
  }
}

/** The members of the SDK's errors that are used here. */
interface SdkError extends Error {
  readonly $fault?: "client" | "server";
  readonly $metadata?: { readonly attempts?: number };
  /** The code of a network error. */
  readonly code?: string;
}

const noCredentials = new Set(["CredentialsProviderError", "TokenProviderError"]);
const expired = new Set(["ExpiredToken", "ExpiredTokenException", "RequestExpired"]);
const unknownCredentials = new Set([
  "IncompleteSignature",
  "InvalidClientTokenId",
  "InvalidSignatureException",
  "SignatureDoesNotMatch",
  "UnrecognizedClientException",
]);
const denied = new Set(["AccessDenied", "AccessDeniedException", "UnauthorizedOperation"]);
const throttled = new Set([
  "RequestLimitExceeded",
  "Throttling",
  "ThrottlingException",
  "TooManyRequestsException",
]);
const unreachable = new Set([
  "EAI_AGAIN",
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTUNREACH",
  "ENOTFOUND",
  "ETIMEDOUT",
  "TimeoutError",
]);

/**
 * Describes an error of the SDK in one line.
 *
 * @param service the prefix of the service's IAM actions, such as `sagemaker`
 * @param call name of the call, such as `StartPipelineExecution`
 * @returns the error to throw instead; the same one if no call failed
 */
function explainedError(error: unknown, service: string, call: string): unknown {
  if (!(error instanceof Error) || error instanceof UserError) {
    return error;
  }
  const { $fault: fault, $metadata: metadata, code, message, name } = error as SdkError;
  const said = message.replace(/\s+/g, " ").trim().replace(/\.$/, "");
  const failure = (what: string, transient = false): AwsError =>
    new AwsError(`${call}: ${what}`, name, transient);
  if (noCredentials.has(name)) {
    return failure(
      `no AWS credentials found (${said}); sign in with \`aws sso login\`, or set AWS_PROFILE, ` +
        "or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    );
  }
  if (expired.has(name)) {
    return failure(`the AWS credentials have expired (${said}); sign in again`);
  }
  if (unknownCredentials.has(name)) {
    return failure(
      `AWS rejects the credentials (${said}); check that AWS_PROFILE or the keys in the environment belong to the ` +
        "stack's account",
    );
  }
  if (denied.has(name)) {
    return failure(`access denied (${said}); you need the permission ${service}:${call}`);
  }
  if (throttled.has(name)) {
    const attempts = metadata?.attempts ?? 1;
    return failure(`throttled ${attempts} times (${said}); try again later`, true);
  }
  if (unreachable.has(code ?? "") || unreachable.has(name)) {
    return failure(`cannot reach AWS (${said || (code ?? name)}); check the network`, true);
  }
  return metadata === undefined ? error : failure(said || name, fault === "server");
}

/** Makes all calls of a client fail with an {@link AwsError}. */
export function explaining<
  Client extends
    CloudWatchLogsClient | GlueClient | S3Client | SageMakerClient | SageMakerRuntimeClient,
>(client: Client, service: string): Client {
  // The middleware stacks differ only in the types of requests, which are passed on unchanged.
  const stack = client.middlewareStack as SageMakerClient["middlewareStack"];
  stack.add(
    (next, context) => async (request) => {
      try {
        return await next(request);
      } catch (error) {
        const call = String(context["commandName"]).replace(/Command$/, "");
        throw explainedError(error, service, call);
      }
    },
    // Outermost, around retries and credential resolution.
    { step: "initialize", priority: "high", name: "explainErrors" },
  );
  return client;
}
