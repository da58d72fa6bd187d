import * as awsx from "@pulumi/awsx/ec2/vpc";
import * as cloudwatch from "@pulumi/aws/cloudwatch";
import * as ec2 from "@pulumi/aws/ec2";
import * as vpcRules from "@pulumi/aws/vpc";
import * as pulumi from "@pulumi/pulumi";

import { prefixes } from "../pipeline/storage";
import type { Account } from "./account";
import type { DataElsewhere } from "./dataElsewhere";
import { endpointZones } from "./endpointZones";
import { policyDocument } from "./policyDocument";
import { flowLogs } from "./rights/flowLogs";
import { serviceRole } from "./serviceRole";
import type { StackNames } from "./stackNames";

export interface NetworkArgs {
  readonly account: Account;
  /** Names of the stack's bucket, and of the flow logs' group and role. */
  readonly names: Pick<StackNames, "bucketName" | "flowLogsName">;
  readonly shape: {
    /** CIDR block, such as 10.0.0.0/16. */
    readonly cidrBlock: string;
    /** Number of availability zones, each with one subnet: 1 to 6; or their names. */
    readonly availabilityZones: number | readonly string[];
    /** Whether accepted and rejected connections are logged for 30 days. */
    readonly flowLogs: boolean;
  };
  /** Location of the table's files; undefined: the stack's bucket. */
  readonly dataElsewhere: DataElsewhere | undefined;
  /** ARN of the permissions boundary of the flow logs' role, if any. */
  readonly permissionsBoundary: pulumi.Input<string> | undefined;
}

/** The services that jobs need. */
const services = [
  "athena",
  "ecr.api",
  "ecr.dkr",
  "glue",
  "kms",
  "logs",
  "monitoring",
  "sagemaker.api",
  "sagemaker.runtime",
  "sts",
] as const;

/**
 * An isolated network: subnets without a gateway, and endpoints to the services that jobs need. The endpoint to S3
 * only reaches the stack's bucket.
 */
export class Network extends pulumi.ComponentResource {
  public readonly vpcId: pulumi.Output<string>;
  /** The isolated subnets, one per zone. */
  public readonly subnetIds: pulumi.Output<string[]>;
  /** The security group of the jobs and the endpoints. */
  public readonly securityGroupId: pulumi.Output<string>;
  public readonly s3EndpointId: pulumi.Output<string>;

  constructor(name: string, args: NetworkArgs, opts?: pulumi.ComponentResourceOptions) {
    super("restate:index:Network", name, {}, opts);
    const child: pulumi.CustomResourceOptions = { parent: this };
    const { account, shape } = args;

    const zones = endpointZones(account.region, services, shape.availabilityZones, {
      parent: this,
    });
    const vpc = new awsx.Vpc(
      `${name}-vpc`,
      {
        cidrBlock: shape.cidrBlock,
        // awsx cannot wait for outputs here, despite the type; the SDK resolves a promise.
        availabilityZoneNames: zones as unknown as string[],
        subnetStrategy: "Auto",
        // An eighth for each zone: otherwise another zone would change the addresses of all, which then overlap
        // (pulumi/pulumi-awsx#520).
        availabilityZoneCidrMask: Number(shape.cidrBlock.split("/")[1]) + 3,
        subnetSpecs: [{ type: "Isolated" }],
        natGateways: { strategy: "None" },
        // Needed for endpoints with the services' own host names.
        enableDnsHostnames: true,
        enableDnsSupport: true,
      },
      child,
    );
    // Removes the rules of the VPC's default group, which nothing should use.
    new ec2.DefaultSecurityGroup(`${name}-default-security-group`, { vpcId: vpc.vpcId }, child);

    const s3Endpoint = new ec2.VpcEndpoint(
      `${name}-s3`,
      {
        vpcId: vpc.vpcId,
        serviceName: `com.amazonaws.${account.region}.s3`,
        vpcEndpointType: "Gateway",
        routeTableIds: vpc.routeTables.apply((tables) => tables.map(({ id }) => id)),
        policy: this.s3Policy(args),
      },
      child,
    );
    const securityGroup = this.securityGroup(name, vpc.vpcId, s3Endpoint);
    for (const service of services) {
      new ec2.VpcEndpoint(
        `${name}-${service.replace(".", "-")}`,
        {
          vpcId: vpc.vpcId,
          serviceName: `com.amazonaws.${account.region}.${service}`,
          vpcEndpointType: "Interface",
          privateDnsEnabled: true,
          subnetIds: vpc.isolatedSubnetIds,
          securityGroupIds: [securityGroup.id],
          policy: this.ownAccountPolicy(args),
        },
        child,
      );
    }
    if (shape.flowLogs) {
      this.logFlows(name, args, vpc.vpcId);
    }

    this.vpcId = vpc.vpcId;
    // Sorted, so that the definition does not change.
    this.subnetIds = vpc.isolatedSubnetIds.apply((ids) => [...ids].sort());
    this.securityGroupId = securityGroup.id;
    this.s3EndpointId = s3Endpoint.id;
    this.registerOutputs({
      vpcId: this.vpcId,
      subnetIds: this.subnetIds,
      securityGroupId: this.securityGroupId,
      s3EndpointId: this.s3EndpointId,
    });
  }

