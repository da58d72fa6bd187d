import * as pulumi from "@pulumi/pulumi";

import type { Account } from "../account";
import { allow, logActions, type Statement } from "./statements";

/**
 * Permissions of flow logs. Source: VPC's guide, "IAM role for publishing flow logs to CloudWatch Logs".
 *
 * @param groupName name of the log group
 */
export function flowLogs(
  { accountId, partition, region }: Account,
  groupName: string,
): readonly Statement[] {
  const group = pulumi.interpolate`arn:${partition}:logs:${region}:${accountId}:log-group:${groupName}`;
  return [
    // The service allows no narrower resource.
    allow("FindGroups", "logs:DescribeLogGroups", "*"),
    allow("WriteFlowLogs", logActions, [group, pulumi.interpolate`${group}:*`]),
  ];
}
