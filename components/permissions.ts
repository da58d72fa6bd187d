import * as iam from "@pulumi/aws/iam";
import * as pulumi from "@pulumi/pulumi";

import type { RoleNames } from "../contract/names";
import { actors } from "./actors";
import { type StackScope, Statements } from "./statements";

/** The arguments of {@link Permissions}. */
export interface PermissionsArgs extends StackScope {
  /** ARN of a policy that limits what each role may do, whatever its own policy says. Default: none. */
  readonly permissionsBoundary?: string | undefined;
  /** Whether a crawler looks for new partitions. Default false. */
  readonly crawled?: boolean;
}

/** The services that assume each actor's role. */
const services: Readonly<Record<keyof RoleNames, string | readonly string[]>> = {
  pipeline: "sagemaker.amazonaws.com",
  processing: "sagemaker.amazonaws.com",
  training: "sagemaker.amazonaws.com",
  evaluation: "sagemaker.amazonaws.com",
  scheduler: ["events.amazonaws.com", "scheduler.amazonaws.com"],
  serving: "sagemaker.amazonaws.com",
  monitoring: "sagemaker.amazonaws.com",
  crawler: "glue.amazonaws.com",
};

/** The role of each actor. Each may do what it must, on what belongs to this stack, and nothing else. */
export class Permissions extends pulumi.ComponentResource {
  /** ARNs of the roles, composed of their names: known at preview. */
  public readonly roleArns: Readonly<Record<keyof RoleNames, pulumi.Output<string>>>;

  private readonly stack: Statements;
  private readonly boundary: string | undefined;

  constructor(name: string, args: PermissionsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("restate:index:Permissions", name, {}, opts);
    this.stack = new Statements(args);
    this.boundary = args.permissionsBoundary;
    this.roleArns = this.stack.roleArns;
    for (const actor of Object.keys(services) as (keyof RoleNames)[]) {
      if (actor !== "crawler" || args.crawled === true) {
        this.role(name, actor);
      }
    }
    this.registerOutputs({ roleArns: this.roleArns });
  }

  /** A role that a service may assume for this account only, with its policy. */
  private role(name: string, actor: keyof RoleNames): void {
    const { account, pipelineName, roleNames } = this.stack.args;
    const role = new iam.Role(
      `${name}-${actor}`,
      {
        name: roleNames[actor],
        ...(this.boundary === undefined ? {} : { permissionsBoundary: this.boundary }),
        description: `What the ${actor} of ${pipelineName} may do`,
        assumeRolePolicy: pulumi.jsonStringify({
          Version: "2012-10-17",
          Statement: [
            {
              Effect: "Allow",
              Principal: { Service: services[actor] },
              Action: "sts:AssumeRole",
              Condition: { StringEquals: { "aws:SourceAccount": account.accountId } },
            },
          ],
        }),
      },
      { parent: this },
    );
    new iam.RolePolicy(
      `${name}-${actor}-policy`,
      {
        name: actor,
        role: role.name,
        policy: pulumi.jsonStringify({
          Version: "2012-10-17",
          Statement: actors[actor](this.stack),
        }),
      },
      { parent: this },
    );
  }
}
