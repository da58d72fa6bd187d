import * as iam from "@pulumi/aws/iam";
import * as pulumi from "@pulumi/pulumi";

import type { RoleNames } from "../names";
import { prefixes } from "../pipeline/storage";
import type { Account } from "./account";

/** The arguments of {@link Permissions}. */
export interface PermissionsArgs {
  readonly account: Account;
  readonly roleNames: RoleNames;
  readonly bucketName: pulumi.Output<string>;
  readonly databaseName: string;
  readonly tableName: string;
  /** S3 URI of the table's files, where they are in another bucket. Default: the stack's own bucket. */
  readonly dataLocation?: string | undefined;
  readonly workGroupName: string;
  readonly pipelineName: string;
  readonly modelPackageGroupName: string;
  readonly repositoryName: string;
  readonly kmsKeyArn: pulumi.Input<string>;
  /** Whether something starts the pipeline: the clock, or new data. Default false. */
  readonly started?: boolean;
  /** Whether jobs run in a VPC, for which SageMaker makes network interfaces in their names. */
  readonly inVpc: boolean;
}

/** A statement of an IAM policy. */
interface Statement {
  readonly Sid: string;
  readonly Effect: "Allow";
  readonly Action: readonly string[];
  readonly Resource: pulumi.Input<string> | readonly pulumi.Input<string>[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, pulumi.Input<string>>>>>;
}

function allow(
  sid: string,
  actions: readonly string[],
  resources: Statement["Resource"],
  condition?: Statement["Condition"],
): Statement {
  return {
    Sid: sid,
    Effect: "Allow",
    Action: actions,
    Resource: resources,
    ...(condition === undefined ? {} : { Condition: condition }),
  };
}

/** The role of each actor. Each may do what it must, on what belongs to this stack, and nothing else. */
export class Permissions extends pulumi.ComponentResource {
  /** Assumed by the pipeline itself, to start jobs and register models. */
  public readonly pipelineRole: iam.Role;
  /** Assumed by the processing jobs. */
  public readonly processingRole: iam.Role;
  /** Assumed by the training jobs. */
  public readonly trainingRole: iam.Role;
  /** Assumed by the jobs that evaluate models. */
  public readonly evaluationRole: iam.Role;
  /** Assumed by what starts the pipeline, where something does. */
  public readonly schedulerRole: iam.Role | undefined;
  /** ARNs of the roles, composed of their names: known at preview. */
  public readonly roleArns: Readonly<Record<keyof RoleNames, pulumi.Output<string>>>;

  private readonly actors: PermissionsArgs;

  constructor(name: string, args: PermissionsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("restate:index:Permissions", name, {}, opts);
    this.actors = args;
    const arn = (role: string) =>
      pulumi.interpolate`arn:${args.account.partition}:iam::${args.account.accountId}:role/${role}`;
    this.roleArns = {
      pipeline: arn(args.roleNames.pipeline),
      processing: arn(args.roleNames.processing),
      training: arn(args.roleNames.training),
      evaluation: arn(args.roleNames.evaluation),
      scheduler: arn(args.roleNames.scheduler),
    };
    this.pipelineRole = this.role(name, "pipeline", this.pipelineStatements());
    this.processingRole = this.role(name, "processing", this.processingStatements());
    this.trainingRole = this.role(name, "training", this.trainingStatements());
    this.evaluationRole = this.role(name, "evaluation", this.evaluationStatements());
    this.schedulerRole =
      args.started === true
        ? this.role(name, "scheduler", this.schedulerStatements(), [
            "events.amazonaws.com",
            "scheduler.amazonaws.com",
          ])
        : undefined;
    this.registerOutputs({
      pipelineRoleArn: this.pipelineRole.arn,
      processingRoleArn: this.processingRole.arn,
      trainingRoleArn: this.trainingRole.arn,
      evaluationRoleArn: this.evaluationRole.arn,
    });
  }

