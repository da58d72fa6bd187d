import * as pulumi from "@pulumi/pulumi";

import { allow, type Statement, type Statements } from "../statements";
import type { DeployerScope } from "./scope";

export function network(stack: Statements, { ownTag }: DeployerScope): readonly Statement[] {
  const { flowLogsName } = stack.args.names;
  const kinds = [
    ...["route-table", "security-group", "security-group-rule", "subnet", "vpc"],
    ...["vpc-endpoint", "vpc-flow-log"],
  ].map((kind) => stack.arn("ec2", `${kind}/*`));
  const create = [
    ...["ec2:CreateFlowLogs", "ec2:CreateRouteTable", "ec2:CreateSecurityGroup"],
    ...["ec2:CreateSubnet", "ec2:CreateVpc", "ec2:CreateVpcEndpoint"],
    ...["ec2:AuthorizeSecurityGroupEgress", "ec2:AuthorizeSecurityGroupIngress"],
  ];
  const requested = { [`aws:RequestTag/${ownTag.key}`]: ownTag.value };
  return [
    allow("MakeNetwork", create, kinds, { StringEquals: requested }),
    // Only on creation: tagging an existing network would make it the stack's own.
    allow("TagNewNetwork", ["ec2:CreateTags"], kinds, {
      StringEquals: {
        ...requested,
        "ec2:CreateAction": create.map((action) => action.replace("ec2:", "")),
      },
    }),
    // An endpoint with the service's own host name has a hosted zone of AWS.
    allow(
      "NameEndpoints",
      ["route53:AssociateVPCWithHostedZone"],
      pulumi.interpolate`arn:${stack.args.account.partition}:route53:::hostedzone/*`,
    ),
    allow(
      "ChangeNetwork",
      [
        ...create,
        ...["ec2:AssociateRouteTable", "ec2:CreateTags"],
        ...["ec2:DeleteFlowLogs", "ec2:DeleteRouteTable"],
        ...["ec2:DeleteSecurityGroup", "ec2:DeleteSubnet", "ec2:DeleteTags", "ec2:DeleteVpc"],
        ...["ec2:DeleteVpcEndpoints", "ec2:DescribeVpcAttribute", "ec2:DisassociateRouteTable"],
        ...["ec2:ModifySecurityGroupRules", "ec2:ModifySubnetAttribute"],
        ...["ec2:ModifyVpcAttribute", "ec2:ModifyVpcEndpoint"],
        ...["ec2:RevokeSecurityGroupEgress", "ec2:RevokeSecurityGroupIngress"],
      ],
      kinds,
      { StringEquals: { [`aws:ResourceTag/${ownTag.key}`]: ownTag.value } },
    ),
    // The service allows no narrower resource for these.
    allow(
      "SeeNetwork",
      [
        ...["ec2:DescribeAvailabilityZones", "ec2:DescribeFlowLogs", "ec2:DescribeNetworkAcls"],
        ...["ec2:DescribeNetworkInterfaces", "ec2:DescribePrefixLists"],
        ...["ec2:DescribeRouteTables", "ec2:DescribeSecurityGroupRules"],
        ...["ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeVpcEndpointServices"],
        ...["ec2:DescribeVpcEndpoints", "ec2:DescribeVpcs", "logs:DescribeLogGroups"],
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
        stack.arn("logs", `log-group:${flowLogsName}`),
        stack.arn("logs", `log-group:${flowLogsName}:*`),
      ],
    ),
  ];
}
