import * as iam from "@pulumi/aws/iam";
import * as pulumi from "@pulumi/pulumi";

import { policyDocument } from "./policyDocument";
import { deployerRights, type DeployerScope, issuer } from "./rights/deployer";
import { type StackScope, Statements } from "./rights/statements";

export interface DeployerArgs {
  readonly scope: StackScope;
  /** The scope of the deployer's rights. */
  readonly limits: DeployerScope;
  /** ARN of the deployer's boundary. */
  readonly ownBoundary: pulumi.Input<string>;
  /** The GitHub workflows that may deploy, as `sub` claims: repo:<owner>/<name>:environment:<name>. */
  readonly subjects: readonly string[];
  /** ARN of the account's identity provider for GitHub; undefined: the stack creates it. */
  readonly oidcProviderArn: string | undefined;
}

/**
 * The role with which a GitHub workflow deploys this stack, without a stored secret. It may change the stack's
 * resources, create roles within the boundary only, and not change its own rights.
 */
export class Deployer extends pulumi.ComponentResource {
  public readonly roleArn: pulumi.Output<string>;

  constructor(name: string, args: DeployerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("restate:index:Deployer", name, {}, opts);
    const child: pulumi.CustomResourceOptions = { parent: this };
    const { limits, scope } = args;
    const { namePrefix } = scope.names;
    const stack = new Statements(scope);
    const providerArn =
      args.oidcProviderArn ??
      new iam.OpenIdConnectProvider(
        `${name}-github`,
        { url: `https://${issuer}`, clientIdLists: ["sts.amazonaws.com"] },
        child,
      ).arn;
    const role = new iam.Role(
      `${name}-role`,
      {
        name: `${namePrefix}-deployer`,
        description: `Deploys ${namePrefix}`,
        permissionsBoundary: args.ownBoundary,
        maxSessionDuration: 3600,
        assumeRolePolicy: policyDocument([
          {
            Effect: "Allow",
            Principal: { Federated: providerArn },
            Action: "sts:AssumeRoleWithWebIdentity",
            Condition: {
              StringEquals: {
                [`${issuer}:aud`]: "sts.amazonaws.com",
                [`${issuer}:sub`]: args.subjects,
              },
            },
          },
        ]),
      },
      child,
    );
    for (const [area, statements] of Object.entries(deployerRights(stack, limits))) {
      const policy = new iam.Policy(
        `${name}-${area}-policy`,
        {
          name: `${namePrefix}-deployer-${area}`,
          description: `What the deployer of ${namePrefix} may do: ${area}`,
          policy: policyDocument(statements),
        },
        child,
      );
      new iam.RolePolicyAttachment(
        `${name}-${area}`,
        { role: role.name, policyArn: policy.arn },
        child,
      );
    }
    this.roleArn = role.arn;
    this.registerOutputs({ roleArn: this.roleArn });
  }
}
