import {
  invokeContainers,
  maxBetweenContainers,
  modelError,
} from "../environments/inferencePipeline";
import type { WireRequest, WireResponse } from "./wire";
import type { World } from "./world";

const path =
  /^\/endpoints\/([a-z\d-]+)\/(invocations|async-invocations|invocations-response-stream)(?:\?|$)/i;

/** Operations that are not available, by their paths. */
const unavailable: Readonly<Record<string, string>> = {
  "async-invocations": "InvokeEndpointAsync",
  "invocations-response-stream": "InvokeEndpointWithResponseStream",
};

/** Headers of InvokeEndpoint that are passed on to the model. Source: "Interact with ... Custom Attributes". */
const passedOn = ["content-type", "accept", "x-amzn-sagemaker-custom-attributes"];

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
    const message = `${unsupported[asked] ?? ""} is not supported on this machine`;
    return failure(400, "ValidationError", { message });
  }
  const response = await world.endpoints.invoke(name, (serving) => respond(name, request, serving));
  const message = `Endpoint ${name} of account ${world.accountId} not found.`;
  return response ?? failure(400, "ValidationError", { message });
}

/** The response of an endpoint's containers. */
async function respond(
  name: string,
  request: WireRequest,
  { ports, variant }: { readonly ports: readonly number[]; readonly variant: string },
): Promise<WireResponse> {
  const target = request.headers["x-amzn-sagemaker-target-variant"];
  if (target !== undefined && target !== variant) {
    const message = `Variant ${target} of endpoint ${name} not found.`;
    return failure(400, "ValidationError", { message });
  }
  const answer = await invokeContainers(
    ports,
    {
      headers: Object.fromEntries(
        passedOn.flatMap((header) => {
          const value = request.headers[header];
          return value === undefined ? [] : [[header, value]];
        }),
      ),
      body: request.body,
    },
    maxBetweenContainers,
  );
  const { headers, status } = answer;
  if (status >= 400) {
    return failure(424, "ModelError", modelError(answer));
  }
  return {
    status: 200,
    headers: {
      "content-type": "application/octet-stream",
      ...headers,
      "x-amzn-invoked-production-variant": variant,
    },
    body: Buffer.from(answer.body),
  };
}
