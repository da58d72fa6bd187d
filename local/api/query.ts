import { randomUUID } from "node:crypto";

import type { WireRequest, WireResponse } from "./wire";
import type { World } from "./world";
import { xml } from "./xml";

const namespace = ' xmlns="https://sts.amazonaws.com/doc/2011-06-15/"';

/** The version of IAM's API, which distinguishes its requests from STS's. */
const iamVersion = "2010-05-08";

/** Whether a request is for a service with AWS Query: STS or IAM. */
export function isQuery({ headers, method }: WireRequest): boolean {
  const type = headers["content-type"] ?? "";
  return method === "POST" && type.startsWith("application/x-www-form-urlencoded");
}

/**
 * Answers STS's GetCallerIdentity with a user of the account, and refuses other operations by name.
 *
 * This machine has no roles, so IAM denies reading them: the SageMaker Python SDK v3, which would check that SageMaker
 * may assume a role, then leaves that to the service.
 */
export function answerQuery({ accountId }: World, { body }: WireRequest): WireResponse {
  const parameters = new URLSearchParams(body.toString("utf8"));
  const action = parameters.get("Action") ?? "";
  const headers = { "content-type": "text/xml" };
  const RequestId = randomUUID();
  if (parameters.get("Version") === iamVersion) {
    const Message = `Roles are not applied on this machine: IAM's ${action} is not available.`;
    const error = { Error: { Type: "Sender", Code: "AccessDenied", Message }, RequestId };
    return { status: 403, headers, body: xml("ErrorResponse", error) };
  }
  if (action !== "GetCallerIdentity") {
    const Message = `The operation ${action} is not available on this machine.`;
    const error = { Error: { Type: "Sender", Code: "InvalidAction", Message }, RequestId };
    return { status: 400, headers, body: xml("ErrorResponse", error, namespace) };
  }
  const answer = {
    GetCallerIdentityResult: {
      Arn: `arn:aws:iam::${accountId}:user/local`,
      UserId: "AIDALOCAL",
      Account: accountId,
    },
    ResponseMetadata: { RequestId },
  };
  return { status: 200, headers, body: xml("GetCallerIdentityResponse", answer, namespace) };
}
