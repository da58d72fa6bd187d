import * as pulumi from "@pulumi/pulumi";

import { Network, type NetworkArgs } from "./network";
import type { NetworkSettings } from "../config/network";

/** Where jobs run. */
export interface JobNetwork {
  /** Subnets and security groups of the jobs; undefined: SageMaker's own network. */
  readonly vpc?:
    | {
        readonly subnetIds: pulumi.Input<string[]>;
        readonly securityGroupIds: pulumi.Input<string[]>;
      }
    | undefined;
  /** The network, where the stack makes it. */
  readonly vpcId?: pulumi.Output<string>;
}

/** Makes the network that settings ask for, or takes the one that they name. */
export function jobNetwork(
  name: string,
  settings: NetworkSettings,
  args: Omit<NetworkArgs, "availabilityZones" | "cidrBlock" | "flowLogs">,
  opts: pulumi.ComponentResourceOptions,
): JobNetwork {
  switch (settings.mode) {
    case "none":
      return {};
    case "existing":
      return { vpc: settings };
    case "create": {
      const { securityGroupId, subnetIds, vpcId } = new Network(
        name,
        { ...args, ...settings },
        opts,
      );
      return { vpc: { subnetIds, securityGroupIds: pulumi.all([securityGroupId]) }, vpcId };
    }
  }
}
