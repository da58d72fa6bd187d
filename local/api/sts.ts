import { randomUUID } from "node:crypto";

import type { WireRequest, WireResponse } from "./wire";
import type { World } from "./world";
import { xml } from "./xml";

const namespace = ' xmlns="https://sts.amazonaws.com/doc/2011-06-15/"';

/** Whether a request is one of a service that speaks AWS Query, of which STS is the only one here. */
export function isQuery({ headers, method }: WireRequest): boolean {
  const type = headers["content-type"] ?? "";
  return method === "POST" && type.startsWith("application/x-www-form-urlencoded");
}

/** Answers GetCallerIdentity: whoever asks is a user of the account. Refuses all else by its name. */
export function answerSts({ accountId }: World, { body }: WireRequest): WireResponse {
  const action = new URLSearchParams(body.toString("utf8")).get("Action") ?? "";
  const headers = { "content-type": "text/xml" };
  const RequestId = randomUUID();
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
