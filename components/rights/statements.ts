import * as pulumi from "@pulumi/pulumi";

import type { RoleNames } from "../../contract/names";
import { ecrRepository } from "../../pipeline/ecrRepository";
import { prefixes } from "../../pipeline/storage";
import type { Account } from "../account";
import type { DataElsewhere } from "../dataElsewhere";
import type { JobVpc } from "../jobVpc";
import type { StackNames } from "../stackNames";
import type { Tag } from "../tag";

/** What roles may be about: the stack's own things, by their names, and what its configuration refers to. */
export interface StackScope {
  readonly account: Account;
  readonly names: StackNames;
  readonly tableName: string;
  /** What of the catalogue is another's, which the stack only reads; undefined: database and table are its own. */
  readonly adopted: { readonly baseTables: readonly string[] } | undefined;
  /** Where the table's files are; undefined: in the stack's own bucket. */
  readonly dataElsewhere: DataElsewhere | undefined;
  /** URIs of the images of the user that candidates are trained by. */
  readonly ownImages: readonly string[];
  /** The stack's key. */
  readonly kmsKeyArn: pulumi.Input<string>;
  /** Network of the jobs, in which SageMaker makes network interfaces in their names; undefined: its own. */
  readonly vpc: JobVpc | undefined;
  /** Whether Glue's catalogue is encrypted with the stack's key. */
  readonly encryptCatalog: boolean;
  /** The tag that everything of the stack carries, the jobs of its pipeline among them. */
  readonly ownTag: Tag;
  /** Whether the scheduler starts jobs that look for drift, as models have a reference for them. */
  readonly findsDrift: boolean;
  /** The approval status with which the pipeline registers models, and no other. */
  readonly modelApprovalStatus: string;
  /** Whether a job of the evaluation role holds candidates against the model that is approved. */
  readonly challengesChampion: boolean;
  /** Whether models take the table's own rows, so that the data becomes what encodes them too. */
  readonly servesRawRows: boolean;
  /** Whether the volumes of all training jobs take the key: those of instances with disks of their own do not. */
  readonly trainingVolumesTakeKey: boolean;
}

/** One text or several of a statement. */
type Texts = pulumi.Input<string> | readonly pulumi.Input<string>[] | pulumi.Output<string[]>;

/** The conditions of a statement: values by key, by operator. */
type Conditions = Readonly<Record<string, Readonly<Record<string, Texts>>>>;

/** A statement of an IAM policy. */
export interface Statement {
  readonly Sid: string;
  readonly Effect: "Allow" | "Deny";
  readonly Action: readonly string[];
  readonly Resource: Texts;
  readonly Condition: Conditions | undefined;
}

/** Builds a statement that allows actions on resources. */
export function allow(
  sid: string,
  actions: readonly string[],
  resources: Statement["Resource"],
  condition?: Statement["Condition"],
): Statement {
  return { Sid: sid, Effect: "Allow", Action: actions, Resource: resources, Condition: condition };
}

/** Builds a statement that denies actions on resources, whatever else allows them. */
export function deny(
  sid: string,
  actions: readonly string[],
  resources: Statement["Resource"],
  condition?: Statement["Condition"],
): Statement {
  return { ...allow(sid, actions, resources, condition), Effect: "Deny" };
}

/**
 * What the request for a job must say. Which call knows which: Service Authorization Reference, "Actions, resources,
 * and condition keys for Amazon SageMaker"; those of networks were tried in aws-samples/data-perimeter-policy-examples#30.
 */
export type JobNeed = "isolation" | "network" | "outputKey" | "trafficEncryption" | "volumeKey";

/** Rights on network interfaces that a job is given, and gives back. */
const useInterfaces = [
  "ec2:CreateNetworkInterfacePermission",
  "ec2:DeleteNetworkInterface",
  "ec2:DeleteNetworkInterfacePermission",
] as const;

/** Rights for which the service allows no narrower resource than all. */
const describeVpc = [
  "ec2:DescribeDhcpOptions",
  "ec2:DescribeNetworkInterfaces",
  "ec2:DescribeSecurityGroups",
  "ec2:DescribeSubnets",
  "ec2:DescribeVpcs",
] as const;

/** Rights on whatever network interface, as processing jobs must have them. */
export const useAnyInterface = [
  "ec2:CreateNetworkInterface",
  ...useInterfaces,
  ...describeVpc,
] as const;

/** The statements that several actors need, on what belongs to this stack. */
export class Statements {
  /** ARNs of the roles, composed of their names: known at preview. */
  readonly roleArns: Readonly<Record<keyof RoleNames, pulumi.Output<string>>>;

  constructor(readonly args: StackScope) {
    const { roleNames } = args.names;
    const arn = (role: string): pulumi.Output<string> => this.globalArn("iam", `role/${role}`);
    this.roleArns = {
      pipeline: arn(roleNames.pipeline),
      processing: arn(roleNames.processing),
      training: arn(roleNames.training),
      evaluation: arn(roleNames.evaluation),
      scheduler: arn(roleNames.scheduler),
      serving: arn(roleNames.serving),
      monitoring: arn(roleNames.monitoring),
      crawler: arn(roleNames.crawler),
    };
  }

