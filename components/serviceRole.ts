import * as iam from "@pulumi/aws/iam";
import * as pulumi from "@pulumi/pulumi";

import type { Account } from "./account";
import type { Statement } from "./rights/statements";

/** The arguments of {@link serviceRole}. */
export interface ServiceRoleArgs {
  readonly account: Pick<Account, "accountId">;
  /** Physical name of the role. */
  readonly roleName: string;
  /** What the role is for, in words; undefined: nothing is said. */
  readonly description: string | undefined;
  /** The services that may assume it, such as sagemaker.amazonaws.com. */
  readonly services: string | readonly string[];
  /** ARN of a policy that limits what the role may do, whatever its own says; undefined: none does. */
  readonly permissionsBoundary: pulumi.Input<string> | undefined;
  /** Physical name of its policy; undefined: Pulumi makes one. */
  readonly policyName: string | undefined;
  /** What it may do. */
  readonly statements: readonly Statement[];
}

/**
 * A role that services may assume for this account only, with its one policy. It is not a component of its own, so
 * that the URNs of deployed roles stay what they are.
 *
 * @param names logical names of the two resources
 * @param parent component that they belong to
 */
export function serviceRole(
  names: { readonly role: string; readonly policy: string },
  args: ServiceRoleArgs,
  parent: pulumi.ComponentResource,
): iam.Role {
  const role = new iam.Role(
    names.role,
    {
      name: args.roleName,
      description: args.description,
      permissionsBoundary: args.permissionsBoundary,
      assumeRolePolicy: pulumi.jsonStringify({
        Version: "2012-10-17",
        Statement: [
          {
            Effect: "Allow",
            Principal: { Service: args.services },
            Action: "sts:AssumeRole",
            Condition: { StringEquals: { "aws:SourceAccount": args.account.accountId } },
          },
        ],
      }),
    },
    { parent },
  );
  new iam.RolePolicy(
    names.policy,
    {
      name: args.policyName,
      role: role.name,
      policy: pulumi.jsonStringify({ Version: "2012-10-17", Statement: args.statements }),
    },
    { parent },
  );
  return role;
}
