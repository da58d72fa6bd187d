import * as iam from "@pulumi/aws/iam";
import * as pulumi from "@pulumi/pulumi";

import { policyDocument } from "./policyDocument";
import { deployerBoundary, rolesBoundary } from "./rights/boundaries";
import type { Statements } from "./rights/statements";

/** Permissions boundaries of the stack's roles and of its deployer, who can read but not change them. */
export class Boundaries extends pulumi.ComponentResource {
  /** ARN of the roles' boundary, composed of its name and so known at preview. */
  public readonly rolesArn: pulumi.Output<string>;
  /** ARN of the deployer's boundary. */
  public readonly deployerArn: pulumi.Output<string>;

  constructor(name: string, stack: Statements, opts?: pulumi.ComponentResourceOptions) {
    super("restate:index:Boundaries", name, {}, opts);
    const { namePrefix } = stack.args.names;
    const boundary = (
      logical: string,
      physical: string,
      description: string,
      statements: pulumi.Input<readonly object[]>,
    ): pulumi.Output<string> => {
      const arn = stack.globalArn("iam", `policy/${physical}`);
      const policy = new iam.Policy(
        `${name}-${logical}`,
        {
          name: physical,
          description,
          policy: policyDocument(statements),
        },
        { parent: this },
      );
      // Users of the ARN wait until the policy exists.
      return pulumi.all([arn, policy.urn]).apply(([known]) => known);
    };
    this.rolesArn = boundary(
      "roles",
      `${namePrefix}-boundary`,
      `The most that roles of ${namePrefix} may do`,
      rolesBoundary(stack),
    );
    this.deployerArn = boundary(
      "deployer",
      `${namePrefix}-deployer-boundary`,
      `The most that the deployer of ${namePrefix} may do`,
      deployerBoundary(stack, this.rolesArn),
    );
    this.registerOutputs({ rolesArn: this.rolesArn, deployerArn: this.deployerArn });
  }
}
