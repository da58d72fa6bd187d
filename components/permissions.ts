import * as pulumi from "@pulumi/pulumi";

import type { RoleNames } from "../contract/names";
import { usesMlflow } from "../pipeline/tracking";
import { actors } from "./rights/actors";
import { type StackScope, Statements } from "./rights/statements";
import { serviceRole } from "./serviceRole";

export interface PermissionsArgs {
  readonly scope: StackScope;
  /** ARN of the roles' permissions boundary, if any. */
  readonly permissionsBoundary: pulumi.Input<string> | undefined;
  /** Whether a crawler adds new partitions. */
  readonly crawled: boolean;
}

/** The services that assume the roles of actors, if others than SageMaker. */
const otherServices: Readonly<Partial<Record<keyof RoleNames, string | readonly string[]>>> = {
  scheduler: ["events.amazonaws.com", "scheduler.amazonaws.com"],
  crawler: "glue.amazonaws.com",
};

/** The role of each actor, with only the permissions that it needs on this stack. */
export class Permissions extends pulumi.ComponentResource {
  /** ARNs of the roles, composed of their names and so known at preview. */
  public readonly roleArns: Readonly<Record<keyof RoleNames, pulumi.Output<string>>>;

  constructor(name: string, args: PermissionsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("restate:index:Permissions", name, {}, opts);
    const { crawled, permissionsBoundary, scope } = args;
    const { account, names } = scope;
    const stack = new Statements(scope);
    const optional: Readonly<Partial<Record<keyof RoleNames, boolean>>> = {
      crawler: crawled,
      tracking: usesMlflow(scope.tracking),
      logging: stack.logs,
    };
    const present = (Object.keys(actors) as (keyof RoleNames)[]).filter(
      (actor) => optional[actor] ?? true,
    );
    for (const actor of present) {
      serviceRole(
        { role: `${name}-${actor}`, policy: `${name}-${actor}-policy` },
        {
          account,
          roleName: names.roleNames[actor],
          description: `What the ${actor} of ${names.pipelineName} may do`,
          services: otherServices[actor] ?? "sagemaker.amazonaws.com",
          permissionsBoundary,
          policyName: actor,
          statements: actors[actor](stack),
        },
        this,
      );
    }
    this.roleArns = stack.roleArns;
    this.registerOutputs({ roleArns: this.roleArns });
  }
}
