import * as pulumi from "@pulumi/pulumi";

import type { JobVpc } from "./jobVpc";
import { Network, type NetworkArgs } from "./network";

/** Which network jobs run in: one of the stack's own, one that is there already, or SageMaker's. */
export type NetworkChoice =
  | ({ readonly mode: "create" } & NetworkArgs["shape"])
  | { readonly mode: "existing"; readonly subnetIds: string[]; readonly securityGroupIds: string[] }
  | { readonly mode: "none" };

/** Where jobs run. */
export interface JobNetwork {
  /** Subnets and security groups of the jobs; undefined: SageMaker's own network. */
  readonly vpc: JobVpc | undefined;
  /** The network, where the stack makes it. */
  readonly vpcId: pulumi.Output<string> | undefined;
  /** Its endpoint to S3, where the stack makes it. */
  readonly s3EndpointId: pulumi.Output<string> | undefined;
}

/** Makes the network of a choice, or takes the one that it names. */
export function jobNetwork(
  name: string,
  choice: NetworkChoice,
  args: Omit<NetworkArgs, "shape">,
  opts: pulumi.ComponentResourceOptions,
): JobNetwork {
  switch (choice.mode) {
    case "none":
      return { vpc: undefined, vpcId: undefined, s3EndpointId: undefined };
    case "existing":
      return { vpc: choice, vpcId: undefined, s3EndpointId: undefined };
    case "create": {
      const network = new Network(name, { ...args, shape: choice }, opts);
      const { s3EndpointId, securityGroupId, subnetIds, vpcId } = network;
      const vpc = { subnetIds, securityGroupIds: pulumi.all([securityGroupId]) };
      return { vpc, vpcId, s3EndpointId };
    }
  }
}
