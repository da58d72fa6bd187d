import * as pulumi from "@pulumi/pulumi";

import type { JobVpc } from "./jobVpc";
import { Network, type NetworkArgs } from "./network";

/** The jobs' network: the stack's own, an existing one, or SageMaker's. */
type NetworkChoice =
  | ({ readonly mode: "create" } & NetworkArgs["shape"])
  | {
      readonly mode: "existing";
      readonly subnetIds: string[];
      readonly securityGroupIds: string[];
      readonly s3EndpointId?: string | undefined;
    }
  | { readonly mode: "none" };

interface JobNetwork {
  /** Subnets and security groups of the jobs; undefined: SageMaker's own network. */
  readonly vpc: JobVpc | undefined;
  /** The network, if the stack creates it. */
  readonly vpcId: pulumi.Output<string> | undefined;
  /** Its endpoint to S3, if the stack creates it, or the configuration names it. */
  readonly s3EndpointId: pulumi.Output<string> | undefined;
}

/** Creates the configured network, or uses an existing one. */
export function jobNetwork(
  name: string,
  choice: NetworkChoice,
  args: Omit<NetworkArgs, "shape">,
  opts: pulumi.ComponentResourceOptions,
): JobNetwork {
  switch (choice.mode) {
    case "none":
      return { vpc: undefined, vpcId: undefined, s3EndpointId: undefined };
    case "existing": {
      const { s3EndpointId: id, securityGroupIds, subnetIds } = choice;
      const s3EndpointId = id === undefined ? undefined : pulumi.output(id);
      return { vpc: { subnetIds, securityGroupIds }, vpcId: undefined, s3EndpointId };
    }
    case "create": {
      const network = new Network(name, { ...args, shape: choice }, opts);
      const { s3EndpointId, securityGroupId, subnetIds, vpcId } = network;
      const vpc = { subnetIds, securityGroupIds: pulumi.all([securityGroupId]) };
      return { vpc, vpcId, s3EndpointId };
    }
  }
}