  /** A role that a service may assume for this account only, with its policy. */
  private role(
    name: string,
    actor: keyof RoleNames,
    statements: readonly Statement[],
    service: string | readonly string[] = "sagemaker.amazonaws.com",
  ): iam.Role {
    const { account, roleNames } = this.actors;
    const role = new iam.Role(
      `${name}-${actor}`,
      {
        name: roleNames[actor],
        description: `What the ${actor} of ${this.actors.pipelineName} may do`,
        assumeRolePolicy: pulumi.jsonStringify({
          Version: "2012-10-17",
          Statement: [
            {
              Effect: "Allow",
              Principal: { Service: service },
              Action: "sts:AssumeRole",
              Condition: { StringEquals: { "aws:SourceAccount": account.accountId } },
            },
          ],
        }),
      },
      { parent: this },
    );
    new iam.RolePolicy(
      `${name}-${actor}-policy`,
      {
        name: actor,
        role: role.name,
        policy: pulumi.jsonStringify({ Version: "2012-10-17", Statement: statements }),
      },
      { parent: this },
    );
    return role;
  }

  /** ARN of something of this account in this region. */
  private arn(service: string, resource: string): pulumi.Output<string> {
    const { accountId, partition, region } = this.actors.account;
    return pulumi.interpolate`arn:${partition}:${service}:${region}:${accountId}:${resource}`;
  }

  private bucketArn(path = ""): pulumi.Output<string> {
    const { account, bucketName } = this.actors;
    return pulumi.interpolate`arn:${account.partition}:s3:::${bucketName}${path}`;
  }

  private objects(...parts: readonly (keyof typeof prefixes)[]): readonly pulumi.Output<string>[] {
    return parts.map((part) => this.bucketArn(`/${prefixes[part]}/*`));
  }

  private listBucket(): Statement {
    return allow("ListBucket", ["s3:ListBucket", "s3:GetBucketLocation"], this.bucketArn());
  }

  /** Encrypting and decrypting objects, by way of S3 alone. */
  private useKeyThroughS3(): Statement {
    return allow("UseKeyThroughS3", ["kms:Decrypt", "kms:GenerateDataKey"], this.actors.kmsKeyArn, {
      StringEquals: {
        "kms:ViaService": pulumi.interpolate`s3.${this.actors.account.region}.${this.actors.account.dnsSuffix}`,
      },
    });
  }

  /** The encrypted volumes of job instances: SageMaker takes a grant on the key. */
  private grantKeyForVolumes(): readonly Statement[] {
    return [
      allow("GrantKeyForVolumes", ["kms:CreateGrant"], this.actors.kmsKeyArn, {
        Bool: { "kms:GrantIsForAWSResource": "true" },
      }),
      allow("DescribeKey", ["kms:DescribeKey"], this.actors.kmsKeyArn),
    ];
  }

  /** Making the network interfaces of a job. Source: SageMaker's guide to jobs in a VPC. */
  private useVpc(): readonly Statement[] {
    if (!this.actors.inVpc) {
      return [];
    }
    return [
      allow(
        "MakeNetworkInterfaces",
        [
          "ec2:CreateNetworkInterface",
          "ec2:CreateNetworkInterfacePermission",
          "ec2:DeleteNetworkInterface",
          "ec2:DeleteNetworkInterfacePermission",
        ],
        ["network-interface", "security-group", "subnet"].map((kind) =>
          this.arn("ec2", `${kind}/*`),
        ),
      ),
      // The service allows no narrower resource for these.
      allow(
        "DescribeVpc",
        [
          "ec2:DescribeDhcpOptions",
          "ec2:DescribeNetworkInterfaces",
          "ec2:DescribeSecurityGroups",
          "ec2:DescribeSubnets",
          "ec2:DescribeVpcs",
        ],
        "*",
      ),
    ];
  }

  /** Pulling this stack's image. SageMaker's own images are open to every account's jobs. */
  private pullImage(): readonly Statement[] {
    return [
      // The service allows no narrower resource for the login.
      allow("EcrLogin", ["ecr:GetAuthorizationToken"], "*"),
      allow(
        "PullImage",
        ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
        [
          this.arn("ecr", `repository/${this.actors.repositoryName}`),
          pulumi.interpolate`arn:${this.actors.account.partition}:ecr:${this.actors.account.region}:*:repository/sagemaker-*`,
        ],
      ),
    ];
  }

