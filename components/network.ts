import * as awsx from "@pulumi/awsx/ec2/vpc";
import * as cloudwatch from "@pulumi/aws/cloudwatch";
import * as ec2 from "@pulumi/aws/ec2";
import * as iam from "@pulumi/aws/iam";
import * as vpcRules from "@pulumi/aws/vpc";
import * as pulumi from "@pulumi/pulumi";

import { prefixes } from "../pipeline/storage";
import type { Account } from "./account";
import { endpointZones } from "./endpointZones";

/** The arguments of {@link Network}. */
export interface NetworkArgs {
  readonly account: Account;
  /** Addresses of the network, such as 10.0.0.0/16. */
  readonly cidrBlock: string;
  /** Number of availability zones, each with one subnet: 1 to 6. */
  readonly availabilityZones: number;
  /** The stack's own bucket. */
  readonly bucketName: pulumi.Input<string>;
  /** S3 URI of the table's files, where they are in another bucket. Default: the stack's own bucket. */
  readonly dataLocation?: string | undefined;
  /** Whether accepted and rejected connections are logged for 30 days. Default false. */
  readonly flowLogs?: boolean;
  /** ARN of a policy that limits what the role of the flow logs may do. Default: none. */
  readonly permissionsBoundary?: string | undefined;
  /** Name of the log group of the flow logs, and of the role that writes them. */
  readonly flowLogsName: string;
}

/** The services that jobs call, and through which images, logs and queries go. */
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
 * A network with no way out: isolated subnets without a gateway, and endpoints to the services that the
 * jobs need. What leaves by way of S3 can reach the stack's bucket, and nobody else's.
 */
export class Network extends pulumi.ComponentResource {
  public readonly vpcId: pulumi.Output<string>;
  /** The isolated subnets, one a zone. */
  public readonly subnetIds: pulumi.Output<string[]>;
  /** The security group of the jobs and the endpoints. */
  public readonly securityGroupId: pulumi.Output<string>;

  constructor(name: string, args: NetworkArgs, opts?: pulumi.ComponentResourceOptions) {
    super("restate:index:Network", name, {}, opts);
    const child: pulumi.CustomResourceOptions = { parent: this };
    const { account } = args;

    const zones = endpointZones(account.region, services, args.availabilityZones, {
      parent: this,
    });
    const vpc = new awsx.Vpc(
      `${name}-vpc`,
      {
        cidrBlock: args.cidrBlock,
        // The type wants the names themselves, for which awsx cannot wait; the SDK waits for a promise.
        availabilityZoneNames: zones as unknown as string[],
        subnetStrategy: "Auto",
        subnetSpecs: [{ type: "Isolated" }],
        natGateways: { strategy: "None" },
        // Endpoints answer under the services' own names only where the network resolves them.
        enableDnsHostnames: true,
        enableDnsSupport: true,
      },
      child,
    );
    // Nothing uses the group that every VPC comes with; without rules nothing can by mistake.
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
    if (args.flowLogs === true) {
      this.logFlows(name, args, vpc.vpcId);
    }

    this.vpcId = vpc.vpcId;
    // In order, so that the definition that names them is the same every time.
    this.subnetIds = vpc.isolatedSubnetIds.apply((ids) => [...ids].sort());
    this.securityGroupId = securityGroup.id;
    this.registerOutputs({
      vpcId: this.vpcId,
      subnetIds: this.subnetIds,
      securityGroupId: this.securityGroupId,
    });
  }

