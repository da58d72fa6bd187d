import type { Unwrap } from "@pulumi/pulumi";

import type { JsonObject } from "../pipeline/language/json";

/** A resource that the program registered. */
export interface Resource {
  readonly type: string;
  readonly name: string;
  readonly inputs: JsonObject;
}

/**
 * The inputs of the registered resources of a type, in the form of its class's arguments.
 * @param type such as aws:s3/bucket:Bucket
 */
export function inputsOf<Arguments>(
  resources: readonly Resource[],
  type: string,
): readonly Unwrap<Arguments>[] {
  return resources
    .filter((resource) => resource.type === type)
    .map(({ inputs }) => inputs as unknown as Unwrap<Arguments>);
}