  /** Limits the endpoint to the stack's bucket and ECR's buckets. */
  private s3Policy({ account, dataElsewhere, names }: NetworkArgs): pulumi.Output<string> {
    const bucketArn = (bucket: pulumi.Input<string>): pulumi.Output<string> =>
      pulumi.interpolate`arn:${account.partition}:s3:::${bucket}`;
    const bucket = bucketArn(names.bucketName);
    const own = { StringEquals: { "aws:PrincipalAccount": account.accountId } };
    const allow = (sid: string, actions: string | string[], to: object, condition?: object) => ({
      Sid: sid,
      Effect: "Allow",
      Principal: "*",
      Action: actions,
      Resource: to,
      Condition: condition,
    });
    const elsewhere = dataElsewhere && bucketArn(dataElsewhere.bucket);
    return policyDocument([
      allow(
        "StackBucket",
        [
          "s3:AbortMultipartUpload",
          "s3:GetBucketLocation",
          "s3:GetObject",
          "s3:ListBucket",
          "s3:ListBucketMultipartUploads",
          "s3:ListMultipartUploadParts",
          "s3:PutObject",
        ],
        [bucket, pulumi.interpolate`${bucket}/*`],
        own,
      ),
      // Spark renames and deletes its files; jobs delete old checkpoints.
      allow(
        "ScratchFiles",
        "s3:DeleteObject",
        [
          pulumi.interpolate`${bucket}/${prefixes.executions}/*/data-wrangler/*`,
          pulumi.interpolate`${bucket}/${prefixes.checkpoints}/*`,
        ],
        own,
      ),
      ...(elsewhere === undefined
        ? []
        : [
            allow(
              "TableElsewhere",
              ["s3:GetBucketLocation", "s3:GetObject", "s3:ListBucket"],
              [elsewhere, pulumi.interpolate`${elsewhere}/${dataElsewhere?.folder}*`],
              own,
            ),
          ]),
      // ECR's layers of images. Source: its guide to VPC endpoints.
      allow(
        "ImageLayers",
        "s3:GetObject",
        pulumi.interpolate`arn:${account.partition}:s3:::prod-${account.region}-starport-layer-bucket/*`,
      ),
    ]);
  }

  /** Limits an endpoint to this account's principals, so that data cannot leave with another's credentials. */
  private ownAccountPolicy({ account }: NetworkArgs): pulumi.Output<string> {
    return policyDocument([
      {
        Sid: "OwnAccount",
        Effect: "Allow",
        Principal: "*",
        Action: "*",
        Resource: "*",
        Condition: { StringEquals: { "aws:PrincipalAccount": account.accountId } },
      },
    ]);
  }

  /**
   * One group for jobs and endpoints: everything among its members, and 443 to S3. A job's instances communicate on
   * ports that Spark chooses, encrypted by IPsec (UDP 500 and ESP). Source: SageMaker's guide, "Protect
   * communications between ML compute instances in a distributed training job".
   */
  private securityGroup(
    name: string,
    vpcId: pulumi.Output<string>,
    s3Endpoint: ec2.VpcEndpoint,
  ): ec2.SecurityGroup {
    const child: pulumi.CustomResourceOptions = { parent: this };
    const group = new ec2.SecurityGroup(
      `${name}-security-group`,
      { vpcId, description: "Jobs of restate and the endpoints that they call" },
      child,
    );
    const members = {
      securityGroupId: group.id,
      referencedSecurityGroupId: group.id,
      ipProtocol: "-1",
    };
    new vpcRules.SecurityGroupIngressRule(`${name}-from-members`, members, child);
    new vpcRules.SecurityGroupEgressRule(`${name}-to-members`, members, child);
    new vpcRules.SecurityGroupEgressRule(
      `${name}-to-s3`,
      {
        securityGroupId: group.id,
        prefixListId: s3Endpoint.prefixListId,
        ipProtocol: "tcp",
        fromPort: 443,
        toPort: 443,
      },
      child,
    );
    return group;
  }

  private logFlows(name: string, args: NetworkArgs, vpcId: pulumi.Output<string>): void {
    const child: pulumi.CustomResourceOptions = { parent: this };
    const { account, names } = args;
    const { flowLogsName } = names;
    const logs = new cloudwatch.LogGroup(
      `${name}-flow-logs`,
      { name: flowLogsName, retentionInDays: 30 },
      child,
    );
    const role = serviceRole(
      { role: `${name}-flow-logs-role`, policy: `${name}-flow-logs-policy` },
      {
        account,
        roleName: flowLogsName,
        description: undefined,
        services: "vpc-flow-logs.amazonaws.com",
        permissionsBoundary: args.permissionsBoundary,
        policyName: undefined,
        statements: flowLogs(account, flowLogsName),
      },
      this,
    );
    new ec2.FlowLog(
      `${name}-flow-log`,
      {
        vpcId,
        trafficType: "ALL",
        logDestination: logs.arn,
        iamRoleArn: role.arn,
      },
      child,
    );
  }
}
