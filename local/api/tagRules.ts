import type { Tag } from "@aws-sdk/client-sagemaker";

import { invalid } from "./errors";

/** Maximum number of a resource's tags. Source: the maximum of AddTags' Tags. */
const maxTags = 50;

/** @throws ApiError for a reserved key. Evidence: aws/sagemaker-python-sdk#1301 */
export function checkKey(key: string): void {
  if (key.toLowerCase().startsWith("aws:")) {
    throw invalid(`System prefix 'aws:' reserved for AWS usage in tag key: ${key}`);
  }
}

/** @throws ApiError for tags that a resource cannot have. Source: AddTags ("unique per resource") */
export function checkTags(tags: readonly Tag[]): void {
  const keys = new Set(tags.map(({ Key = "" }) => Key));
  keys.forEach(checkKey);
  if (keys.size < tags.length) {
    throw invalid("Tag keys must be unique per resource.");
  }
  if (tags.length > maxTags) {
    throw invalid(`A resource can have ${maxTags} tags, and this one would have ${tags.length}.`);
  }
}
