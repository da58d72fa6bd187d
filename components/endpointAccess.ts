import type * as pulumi from "@pulumi/pulumi";

import type { EndpointAccess } from "./dataBucket";
import type { StackNames } from "./stackNames";

/**
 * Which of a stack's roles reach the bucket through its network's endpoint alone. Evaluation does only if it is
 * processing jobs: a batch transform's model is looked at when it is made, and no source says from where. Nor does one
 * of what endpoints read and keep; their monitoring may run without a network.
 */
export function endpointAccess(
  { namePrefix, roleNames }: Pick<StackNames, "namePrefix" | "roleNames">,
  known: {
    readonly vpcEndpointId: pulumi.Input<string>;
    /** Images of candidates that are evaluated by batch transforms. */
    readonly ownImages: readonly string[];
    readonly principals: readonly string[];
  },
): EndpointAccess {
  const { crawler, evaluation, monitoring, pipeline, processing, serving, training } = roleNames;
  const transforms = known.ownImages.length > 0;
  return {
    vpcEndpointId: known.vpcEndpointId,
    principals: known.principals,
    jobRoles: [processing, training, ...(transforms ? [] : [evaluation])],
    otherRoles: [
      ...[pipeline, crawler, serving, monitoring, `${namePrefix}-deployer`],
      ...(transforms ? [evaluation] : []),
    ],
  };
}
