import * as pulumi from "@pulumi/pulumi";

import type { RoleNames } from "../../contract/names";
import { ecrRepository } from "../../pipeline/ecrRepository";
import type { MlflowLogging } from "../../pipeline/mlflowLogging";
import { prefixes } from "../../pipeline/storage";
import type { Tracking } from "../../pipeline/tracking";
import type { Account } from "../account";
import type { DataElsewhere } from "../dataElsewhere";
import type { JobVpc } from "../jobVpc";
import type { StackNames } from "../stackNames";
import type { Tag } from "../tag";

/** The resources that roles may have permissions on, by name and configuration. */
export interface StackScope {
  readonly account: Account;
  readonly names: StackNames;
  readonly tableName: string;
  /** Existing database and table, which the stack only reads; undefined: it has its own. */
  readonly adopted:
    | {
        readonly baseTables: readonly string[];
        /** The table bucket, if the table is in S3 Tables, and the key that encrypts it; undefined: no KMS key does. */
        readonly tableBucket?:
          { readonly name: string; readonly kmsKeyArn: string | undefined } | undefined;
      }
    | undefined;
  /** Location of the table's files; undefined: the stack's bucket. */
  readonly dataElsewhere: DataElsewhere | undefined;
  /** URIs of users' own images that train candidates. */
  readonly ownImages: readonly string[];
  /** URIs of SageMaker's own images that jobs and endpoints run. */
  readonly prebuiltImages: readonly pulumi.Input<string>[];
  /** The stack's key. */
  readonly kmsKeyArn: pulumi.Input<string>;
  /** Network of the jobs, in which SageMaker creates network interfaces with their roles; undefined: SageMaker's. */
  readonly vpc: JobVpc | undefined;
  /** Whether Glue's catalogue is encrypted with the stack's key. */
  readonly encryptCatalog: boolean;
  /** The tag of the stack's resources, including the pipeline's jobs. */
  readonly ownTag: Tag;
  /** Whether the scheduler starts drift jobs. */
  readonly findsDrift: boolean;
  /** The only approval status with which the pipeline registers models. */
  readonly modelApprovalStatus: string;
  /** Whether a job of the evaluation role compares candidates with the approved model. */
  readonly challengesChampion: boolean;
  /** Where the pipeline's executions are tracked. */
  readonly tracking: Tracking;
  /** How they are logged to the MLflow app. */
  readonly mlflowLogging: MlflowLogging;
  /** Whether models accept the table's own rows, so the data job also writes their encoding. */
  readonly servesRawRows: boolean;
  /** Whether the volumes of all training jobs are encrypted with the key; instances' own disks are not. */
  readonly trainingVolumesTakeKey: boolean;
}

/** One or several texts. */
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
  actions: string | readonly string[],
  resources: Statement["Resource"],
  condition?: Statement["Condition"],
): Statement {
  const all = [actions].flat();
  return { Sid: sid, Effect: "Allow", Action: all, Resource: resources, Condition: condition };
}

/** Builds a statement that denies actions on resources, whatever else allows them. */
export function deny(...args: Parameters<typeof allow>): Statement {
  return { ...allow(...args), Effect: "Deny" };
}

/** Passing roles of the stack only to the services that use them. */
export function passRoles(sid: string, roles: Texts, services: Texts): Statement {
  return allow(sid, "iam:PassRole", roles, { StringEquals: { "iam:PassedToService": services } });
}

/**
 * Condition keys for requests of jobs. Source of the calls that support each: Service Authorization Reference, "Actions,
 * resources, and condition keys for Amazon SageMaker"; networks were tested in
 * aws-samples/data-perimeter-policy-examples#30.
 */
type JobNeed = "isolation" | "network" | "outputKey" | "trafficEncryption" | "volumeKey";

/** Actions on a job's network interfaces. */
const useInterfaces = [
  "ec2:CreateNetworkInterfacePermission",
  "ec2:DeleteNetworkInterface",
  "ec2:DeleteNetworkInterfacePermission",
];

/** Actions that write logs. */
export const logActions = [
  "logs:CreateLogGroup",
  "logs:CreateLogStream",
  "logs:DescribeLogStreams",
  "logs:PutLogEvents",
];

/** Actions for which the service allows no narrower resource than all. */
const describeVpc = [
  "ec2:DescribeDhcpOptions",
  "ec2:DescribeNetworkInterfaces",
  "ec2:DescribeSecurityGroups",
  "ec2:DescribeSubnets",
  "ec2:DescribeVpcs",
];

/** Actions on any network interface, which processing jobs need. */
export const useAnyInterface = ["ec2:CreateNetworkInterface", ...useInterfaces, ...describeVpc];

/** The statements that several actors need, on the stack's resources. */
export class Statements {
  /** ARNs of the roles, composed of their names and so known at preview. */
  readonly roleArns: Readonly<Record<keyof RoleNames, pulumi.Output<string>>>;