  /** ARN of something of this account in this region. */
  arn(service: string, resource: string): pulumi.Output<string> {
    const { accountId, partition, region } = this.args.account;
    return pulumi.interpolate`arn:${partition}:${service}:${region}:${accountId}:${resource}`;
  }

  /** ARN of something of this account that is in no region. */
  globalArn(service: string, resource: string): pulumi.Output<string> {
    const { accountId, partition } = this.args.account;
    return pulumi.interpolate`arn:${partition}:${service}::${accountId}:${resource}`;
  }

  /** ARN of the stack's bucket, or of what is in it. */
  bucketArn(path = ""): pulumi.Output<string> {
    const { account, names } = this.args;
    return pulumi.interpolate`arn:${account.partition}:s3:::${names.bucketName}${path}`;
  }

  /** ARNs of the objects below prefixes of the stack's bucket. */
  objects(...parts: readonly (keyof typeof prefixes)[]): readonly pulumi.Output<string>[] {
    return parts.map((part) => this.bucketArn(`/${prefixes[part]}/*`));
  }

  /** Listing the stack's bucket. */
  listBucket(): Statement {
    return allow("ListBucket", ["s3:ListBucket", "s3:GetBucketLocation"], this.bucketArn());
  }

  /** Writing objects below prefixes of the stack's bucket, in parts where they are large. */
  writeObjects(sid: string, ...parts: readonly (keyof typeof prefixes)[]): Statement {
    return allow(sid, ["s3:AbortMultipartUpload", "s3:PutObject"], this.objects(...parts));
  }

  /** Encrypting and decrypting objects, by way of S3 alone. */
  useKeyThroughS3(): Statement {
    return allow(
      "UseKeyThroughS3",
      ["kms:Decrypt", "kms:GenerateDataKey"],
      this.args.kmsKeyArn,
      this.throughS3(),
    );
  }

  /** Decrypting objects, by way of S3 alone. */
  decryptThroughS3(): Statement {
    return allow("DecryptThroughS3", ["kms:Decrypt"], this.args.kmsKeyArn, this.throughS3());
  }

  /** That a key is used by way of S3 in this region alone. */
  private throughS3(): Statement["Condition"] {
    const { dnsSuffix, region } = this.args.account;
    return { StringEquals: { "kms:ViaService": pulumi.interpolate`s3.${region}.${dnsSuffix}` } };
  }

  /** Reading and writing an encrypted catalogue, by way of Glue alone. */
  useKeyThroughGlue(): readonly Statement[] {
    const { account, encryptCatalog, kmsKeyArn } = this.args;
    return encryptCatalog
      ? [
          allow(
            "UseKeyThroughGlue",
            ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"],
            kmsKeyArn,
            {
              StringEquals: {
                "kms:ViaService": pulumi.interpolate`glue.${account.region}.${account.dnsSuffix}`,
              },
            },
          ),
        ]
      : [];
  }

  /** That what is asked for is the stack's own, by its tag. */
  own(): Conditions {
    const { key, value } = this.args.ownTag;
    return { StringEquals: { [`aws:ResourceTag/${key}`]: value } };
  }

  /** That what is made gets the stack's tag. */
  requested(): Conditions {
    const { key, value } = this.args.ownTag;
    return { StringEquals: { [`aws:RequestTag/${key}`]: value } };
  }

  /** Creating jobs, or models for them, that have the stack's tag and what they need. */
  makeJobs(sid: string, action: string, resource: string, ...needs: JobNeed[]): Statement {
    const { kmsKeyArn, vpc } = this.args;
    const inNetwork = needs.includes("network") && vpc !== undefined;
    const bools = {
      ...(needs.includes("isolation") ? { "sagemaker:NetworkIsolation": "true" } : {}),
      ...(needs.includes("trafficEncryption")
        ? { "sagemaker:InterContainerTrafficEncryption": "true" }
        : {}),
    };
    const keys = {
      ...(needs.includes("outputKey") ? { "sagemaker:OutputKmsKeyArn": kmsKeyArn } : {}),
      ...(needs.includes("volumeKey") ? { "sagemaker:VolumeKmsKeyArn": kmsKeyArn } : {}),
    };
    return allow(sid, [action], this.arn("sagemaker", resource), {
      ...this.requested(),
      ...(Object.keys(bools).length === 0 ? {} : { Bool: bools }),
      ...(Object.keys(keys).length === 0 ? {} : { ArnEquals: keys }),
      ...(inNetwork
        ? {
            "ForAllValues:StringEquals": {
              "sagemaker:VpcSubnets": pulumi.output(vpc.subnetIds),
              "sagemaker:VpcSecurityGroupIds": pulumi.output(vpc.securityGroupIds),
            },
            Null: { "sagemaker:VpcSubnets": "false", "sagemaker:VpcSecurityGroupIds": "false" },
          }
        : {}),
    });
  }

  /** The encrypted volumes of job instances: SageMaker takes a grant on the key. */
  grantKeyForVolumes(): readonly Statement[] {
    return [
      allow("GrantKeyForVolumes", ["kms:CreateGrant"], this.args.kmsKeyArn, {
        Bool: { "kms:GrantIsForAWSResource": "true" },
      }),
      allow("DescribeKey", ["kms:DescribeKey"], this.args.kmsKeyArn),
    ];
  }

