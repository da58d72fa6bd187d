import type * as pulumi from "@pulumi/pulumi";

import type { Tag } from "../../tag";

/** What a deployer's rights depend on beside the stack itself. */
export interface DeployerScope {
  /** ARN of the boundary without which the deployer may make no role. */
  readonly permissionsBoundary: string;
  /** ARNs of the roles that the stack makes and hands to services. */
  readonly roleArns: readonly pulumi.Output<string>[];
  /** The tag that everything of the stack carries. */
  readonly ownTag: Tag;
  /** Whether the stack may be destroyed with its data. */
  readonly forceDestroy: boolean;
  /** Whether the stack makes a network of its own. */
  readonly makesNetwork: boolean;
}