  constructor(readonly args: StackScope) {
    const arns = Object.entries(args.names.roleNames).map(([actor, role]) => [
      actor,
      this.globalArn("iam", `role/${role}`),
    ]);
    this.roleArns = Object.fromEntries(arns) as Statements["roleArns"];
  }

  /** ARN of a resource of this account and region. */
  arn(service: string, resource: string): pulumi.Output<string> {
    const { accountId, partition, region } = this.args.account;
    return pulumi.interpolate`arn:${partition}:${service}:${region}:${accountId}:${resource}`;
  }

  /** ARN of a resource of this account, without a region. */
  globalArn(service: string, resource: string): pulumi.Output<string> {
    const { accountId, partition } = this.args.account;
    return pulumi.interpolate`arn:${partition}:${service}::${accountId}:${resource}`;
  }

  /** Whether the stack has a pipeline that logs executions. */
  get logs(): boolean {
    return this.args.mlflowLogging !== "manual";
  }

  /** ARN of the stack's pipeline, and of the one that logs its executions. */
  pipelines(): pulumi.Output<string> | readonly pulumi.Output<string>[] {
    const { loggingName, pipelineName } = this.args.names;
    const own = this.arn("sagemaker", `pipeline/${pipelineName}`);
    return this.logs ? [own, this.arn("sagemaker", `pipeline/${loggingName}`)] : own;
  }

  /** ARNs of the stack's model package group, and of its versions. */
  modelPackages(): readonly [pulumi.Output<string>, pulumi.Output<string>] {
    const { modelPackageGroupName: group } = this.args.names;
    return [
      this.arn("sagemaker", `model-package-group/${group}`),
      this.arn("sagemaker", `model-package/${group}/*`),
    ];
  }

  /** ARN of the stack's bucket, or of a path in it. */
  bucketArn(path = ""): pulumi.Output<string> {
    const { account, names } = this.args;
    return pulumi.interpolate`arn:${account.partition}:s3:::${names.bucketName}${path}`;
  }

  /** ARNs of the objects under prefixes of the stack's bucket. */
  objects(...parts: readonly (keyof typeof prefixes)[]): readonly pulumi.Output<string>[] {
    return parts.map((part) => this.bucketArn(`/${prefixes[part]}/*`));
  }

  /** ARNs of the evaluations of models, and the baselines of their data. */
  reports(): readonly pulumi.Output<string>[] {
    return ["baseline", "evaluation"].map((folder) =>
      this.bucketArn(`/${prefixes.executions}/*/${folder}/*`),
    );
  }

  /** Listing the stack's bucket. */
  listBucket(): Statement {
    return allow("ListBucket", ["s3:ListBucket", "s3:GetBucketLocation"], this.bucketArn());
  }

  /** Writing objects under prefixes of the stack's bucket, including multipart uploads. */
  writeObjects(sid: string, ...parts: readonly (keyof typeof prefixes)[]): Statement {
    return allow(sid, ["s3:AbortMultipartUpload", "s3:PutObject"], this.objects(...parts));
  }

  /** Encrypting and decrypting objects, through S3 only. */
  useKeyThroughS3(): Statement {
    const { kmsKeyArn } = this.args;
    return allow(
      "UseKeyThroughS3",
      ["kms:Decrypt", "kms:GenerateDataKey"],
      kmsKeyArn,
      this.through("s3"),
    );
  }

  /** Decrypting objects, through S3 only. */
  decryptThroughS3(): Statement {
    return allow("DecryptThroughS3", "kms:Decrypt", this.args.kmsKeyArn, this.through("s3"));
  }

  /** Condition that a key is used through a service in this region. */
  private through(service: "glue" | "s3"): Conditions {
    const { dnsSuffix, region } = this.args.account;
    const host = pulumi.interpolate`${service}.${region}.${dnsSuffix}`;
    return { StringEquals: { "kms:ViaService": host } };
  }

  /** Reading and writing an encrypted catalogue, through Glue only. */
  useKeyThroughGlue(): readonly Statement[] {
    const { encryptCatalog, kmsKeyArn } = this.args;
    const actions = ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"];
    return encryptCatalog
      ? [allow("UseKeyThroughGlue", actions, kmsKeyArn, this.through("glue"))]
      : [];
  }

  /** Condition that the resource has the stack's tag. */
  own() {
    const { key, value } = this.args.ownTag;
    return { StringEquals: { [`aws:ResourceTag/${key}`]: value } };
  }

  /** Condition that the request sets the stack's tag. */
  requested() {
    const { key, value } = this.args.ownTag;
    return { StringEquals: { [`aws:RequestTag/${key}`]: value } };
  }

  /**
   * Tagging resources with the stack's tag, on creation only: tagging an existing one would make it the stack's own.
   */
  tagNew(sid: string, resources: Texts): Statement {
    return allow(sid, "sagemaker:AddTags", resources, {
      ...this.requested(),
      Null: { "sagemaker:TaggingAction": "false" },
    });
  }

