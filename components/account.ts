import { getCallerIdentityOutput } from "@pulumi/aws/getCallerIdentity";
import { getPartitionOutput } from "@pulumi/aws/getPartition";
import * as pulumi from "@pulumi/pulumi";

/** A stack's account and region, for its ARNs and host names. */
export interface Account {
  /** 12-digit id of the AWS account. */
  readonly accountId: pulumi.Output<string>;
  /** `aws`, `aws-cn` or `aws-us-gov`. */
  readonly partition: pulumi.Output<string>;
  /** Domain of the partition's services, such as amazonaws.com. */
  readonly dnsSuffix: pulumi.Output<string>;
  readonly region: string;
}

/** Other accounts as principals of a policy; each decides which of its own principals get access. */
export function accountPrincipals(
  { partition }: Pick<Account, "partition">,
  accountIds: readonly string[],
): pulumi.Output<string>[] {
  return accountIds.map((id) => pulumi.interpolate`arn:${partition}:iam::${id}:root`);
}

/** The account of the provider's credentials, known at preview. */
export function currentAccount(region: string, options: pulumi.InvokeOptions): Account {
  const { accountId } = getCallerIdentityOutput({}, options);
  const { dnsSuffix, partition } = getPartitionOutput({}, options);
  return { accountId, partition, dnsSuffix, region };
}