  /**
   * Making the network interfaces of training jobs and models, in the stack's subnets. Source: SageMaker's
   * guide, "How to use SageMaker AI execution roles".
   */
  useVpc(): readonly Statement[] {
    const { vpc } = this.args;
    if (vpc === undefined) {
      return [];
    }
    const interfaces = this.arn("ec2", "network-interface/*");
    const arns = (kind: string, ids: pulumi.Input<string[]>): pulumi.Output<string[]> =>
      pulumi
        .output(ids)
        .apply((all) => pulumi.all(all.map((id) => this.arn("ec2", `${kind}/${id}`))));
    const subnets = arns("subnet", vpc.subnetIds);
    return [
      allow(
        "MakeNetworkInterfaces",
        ["ec2:CreateNetworkInterface"],
        pulumi
          .all([interfaces, subnets, arns("security-group", vpc.securityGroupIds)])
          .apply((parts) => parts.flat()),
      ),
      allow("UseNetworkInterfaces", useInterfaces, interfaces, {
        ArnEquals: { "ec2:Subnet": subnets },
      }),
      allow("DescribeVpc", describeVpc, "*"),
    ];
  }

  /**
   * Making the network interfaces of processing jobs. Their creation fails where the role's rights name
   * resources or conditions: SageMaker checks that they do not. Source: SageMaker's guide, "How to use
   * SageMaker AI execution roles", on CreateProcessingJob.
   */
  useVpcForProcessing(): readonly Statement[] {
    return this.args.vpc === undefined
      ? []
      : [allow("MakeNetworkInterfaces", useAnyInterface, "*")];
  }

  /** Encrypting what a job puts out, where the job names the key: not by way of S3, which needs no such right. */
  encryptOutputs(): Statement {
    return allow("EncryptOutputs", ["kms:Encrypt"], this.args.kmsKeyArn);
  }

  /** ARNs of the repositories of all images: the stack's, SageMaker's in whatever account, the candidates' own. */
  images(): readonly pulumi.Output<string>[] {
    const { account, names, ownImages } = this.args;
    // Candidates may have images of one repository.
    const own = new Set(
      ownImages
        .flatMap((image) => ecrRepository(image) ?? [])
        .map(({ accountId, name, region }) => `${region}:${accountId}:repository/${name}`),
    );
    return [
      this.arn("ecr", `repository/${names.repositoryName}`),
      ...[`${account.region}:*:repository/sagemaker-*`, ...own].map(
        (path) => pulumi.interpolate`arn:${account.partition}:ecr:${path}`,
      ),
    ];
  }

  /** Pulling images. */
  pullImage(): readonly Statement[] {
    return [
      // The service allows no narrower resource for the login.
      allow("EcrLogin", ["ecr:GetAuthorizationToken"], "*"),
      allow(
        "PullImage",
        ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
        this.images(),
      ),
    ];
  }

  /** Writing to log groups, by their names. */
  writeLogGroups(...groups: readonly string[]): Statement {
    return allow(
      "WriteLogs",
      [
        "logs:CreateLogGroup",
        "logs:CreateLogStream",
        "logs:DescribeLogStreams",
        "logs:PutLogEvents",
      ],
      groups.flatMap((group) => this.logGroupArns(group)),
    );
  }

  /** ARNs of a log group, as IAM's reference writes it, and as CloudWatch asks for it and its streams. */
  logGroupArns(group: string): readonly pulumi.Output<string>[] {
    return [`log-group:${group}`, `log-group:${group}:*`].map((path) => this.arn("logs", path));
  }

  /** Writing logs and metrics as SageMaker does for jobs. */
  writeLogs(...groups: readonly string[]): readonly Statement[] {
    return [
      this.writeLogGroups(...groups.map((group) => `/aws/sagemaker/${group}`)),
      // The service has no resources for metrics; the namespace narrows it.
      allow("WriteMetrics", ["cloudwatch:PutMetricData"], "*", {
        // Model Monitor's own namespace has no slash in front.
        StringLike: { "cloudwatch:namespace": ["/aws/sagemaker/*", "aws/sagemaker/*"] },
      }),
    ];
  }

  /** Reading the table's files if they are not in the stack's own bucket. */
  readDataElsewhere(): readonly Statement[] {
    const { account, dataElsewhere } = this.args;
    if (dataElsewhere === undefined) {
      return [];
    }
    const { bucket, folder, kmsKeyArn } = dataElsewhere;
    const bucketArn = pulumi.interpolate`arn:${account.partition}:s3:::${bucket}`;
    return [
      allow("ListData", ["s3:GetBucketLocation", "s3:ListBucket"], bucketArn),
      allow("ReadData", ["s3:GetObject"], pulumi.interpolate`${bucketArn}/${folder}*`),
      ...(kmsKeyArn === undefined
        ? []
        : [allow("DecryptData", ["kms:Decrypt"], kmsKeyArn, this.throughS3())]),
    ];
  }
}
