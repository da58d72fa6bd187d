import * as pulumi from "@pulumi/pulumi";

import { allow, passRoles, type Statement, type Statements } from "../statements";

export function network(stack: Statements): readonly Statement[] {
  const { flowLogsName } = stack.args.names;
  const kinds = [
    ...["route-table", "security-group", "security-group-rule", "subnet", "vpc"],
    ...["vpc-endpoint", "vpc-flow-log"],
  ].map((kind) => stack.arn("ec2", `${kind}/*`));
  const requested = stack.requested();
  /** Actions by the kind that they create; other resources that they use must have the tag already. */
  const makes = {
    Vpc: { "ec2:CreateVpc": "vpc" },
    Parts: {
      "ec2:CreateRouteTable": "route-table",
      "ec2:CreateSecurityGroup": "security-group",
      "ec2:CreateSubnet": "subnet",
    },
    Endpoints: { "ec2:CreateFlowLogs": "vpc-flow-log", "ec2:CreateVpcEndpoint": "vpc-endpoint" },
    Rules: {
      "ec2:AuthorizeSecurityGroupEgress": "security-group-rule",
      "ec2:AuthorizeSecurityGroupIngress": "security-group-rule",
    },
  };
  const create = Object.values(makes).flatMap((one) => Object.keys(one));
  return [
    ...Object.entries(makes).map(([what, kindsOf]) =>
      allow(
        `Make${what}`,
        Object.keys(kindsOf),
        [...new Set<string>(Object.values(kindsOf))].map((kind) => stack.arn("ec2", `${kind}/*`)),
        requested,
      ),
    ),
    // Only on creation: tagging an existing network would make it the stack's own.
    allow("TagNewNetwork", "ec2:CreateTags", kinds, {
      StringEquals: {
        ...requested.StringEquals,
        "ec2:CreateAction": create.map((action) => action.replace("ec2:", "")),
      },
    }),
    // An endpoint with the service's own host name has a hosted zone of AWS.
    allow(
      "NameEndpoints",
      "route53:AssociateVPCWithHostedZone",
      pulumi.interpolate`arn:${stack.args.account.partition}:route53:::hostedzone/*`,
    ),
    allow(
      "ChangeNetwork",
      [
        ...create,
        "ec2:AssociateRouteTable",
        "ec2:CreateTags",
        "ec2:DeleteFlowLogs",
        "ec2:DeleteRouteTable",
        "ec2:DeleteSecurityGroup",
        "ec2:DeleteSubnet",
        "ec2:DeleteTags",
        "ec2:DeleteVpc",
        "ec2:DeleteVpcEndpoints",
        "ec2:DescribeVpcAttribute",
        "ec2:DisassociateRouteTable",
        "ec2:ModifySecurityGroupRules",
        "ec2:ModifySubnetAttribute",
        "ec2:ModifyVpcAttribute",
        "ec2:ModifyVpcEndpoint",
        "ec2:RevokeSecurityGroupEgress",
        "ec2:RevokeSecurityGroupIngress",
      ],
      kinds,
      stack.own(),
    ),
    // The service allows no narrower resource for these.
    allow(
      "SeeNetwork",
      [
        "ec2:DescribeAvailabilityZones",
        "ec2:DescribeFlowLogs",
        "ec2:DescribeNetworkAcls",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribePrefixLists",
        "ec2:DescribeRouteTables",
        "ec2:DescribeSecurityGroupRules",
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeSubnets",
        "ec2:DescribeVpcEndpointServices",
        "ec2:DescribeVpcEndpoints",
        "ec2:DescribeVpcs",
        "logs:DescribeLogGroups",
      ],
      "*",
    ),
    passRoles("PassFlowLogs", stack.globalArn("iam", `role/${flowLogsName}`), [
      "vpc-flow-logs.amazonaws.com",
    ]),
    allow(
      "FlowLogs",
      [
        "logs:CreateLogGroup",
        "logs:DeleteLogGroup",
        "logs:ListTagsForResource",
        "logs:PutRetentionPolicy",
        "logs:TagResource",
        "logs:UntagResource",
      ],
      [
        stack.arn("logs", `log-group:${flowLogsName}`),
        stack.arn("logs", `log-group:${flowLogsName}:*`),
      ],
    ),
  ];
}
