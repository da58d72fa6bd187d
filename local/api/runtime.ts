import {
  invokeContainers,
  isPrediction,
  modelError,
  passedOn,
  unanswered,
} from "../environments/inferencePipeline";
import type { Serving } from "./endpointServers";
import type { WireRequest, WireResponse } from "./wire";
import type { World } from "./world";

const path =
  /^\/endpoints\/([a-z\d-]+)\/(invocations|async-invocations|invocations-response-stream)(?:\?|$)/i;

/** Max bytes of a request, and of a response. Source: BodyBlob in the service's model. */
const maxBody = 6 * 1024 ** 2;

/**
 * Max bytes between two containers, and seconds until one has responded.
 * Source: SageMaker guide, "Troubleshoot Inference Pipelines"; InvokeEndpoint.
 */
const limits = { maxBytes: 5 * 1024 ** 2, maxSeconds: 60 };

/** Operations that are not available, by their paths. */
const unavailable: Readonly<Record<string, string>> = {
  "async-invocations": "InvokeEndpointAsync",
  "invocations-response-stream": "InvokeEndpointWithResponseStream",
};

/** Headers of unsupported features. */
const unsupported: Readonly<Record<string, string>> = {
  "x-amzn-sagemaker-target-model": "TargetModel",
  "x-amzn-sagemaker-target-container-hostname": "TargetContainerHostname",
  "x-amzn-sagemaker-inference-component": "InferenceComponentName",
  "x-amzn-sagemaker-enable-explanations": "EnableExplanations",
  "x-amzn-sagemaker-session-id": "SessionId",
};

/** Whether a request invokes an endpoint. */
export function isInvocation({ method, url }: WireRequest): boolean {
  return method === "POST" && path.test(url);
}

function failure(status: number, code: string, body: object): WireResponse {
  return {
    status,
    headers: { "content-type": "application/json", "x-amzn-errortype": code },
    body: JSON.stringify(body),
  };
}

const refusal = (message: string): WireResponse => failure(400, "ValidationError", { message });

/** Answers InvokeEndpoint by invoking the model's server. */
export async function invoke(world: World, request: WireRequest): Promise<WireResponse> {
  const [, name = "", kind = ""] = path.exec(request.url) ?? [];
  const operation = unavailable[kind];
  if (operation !== undefined) {
    const message = `The operation ${operation} is not available on this machine.`;
    return failure(400, "UnknownOperationException", { message });
  }
  const asked = Object.keys(unsupported).find((header) => request.headers[header] !== undefined);
  if (asked !== undefined) {
    return refusal(`${unsupported[asked] ?? ""} is not supported on this machine`);
  }
  if (request.body.length > maxBody) {
    return refusal(
      "1 validation error detected: Value at 'body' failed to satisfy constraint: " +
        `Member must have length less than or equal to ${maxBody}`,
    );
  }
  const response = await world.endpoints.invoke(name, (serving) => respond(name, request, serving));
  return response ?? refusal(`Endpoint ${name} of account ${world.accountId} not found.`);
}

/** The response of an endpoint's containers. */
async function respond(
  name: string,
  { body, headers }: WireRequest,
  { log, ports, servers, variant }: Serving,
): Promise<WireResponse> {
  const target = headers["x-amzn-sagemaker-target-variant"];
  if (target !== undefined && target !== variant) {
    return refusal(`Variant ${target} of endpoint ${name} not found.`);
  }
  // Another process may have the port of a server that has ended.
  const answer = servers.isRunning()
    ? await invokeContainers(ports, { headers: passedOn(headers), body }, limits)
    : unanswered("primary");
  if (!isPrediction(answer)) {
    return failure(424, "ModelError", modelError(answer, log));
  }
  return {
    status: 200,
    headers: {
      "content-type": "application/octet-stream",
      ...answer.headers,
      "x-amzn-invoked-production-variant": variant,
    },
    body: Buffer.from(answer.body),
  };
}
