import * as iam from "@pulumi/aws/iam";
import * as pulumi from "@pulumi/pulumi";

import type { RoleNames } from "../names";
import { actors } from "./actors";
import { type StackScope, Statements } from "./statements";

/** The arguments of {@link Permissions}. */
export interface PermissionsArgs extends StackScope {
  /** ARN of a policy that limits what each role may do, whatever its own policy says. Default: none. */
  readonly permissionsBoundary?: string | undefined;
  /** Whether something starts the pipeline: the clock, or new data. Default false. */
  readonly started?: boolean;
}

/** The role of each actor. Each may do what it must, on what belongs to this stack, and nothing else. */
export class Permissions extends pulumi.ComponentResource {
  /** Assumed by the pipeline itself, to start jobs and register models. */
  public readonly pipelineRole: iam.Role;
  /** Assumed by the processing jobs. */
  public readonly processingRole: iam.Role;
  /** Assumed by the training jobs. */
  public readonly trainingRole: iam.Role;
  /** Assumed by the jobs that evaluate models. */
  public readonly evaluationRole: iam.Role;
  /** Assumed by what starts the pipeline, where something does. */
  public readonly schedulerRole: iam.Role | undefined;
  /** ARNs of the roles, composed of their names: known at preview. */
  public readonly roleArns: Readonly<Record<keyof RoleNames, pulumi.Output<string>>>;

  private readonly stack: Statements;
  private readonly boundary: string | undefined;

  constructor(name: string, args: PermissionsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("restate:index:Permissions", name, {}, opts);
    this.stack = new Statements(args);
    this.boundary = args.permissionsBoundary;
    this.roleArns = this.stack.roleArns;
    this.pipelineRole = this.role(name, "pipeline");
    this.processingRole = this.role(name, "processing");
    this.trainingRole = this.role(name, "training");
    this.evaluationRole = this.role(name, "evaluation");
    this.schedulerRole =
      args.started === true
        ? this.role(name, "scheduler", ["events.amazonaws.com", "scheduler.amazonaws.com"])
        : undefined;
    this.registerOutputs({
      pipelineRoleArn: this.pipelineRole.arn,
      processingRoleArn: this.processingRole.arn,
      trainingRoleArn: this.trainingRole.arn,
      evaluationRoleArn: this.evaluationRole.arn,
    });
  }

  /** A role that a service may assume for this account only, with its policy. */
  private role(
    name: string,
    actor: keyof RoleNames,
    service: string | readonly string[] = "sagemaker.amazonaws.com",
  ): iam.Role {
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
              Principal: { Service: service },
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
    return role;
  }
}
