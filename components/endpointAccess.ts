import type * as pulumi from "@pulumi/pulumi";

import type { MlflowLogging } from "../pipeline/mlflowLogging";
import type { EndpointAccess } from "./dataBucket";
import type { StackNames } from "./stackNames";

/**
 * The roles that only reach the bucket through the network's endpoint. Evaluation is one only if it consists of
 * processing jobs: SageMaker checks a batch transform's model when it is created, and no source says from where. The
 * same applies to endpoints; their monitoring may run without a network.
 */
export function endpointAccess(
  { namePrefix, roleNames }: Pick<StackNames, "namePrefix" | "roleNames">,
  known: {
    readonly vpcEndpointId: pulumi.Input<string>;
    /** Images of candidates that are evaluated by batch transforms. */
    readonly ownImages: readonly string[];
    readonly principals: readonly string[];
    readonly mlflowLogging: MlflowLogging;
  },
): EndpointAccess {
  const { crawler, evaluation, logging, monitoring, pipeline, processing, serving } = roleNames;
  const { tracking, training } = roleNames;
  const transforms = known.ownImages.length > 0;
  return {
    vpcEndpointId: known.vpcEndpointId,
    principals: known.principals,
    jobRoles: [
      ...[processing, training, ...(transforms ? [] : [evaluation])],
      ...(known.mlflowLogging === "in-network" ? [logging] : []),
    ],
    otherRoles: [
      ...[pipeline, crawler, serving, monitoring, tracking, `${namePrefix}-deployer`],
      ...(transforms ? [evaluation] : []),
      ...(known.mlflowLogging === "outside-network" ? [logging] : []),
    ],
  };
}
