import type * as pulumi from "@pulumi/pulumi";

import type { Tag } from "../../tag";
import type { Statements } from "../statements";

/** What a deployer's rights depend on beside the stack itself. */
export interface DeployerScope {
  /** ARN of the boundary without which the deployer may make no role. */
  readonly permissionsBoundary: pulumi.Input<string>;
  /** ARNs of the roles that the stack makes and hands to services. */
  readonly roleArns: readonly pulumi.Output<string>[];
  /** The tag that everything of the stack carries. */
  readonly ownTag: Tag;
  /** Whether the stack may be destroyed with its data. */
  readonly forceDestroy: boolean;
  /** Whether the stack uploads the table's data. */
  readonly uploadsData: boolean;
  /** What the names of endpoints that it deploys end with, after the stack's: no hyphens. */
  readonly servingEndpoints: readonly string[];
  /** Whether the stack makes a network of its own. */
  readonly makesNetwork: boolean;
}

/** The names of the endpoints that the project serving/ may deploy for a stack: with instances, and without a server. */
export function endpointNames(
  { args }: Statements,
  { servingEndpoints }: Pick<DeployerScope, "servingEndpoints">,
): readonly string[] {
  return servingEndpoints.flatMap((suffix) => {
    const name = `${args.names.pipelineName}-${suffix}`;
    return [name, `${name}-serverless`];
  });
}
