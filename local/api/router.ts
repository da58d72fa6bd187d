import { answerJson, isJsonRequest, type WireRequest, type WireResponse } from "./wire";
import type { World } from "./world";

/** Answers a request of any service that this machine stands in for. */
export function answer(world: World, request: WireRequest): Promise<WireResponse> {
  if (isJsonRequest(request)) {
    return answerJson(world, request);
  }
  return Promise.resolve({
    status: 400,
    headers: { "content-type": "text/plain" },
    body: "This is not a request of a service that this machine stands in for.\n",
  });
}
