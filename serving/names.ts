import { canonicalJson, contentHash } from "../pipeline/language/canonicalJson";

/**
 * Composes the name of the endpoint. It begins with the pipeline's, since the main stack's topic only accepts alarms
 * with such names. An endpoint with instances cannot become serverless, so the two have different names.
 *
 * @param pipelineName the main stack's pipeline: restate-<stack>
 */
export function endpointName(
  pipelineName: string,
  suffix: string,
  mode: "real-time" | "serverless",
): string {
  return [pipelineName, suffix, ...(mode === "serverless" ? [mode] : [])].join("-");
}

/**
 * Composes the name of a resource that SageMaker cannot change. It contains the model's version and a hash of the
 * content, so that new content creates a new resource next to the old one.
 */
export function versionedName(base: string, version: number, content: object): string {
  return `${base}-v${version}-${contentHash(canonicalJson(content)).slice(0, 6)}`;
}