  private writeLogs(...groups: readonly string[]): readonly Statement[] {
    return [
      allow(
        "WriteLogs",
        [
          "logs:CreateLogGroup",
          "logs:CreateLogStream",
          "logs:DescribeLogStreams",
          "logs:PutLogEvents",
        ],
        groups.map((group) => this.arn("logs", `log-group:/aws/sagemaker/${group}:*`)),
      ),
      // The service has no resources for metrics; the namespace narrows it.
      allow("WriteMetrics", ["cloudwatch:PutMetricData"], "*", {
        StringLike: { "cloudwatch:namespace": "/aws/sagemaker/*" },
      }),
    ];
  }

  private pipelineStatements(): readonly Statement[] {
    const { account, modelPackageGroupName, pipelineName } = this.actors;
    return [
      allow(
        "RunProcessing",
        [
          "sagemaker:AddTags",
          "sagemaker:CreateProcessingJob",
          "sagemaker:DescribeProcessingJob",
          "sagemaker:StopProcessingJob",
        ],
        this.arn("sagemaker", "processing-job/pipelines-*"),
      ),
      // The service derives the names of tuning jobs and their training jobs from execution and step.
      allow(
        "RunTuning",
        [
          "sagemaker:AddTags",
          "sagemaker:CreateHyperParameterTuningJob",
          "sagemaker:DescribeHyperParameterTuningJob",
          "sagemaker:DescribeTrainingJob",
          "sagemaker:ListTrainingJobsForHyperParameterTuningJob",
          "sagemaker:StopHyperParameterTuningJob",
        ],
        [
          this.arn("sagemaker", "hyper-parameter-tuning-job/*"),
          this.arn("sagemaker", "training-job/*"),
        ],
      ),
      allow(
        "RegisterModels",
        [
          "sagemaker:AddTags",
          "sagemaker:CreateModelPackage",
          "sagemaker:DescribeModelPackage",
          "sagemaker:DescribeModelPackageGroup",
        ],
        [
          this.arn("sagemaker", `model-package-group/${modelPackageGroupName}`),
          this.arn("sagemaker", `model-package/${modelPackageGroupName}/*`),
        ],
      ),
      allow(
        "RecordExperiments",
        [
          "sagemaker:AddTags",
          "sagemaker:AssociateTrialComponent",
          "sagemaker:CreateExperiment",
          "sagemaker:CreateTrial",
          "sagemaker:CreateTrialComponent",
          "sagemaker:DescribeExperiment",
          "sagemaker:DescribeTrial",
          "sagemaker:DescribeTrialComponent",
          "sagemaker:UpdateTrialComponent",
        ],
        [
          this.arn("sagemaker", `experiment/${pipelineName}`),
          this.arn("sagemaker", "experiment-trial/*"),
          this.arn("sagemaker", "experiment-trial-component/*"),
        ],
      ),
      allow(
        "EvaluateCustomImages",
        [
          "sagemaker:AddTags",
          "sagemaker:CreateModel",
          "sagemaker:CreateTransformJob",
          "sagemaker:DescribeModel",
          "sagemaker:DescribeTransformJob",
          "sagemaker:StopTransformJob",
        ],
        [
          this.arn("sagemaker", "model/pipelines-*"),
          this.arn("sagemaker", "transform-job/pipelines-*"),
        ],
      ),
      allow(
        "PassJobRoles",
        ["iam:PassRole"],
        [this.roleArns.processing, this.roleArns.training, this.roleArns.evaluation],
        { StringEquals: { "iam:PassedToService": "sagemaker.amazonaws.com" } },
      ),
      this.listBucket(),
      allow("ReadReports", ["s3:GetObject"], this.objects("executions", "models")),
      this.useKeyThroughS3(),
      ...this.grantKeyForVolumes(),
      allow(
        "DescribeImage",
        ["ecr:BatchGetImage", "ecr:DescribeImages"],
        pulumi.interpolate`arn:${account.partition}:ecr:${account.region}:${account.accountId}:repository/${this.actors.repositoryName}`,
      ),
    ];
  }

