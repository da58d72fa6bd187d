import type * as pulumi from "@pulumi/pulumi";

import type { Statements } from "../statements";

/** What a deployer's rights depend on, apart from the stack. */
export interface DeployerScope {
  /** ARN of the boundary that every new role must have. */
  readonly permissionsBoundary: pulumi.Input<string>;
  /** Whether the stack may be destroyed with its data. */
  readonly forceDestroy: boolean;
  /** Whether the stack uploads the table's data. */
  readonly uploadsData: boolean;
  /** Suffixes of the names of endpoints that it deploys, without hyphens. */
  readonly servingEndpoints: readonly string[];
  /** Whether the stack creates a network. */
  readonly makesNetwork: boolean;
  /** Whether the repository has a policy: others than the stack's roles pull the image. */
  readonly sharesImage: boolean;
  /** Whether the model package group has a policy: other accounts read the models. */
  readonly sharesModels: boolean;
}

/** The names of the endpoints that the project serving/ may deploy for a stack: with instances, and serverless. */
export function endpointNames(
  { args }: Statements,
  { servingEndpoints }: Pick<DeployerScope, "servingEndpoints">,
): readonly string[] {
  return servingEndpoints.flatMap((suffix) => {
    const name = `${args.names.pipelineName}-${suffix}`;
    return [name, `${name}-serverless`];
  });
}
