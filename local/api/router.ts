import { invoke, isInvocation } from "./runtime";
import { answerS3 } from "./s3";
import { answerQuery, isQuery } from "./query";
import { answerJson, isJsonRequest, type WireRequest, type WireResponse } from "./wire";
import type { World } from "./world";

/** Answers a request to any supported service. */
export function answer(world: World, request: WireRequest): Promise<WireResponse> {
  if (isJsonRequest(request)) {
    return answerJson(world, request);
  }
  if (isInvocation(request)) {
    return invoke(world, request);
  }
  return isQuery(request) ? Promise.resolve(answerQuery(world, request)) : answerS3(world, request);
}