  /** Reading the table's files where they are not in the stack's own bucket. */
  private readDataElsewhere(): readonly Statement[] {
    const { account, dataLocation } = this.actors;
    const [, bucket, folder] = /^s3:\/\/([^/]+)\/(.*)$/.exec(dataLocation ?? "") ?? [];
    if (bucket === undefined || folder === undefined) {
      return [];
    }
    const bucketArn = pulumi.interpolate`arn:${account.partition}:s3:::${bucket}`;
    return [
      allow("ListData", ["s3:GetBucketLocation", "s3:ListBucket"], bucketArn),
      allow("ReadData", ["s3:GetObject"], pulumi.interpolate`${bucketArn}/${folder}*`),
    ];
  }

  private processingStatements(): readonly Statement[] {
    const { databaseName, tableName, workGroupName } = this.actors;
    return [
      ...this.readDataElsewhere(),
      this.listBucket(),
      allow(
        "ReadObjects",
        ["s3:GetObject"],
        this.objects("data", "queryResults", "sources", "executions"),
      ),
      allow(
        "WriteObjects",
        ["s3:AbortMultipartUpload", "s3:PutObject"],
        this.objects("queryResults", "executions"),
      ),
      this.useKeyThroughS3(),
      ...this.grantKeyForVolumes(),
      allow(
        "QueryAthena",
        [
          "athena:GetQueryExecution",
          "athena:GetQueryResults",
          "athena:GetWorkGroup",
          "athena:StartQueryExecution",
          "athena:StopQueryExecution",
        ],
        this.arn("athena", `workgroup/${workGroupName}`),
      ),
      allow(
        "ReadTable",
        ["glue:GetDatabase", "glue:GetPartitions", "glue:GetTable"],
        [
          this.arn("glue", "catalog"),
          this.arn("glue", `database/${databaseName}`),
          this.arn("glue", `table/${databaseName}/${tableName}`),
        ],
      ),
      // SageMaker has Athena write Parquet by way of a table of this name, which it drops again.
      allow(
        "UseTemporaryTables",
        ["glue:CreateTable", "glue:DeleteTable", "glue:GetTable"],
        [
          this.arn("glue", "catalog"),
          this.arn("glue", `database/${databaseName}`),
          this.arn("glue", `table/${databaseName}/sagemaker_tmp_*`),
        ],
      ),
      ...this.useVpc(),
      ...this.pullImage(),
      ...this.writeLogs("ProcessingJobs"),
    ];
  }

  private evaluationStatements(): readonly Statement[] {
    return [
      this.listBucket(),
      allow("ReadObjects", ["s3:GetObject"], this.objects("sources", "executions", "models")),
      allow(
        "WriteReports",
        ["s3:AbortMultipartUpload", "s3:PutObject"],
        this.objects("executions"),
      ),
      this.useKeyThroughS3(),
      ...this.grantKeyForVolumes(),
      ...this.useVpc(),
      ...this.pullImage(),
      ...this.writeLogs("ProcessingJobs", "TransformJobs"),
    ];
  }

  private schedulerStatements(): readonly Statement[] {
    return [
      allow(
        "StartPipeline",
        ["sagemaker:StartPipelineExecution"],
        this.arn("sagemaker", `pipeline/${this.actors.pipelineName}`),
      ),
    ];
  }

  private trainingStatements(): readonly Statement[] {
    return [
      this.listBucket(),
      allow("ReadObjects", ["s3:GetObject"], this.objects("executions", "checkpoints")),
      allow(
        "WriteModels",
        ["s3:AbortMultipartUpload", "s3:PutObject"],
        this.objects("checkpoints", "models"),
      ),
      this.useKeyThroughS3(),
      ...this.grantKeyForVolumes(),
      ...this.useVpc(),
      ...this.pullImage(),
      ...this.writeLogs("TrainingJobs"),
    ];
  }
}
