import { canonicalJson, contentHash } from "../pipeline/language/canonicalJson";

/**
 * Composes the name of the endpoint. It begins with the pipeline's, since the main stack's topic takes the
 * alarms of such names only. An endpoint with instances cannot become a serverless one, so the two differ.
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
 * Composes the name of something that SageMaker cannot change: it carries the model's version, and a hash
 * of the content, so that another content is another resource beside the old one.
 */
export function versionedName(base: string, version: number, content: object): string {
  return `${base}-v${version}-${contentHash(canonicalJson(content)).slice(0, 6)}`;
}
