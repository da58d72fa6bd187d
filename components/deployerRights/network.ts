import { allow, type Statement, type Statements } from "../statements";
import type { DeployerScope } from "./scope";

/** The network, by the tag that all in it carries. */
export function network(
  stack: Statements,
  { namePrefix, ownTag }: DeployerScope,
): readonly Statement[] {
  const kinds = [
    ...["route-table", "security-group", "security-group-rule", "subnet", "vpc"],
    ...["vpc-endpoint", "vpc-flow-log"],
  ].map((kind) => stack.arn("ec2", `${kind}/*`));
  const create = [
    ...["ec2:CreateFlowLogs", "ec2:CreateRouteTable", "ec2:CreateSecurityGroup"],
    ...["ec2:CreateSubnet", "ec2:CreateTags", "ec2:CreateVpc", "ec2:CreateVpcEndpoint"],
    ...["ec2:AuthorizeSecurityGroupEgress", "ec2:AuthorizeSecurityGroupIngress"],
  ];
  return [
    allow("MakeNetwork", create, kinds, {
      StringEquals: { [`aws:RequestTag/${ownTag.key}`]: ownTag.value },
    }),
    allow(
      "ChangeNetwork",
      [
        ...create,
        ...["ec2:AssociateRouteTable", "ec2:DeleteFlowLogs", "ec2:DeleteRouteTable"],
        ...["ec2:DeleteSecurityGroup", "ec2:DeleteSubnet", "ec2:DeleteTags", "ec2:DeleteVpc"],
        ...["ec2:DeleteVpcEndpoints", "ec2:DescribeVpcAttribute", "ec2:DisassociateRouteTable"],
        "ec2:ModifySubnetAttribute",
        ...["ec2:ModifySecurityGroupRules", "ec2:ModifyVpcAttribute", "ec2:ModifyVpcEndpoint"],
      ],
      kinds,
      { StringEquals: { [`aws:ResourceTag/${ownTag.key}`]: ownTag.value } },
    ),
    // The group that every VPC comes with has no tag until its rules are gone.
    allow(
      "CloseSecurityGroups",
      ["ec2:RevokeSecurityGroupEgress", "ec2:RevokeSecurityGroupIngress"],
      stack.arn("ec2", "security-group/*"),
    ),
    // The service allows no narrower resource for these.
    allow(
      "SeeNetwork",
      [
        ...["ec2:DescribeAvailabilityZones", "ec2:DescribeFlowLogs", "ec2:DescribeNetworkAcls"],
        ...["ec2:DescribeNetworkInterfaces", "ec2:DescribePrefixLists"],
        ...["ec2:DescribeRouteTables", "ec2:DescribeSecurityGroupRules"],
        ...["ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeVpcEndpoints"],
        ...["ec2:DescribeVpcs", "logs:DescribeLogGroups"],
      ],
      "*",
    ),
    allow(
      "FlowLogs",
      [
        ...["logs:CreateLogGroup", "logs:DeleteLogGroup", "logs:ListTagsForResource"],
        ...["logs:PutRetentionPolicy", "logs:TagResource", "logs:UntagResource"],
      ],
      [
        stack.arn("logs", `log-group:${namePrefix}-flow-logs`),
        stack.arn("logs", `log-group:${namePrefix}-flow-logs:*`),
      ],
    ),
  ];
}
