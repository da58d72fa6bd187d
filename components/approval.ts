import * as iam from "@pulumi/aws/iam";
import * as pulumi from "@pulumi/pulumi";

import { policyDocument } from "./policyDocument";
import { approver } from "./rights/approver";
import type { Statements } from "./rights/statements";

/** The policy to approve models, for an administrator to attach to people: no role of the stack has it. */
export class Approval extends pulumi.ComponentResource {
  public readonly policyArn: pulumi.Output<string>;

  constructor(name: string, stack: Statements, opts?: pulumi.ComponentResourceOptions) {
    super("restate:index:Approval", name, {}, opts);
    const { modelPackageGroupName, namePrefix } = stack.args.names;
    const policy = new iam.Policy(
      `${name}-policy`,
      {
        name: `${namePrefix}-approver`,
        description: `Approves models of ${modelPackageGroupName}`,
        policy: policyDocument(approver(stack)),
      },
      { parent: this },
    );
    this.policyArn = policy.arn;
    this.registerOutputs({ policyArn: this.policyArn });
  }
}