  /** Lets whoever is in the network reach the stack's bucket and what ECR keeps layers in, and no other. */
  private s3Policy({ account, bucketName, dataLocation }: NetworkArgs): pulumi.Output<string> {
    const bucket = pulumi.interpolate`arn:${account.partition}:s3:::${bucketName}`;
    const [, elsewhere, folder] = /^s3:\/\/([^/]+)\/(.*)$/.exec(dataLocation ?? "") ?? [];
    const data = pulumi.interpolate`arn:${account.partition}:s3:::${elsewhere ?? ""}`;
    const own = { StringEquals: { "aws:PrincipalAccount": account.accountId } };
    return pulumi.jsonStringify({
      Version: "2012-10-17",
      Statement: [
        {
          Sid: "StackBucket",
          Effect: "Allow",
          Principal: "*",
          Action: [
            "s3:AbortMultipartUpload",
            "s3:GetBucketLocation",
            "s3:GetObject",
            "s3:ListBucket",
            "s3:ListBucketMultipartUploads",
            "s3:ListMultipartUploadParts",
            "s3:PutObject",
          ],
          Resource: [bucket, pulumi.interpolate`${bucket}/*`],
          Condition: own,
        },
        {
          // What Spark has written is renamed and cleaned up; of checkpoints the latest are kept.
          Sid: "ScratchFiles",
          Effect: "Allow",
          Principal: "*",
          Action: "s3:DeleteObject",
          Resource: [
            pulumi.interpolate`${bucket}/${prefixes.executions}/*/data-wrangler/*`,
            pulumi.interpolate`${bucket}/${prefixes.checkpoints}/*`,
          ],
          Condition: own,
        },
        ...(elsewhere === undefined
          ? []
          : [
              {
                Sid: "TableElsewhere",
                Effect: "Allow",
                Principal: "*",
                Action: ["s3:GetBucketLocation", "s3:GetObject", "s3:ListBucket"],
                Resource: [data, pulumi.interpolate`${data}/${folder ?? ""}*`],
                Condition: own,
              },
            ]),
        {
          // Where ECR keeps the layers of images. Source: its guide to VPC endpoints.
          Sid: "ImageLayers",
          Effect: "Allow",
          Principal: "*",
          Action: "s3:GetObject",
          Resource: pulumi.interpolate`arn:${account.partition}:s3:::prod-${account.region}-starport-layer-bucket/*`,
        },
      ],
    });
  }

  /** Lets this account's principals use a service, and no other's: data cannot leave in another's name. */
  private ownAccountPolicy({ account }: NetworkArgs): pulumi.Output<string> {
    return pulumi.jsonStringify({
      Version: "2012-10-17",
      Statement: [
        {
          Sid: "OwnAccount",
          Effect: "Allow",
          Principal: "*",
          Action: "*",
          Resource: "*",
          Condition: { StringEquals: { "aws:PrincipalAccount": account.accountId } },
        },
      ],
    });
  }

  /**
   * One group for jobs and endpoints: everything among its members, and 443 to S3. The instances of one job
   * talk on ports that Spark chooses, and encrypt by IPsec (UDP 500 and ESP); how many there are is for whoever
   * starts the pipeline to say. Source: SageMaker's guide, "Protect communications between ML compute
   * instances in a distributed training job".
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
    const logs = new cloudwatch.LogGroup(
      `${name}-flow-logs`,
      { name: args.flowLogsName, retentionInDays: 30 },
      child,
    );
    const role = new iam.Role(
      `${name}-flow-logs-role`,
      {
        name: args.flowLogsName,
        ...(args.permissionsBoundary === undefined
          ? {}
          : { permissionsBoundary: args.permissionsBoundary }),
        assumeRolePolicy: pulumi.jsonStringify({
          Version: "2012-10-17",
          Statement: [
            {
              Effect: "Allow",
              Principal: { Service: "vpc-flow-logs.amazonaws.com" },
              Action: "sts:AssumeRole",
              Condition: { StringEquals: { "aws:SourceAccount": args.account.accountId } },
            },
          ],
        }),
      },
      child,
    );
    const { accountId, partition, region } = args.account;
    const group = pulumi.interpolate`arn:${partition}:logs:${region}:${accountId}:log-group:${args.flowLogsName}`;
    new iam.RolePolicy(
      `${name}-flow-logs-policy`,
      {
        role: role.name,
        // Source: VPC's guide, "IAM role for publishing flow logs to CloudWatch Logs".
        policy: pulumi.jsonStringify({
          Version: "2012-10-17",
          Statement: [
            {
              // The service allows no narrower resource.
              Sid: "FindGroups",
              Effect: "Allow",
              Action: "logs:DescribeLogGroups",
              Resource: "*",
            },
            {
              Sid: "WriteFlowLogs",
              Effect: "Allow",
              Action: [
                "logs:CreateLogGroup",
                "logs:CreateLogStream",
                "logs:DescribeLogStreams",
                "logs:PutLogEvents",
              ],
              Resource: [group, pulumi.interpolate`${group}:*`],
            },
          ],
        }),
      },
      child,
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