  /** Creating jobs, or models for them, with the stack's tag and the required settings. */
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
    return allow(sid, action, this.arn("sagemaker", resource), {
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

  /** Encrypted volumes of job instances, for which SageMaker creates a grant on the key. */
  grantKeyForVolumes(): readonly Statement[] {
    return [
      allow("GrantKeyForVolumes", "kms:CreateGrant", this.args.kmsKeyArn, {
        Bool: { "kms:GrantIsForAWSResource": "true" },
      }),
      allow("DescribeKey", "kms:DescribeKey", this.args.kmsKeyArn),
    ];
  }

  /**
   * Creating the network interfaces of training jobs and models, in the stack's subnets. Source: SageMaker's
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
        "ec2:CreateNetworkInterface",
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
   * Creating the network interfaces of processing jobs. SageMaker refuses jobs whose roles limit these actions to
   * resources or by conditions. Source: SageMaker's guide, "How to use
   * SageMaker AI execution roles", on CreateProcessingJob.
   */
  useVpcForProcessing(): readonly Statement[] {
    return this.args.vpc === undefined
      ? []
      : [allow("MakeNetworkInterfaces", useAnyInterface, "*")];
  }

  /** Encrypting a job's output, if the request has the key; not through S3. */
  encryptOutputs(): Statement {
    return allow("EncryptOutputs", "kms:Encrypt", this.args.kmsKeyArn);
  }

  /** ARNs of the repositories of all images: the stack's, SageMaker's, and the candidates' own. */
  images(): pulumi.Output<string[]> {
    const { account, names, ownImages, prebuiltImages } = this.args;
    const others = pulumi
      .all([account.partition, ...prebuiltImages, ...ownImages])
      .apply(([partition, ...images]) =>
        images
          .flatMap((image) => ecrRepository(image) ?? [])
          .map(
            ({ accountId, name, region }) =>
              `arn:${partition}:ecr:${region}:${accountId}:repository/${name}`,
          ),
      );
    // Several images may share one repository.
    return pulumi
      .all([this.arn("ecr", `repository/${names.repositoryName}`), others])
      .apply(([own, all]) => [...new Set([own, ...all])]);
  }

  pullImage(): readonly Statement[] {
    return [
      // The service allows no narrower resource for the login.
      allow("EcrLogin", "ecr:GetAuthorizationToken", "*"),
      allow(
        "PullImage",
        ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
        this.images(),
      ),
    ];
  }

  /**
   * What all jobs with outputs need.
   * @param network for their network interfaces
   */
  runJobs(network: readonly Statement[], ...logs: readonly string[]): readonly Statement[] {
    return [
      this.useKeyThroughS3(),
      this.encryptOutputs(),
      ...this.grantKeyForVolumes(),
      ...network,
      ...this.pullImage(),
      ...this.writeLogs(...logs),
    ];
  }

  /** Writing to log groups, by their names. */
  writeLogGroups(...groups: readonly string[]): Statement {
    return allow(
      "WriteLogs",
      logActions,
      groups.flatMap((group) => this.logGroupArns(group)),
    );
  }

  /** ARNs of a log group: in the form of IAM's reference, and in those of CloudWatch for it and its streams. */
  logGroupArns(group: string): readonly pulumi.Output<string>[] {
    return [`log-group:${group}`, `log-group:${group}:*`].map((path) => this.arn("logs", path));
  }

  /** Writing jobs' logs and metrics. */
  writeLogs(...groups: readonly string[]): readonly Statement[] {
    return [
      this.writeLogGroups(...groups.map((group) => `/aws/sagemaker/${group}`)),
      // The service has no resources for metrics; the namespace limits it.
      allow("WriteMetrics", "cloudwatch:PutMetricData", "*", {
        // Model Monitor's own namespace has no leading slash.
        StringLike: { "cloudwatch:namespace": ["/aws/sagemaker/*", "aws/sagemaker/*"] },
      }),
    ];
  }

  /** Reading the table's files outside the stack's bucket. */
  readDataElsewhere(): readonly Statement[] {
    const { account, dataElsewhere } = this.args;
    if (dataElsewhere === undefined) {
      return [];
    }
    const { bucket, folder, kmsKeyArn } = dataElsewhere;
    const bucketArn = pulumi.interpolate`arn:${account.partition}:s3:::${bucket}`;
    return [
      allow("ListData", ["s3:GetBucketLocation", "s3:ListBucket"], bucketArn),
      allow("ReadData", "s3:GetObject", pulumi.interpolate`${bucketArn}/${folder}*`),
      ...(kmsKeyArn === undefined
        ? []
        : [allow("DecryptData", "kms:Decrypt", kmsKeyArn, this.through("s3"))]),
    ];
  }
}
