import type * as pulumi from "@pulumi/pulumi";

/** Subnets and security groups of jobs. */
export interface JobVpc {
  readonly subnetIds: pulumi.Input<string[]>;
  readonly securityGroupIds: pulumi.Input<string[]>;
}
