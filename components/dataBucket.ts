import * as kms from "@pulumi/aws/kms";
import * as s3 from "@pulumi/aws/s3";
import * as pulumi from "@pulumi/pulumi";

import { prefixes } from "../pipeline/storage";
import { type Account, accountPrincipals } from "./account";
import { keptFromDeletion, type Protection } from "./protection";
import type { StackNames } from "./stackNames";

/** Who reads the data, and whether that is logged. */
export interface DataAccess {
  /** Other accounts that may read the models. */
  readonly modelConsumers: readonly string[];
  /** Bucket that takes the log of who reads and writes what; undefined: nothing is logged. */
  readonly accessLogBucket: string | undefined;
  /** The endpoint of the jobs' network; undefined: they reach the bucket from wherever SageMaker runs them. */
  readonly throughEndpoint: EndpointAccess | undefined;
}

/** Who reaches the bucket through an endpoint alone. */
export interface EndpointAccess {
  readonly vpcEndpointId: pulumi.Input<string>;
  /** Names of the roles of jobs that read and write through it. */
  readonly jobRoles: readonly string[];
  /** Names of the stack's roles in whose names services read and write from outside. */
  readonly otherRoles: readonly string[];
  /** ARNs, wildcards allowed, of those who may be outside; none: whoever the account's policies allow. */
  readonly principals: readonly string[];
}

/** What moves data into the bucket, out of it, or away. */
const dataActions = ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"];

/** The arguments of {@link DataBucket}. */
export interface DataBucketArgs {
  readonly account: Account;
  readonly names: Pick<StackNames, "bucketName" | "keyAlias">;
  /** What the key is for, in words. */
  readonly description: string;
  /** Of the bucket with what is in it, and of its key. */
  readonly protection: Protection;
  readonly access: DataAccess;
}

/** A private, versioned bucket, and the key that encrypts it and everything that jobs write. */
export class DataBucket extends pulumi.ComponentResource {
  public readonly bucketName: pulumi.Output<string>;
  public readonly kmsKeyArn: pulumi.Output<string>;

  constructor(name: string, args: DataBucketArgs, opts?: pulumi.ComponentResourceOptions) {
    super("restate:index:DataBucket", name, {}, opts);
    const child: pulumi.CustomResourceOptions = { parent: this };
    const kept = keptFromDeletion(this, args.protection);
    const key = new kms.Key(
      `${name}-key`,
      { description: args.description, enableKeyRotation: true, deletionWindowInDays: 30 },
      kept,
    );
    // By itself, so that a change of it leaves the key's ARN known, and the definition that names it.
    new kms.KeyPolicy(
      `${name}-key-policy`,
      { keyId: key.keyId, policy: this.keyPolicy(args) },
      child,
    );
    new kms.Alias(
      `${name}-key-alias`,
      { name: args.names.keyAlias, targetKeyId: key.keyId },
      child,
    );
    const bucket = new s3.Bucket(
      `${name}-bucket`,
      { bucket: args.names.bucketName, forceDestroy: args.protection.forceDestroy },
      kept,
    );
    this.protectBucket(name, args, bucket, key);

    this.bucketName = bucket.bucket;
    this.kmsKeyArn = key.arn;
    this.registerOutputs({ bucketName: this.bucketName, kmsKeyArn: this.kmsKeyArn });
  }

  /** Leaves it to the account's own policies who may use the key, and lets notifications be encrypted. */
  private keyPolicy(args: DataBucketArgs): pulumi.Output<string> {
    const { accountId, dnsSuffix, partition, region } = args.account;
    const consumers = accountPrincipals(args.account, args.access.modelConsumers);
    return pulumi.jsonStringify({
      Version: "2012-10-17",
      Statement: [
        {
          Sid: "OwnAccount",
          Effect: "Allow",
          Principal: { AWS: pulumi.interpolate`arn:${partition}:iam::${accountId}:root` },
          Action: "kms:*",
          Resource: "*",
        },
        {
          Sid: "EncryptNotifications",
          Effect: "Allow",
          Principal: {
            Service: ["budgets.amazonaws.com", "cloudwatch.amazonaws.com", "events.amazonaws.com"],
          },
          Action: ["kms:Decrypt", "kms:GenerateDataKey*"],
          Resource: "*",
          Condition: { StringEquals: { "aws:SourceAccount": accountId } },
        },
        ...(consumers.length === 0
          ? []
          : [
              {
                Sid: "DecryptModels",
                Effect: "Allow",
                Principal: { AWS: consumers },
                Action: ["kms:Decrypt", "kms:DescribeKey"],
                Resource: "*",
                Condition: {
                  StringEquals: { "kms:ViaService": pulumi.interpolate`s3.${region}.${dnsSuffix}` },
                },
              },
            ]),
      ],
    });
  }

  /**
   * Refuses who comes from outside the endpoint: the roles of jobs, so that their sessions are of no use elsewhere, and
   * everybody but those who are named, where config names them. What Athena reads and writes for a job passes.
   * Sources: SageMaker jobs in a VPC reach S3 through its endpoint: aws-samples/amazon-sagemaker-secure-mlops,
   * cfn_templates/env-s3.yaml (such a policy), aws/amazon-sagemaker-operator-for-k8s#22,
   * aws/sagemaker-python-sdk#2302 (a job without the network is refused); IAM guide, "AWS global condition context
   * keys", aws:ViaAWSService, and Athena guide, "Use CalledVia context keys for Athena".
   */
  private endpointStatements(
    { access, account }: DataBucketArgs,
    bucketArn: pulumi.Output<string>,
  ): readonly object[] {
    const { modelConsumers, throughEndpoint: endpoint } = access;
    if (endpoint === undefined) {
      return [];
    }
    const { accountId, partition } = account;
    const roles = (names: readonly string[]): readonly pulumi.Output<string>[] =>
      names.map((name) => pulumi.interpolate`arn:${partition}:iam::${accountId}:role/${name}`);
    const refuse = (sid: string, who: object): object => ({
      Sid: sid,
      Effect: "Deny",
      Principal: "*",
      Action: dataActions,
      Resource: pulumi.interpolate`${bucketArn}/*`,
      Condition: {
        ...who,
        StringNotEquals: { "aws:SourceVpce": endpoint.vpcEndpointId },
        BoolIfExists: { "aws:ViaAWSService": "false", "aws:PrincipalIsAWSService": "false" },
      },
    });
    const outside = [
      ...endpoint.principals,
      ...roles(endpoint.otherRoles),
      ...modelConsumers.map((id) => pulumi.interpolate`arn:${partition}:iam::${id}:*`),
    ];
    return [
      refuse("JobsThroughEndpoint", {
        ArnEquals: { "aws:PrincipalArn": roles(endpoint.jobRoles) },
      }),
      ...(endpoint.principals.length === 0
        ? []
        : [refuse("OthersThroughEndpoint", { ArnNotLike: { "aws:PrincipalArn": outside } })]),
    ];
  }

  /** Keeps the bucket private, encrypted and versioned, and clears away what can be made again. */
  private protectBucket(name: string, args: DataBucketArgs, bucket: s3.Bucket, key: kms.Key): void {
    const child: pulumi.CustomResourceOptions = { parent: this };
    const publicAccessBlock = new s3.BucketPublicAccessBlock(
      `${name}-bucket-public-access-block`,
      {
        bucket: bucket.bucket,
        blockPublicAcls: true,
        blockPublicPolicy: true,
        ignorePublicAcls: true,
        restrictPublicBuckets: true,
      },
      child,
    );
    new s3.BucketOwnershipControls(
      `${name}-bucket-ownership`,
      { bucket: bucket.bucket, rule: { objectOwnership: "BucketOwnerEnforced" } },
      child,
    );
    new s3.BucketServerSideEncryptionConfiguration(
      `${name}-bucket-encryption`,
      {
        bucket: bucket.bucket,
        rules: [
          {
            bucketKeyEnabled: true,
            applyServerSideEncryptionByDefault: {
              sseAlgorithm: "aws:kms",
              kmsMasterKeyId: key.arn,
            },
          },
        ],
      },
      child,
    );
    const versioning = new s3.BucketVersioning(
      `${name}-bucket-versioning`,
      { bucket: bucket.bucket, versioningConfiguration: { status: "Enabled" } },
      child,
    );
    new s3.BucketLifecycleConfiguration(
      `${name}-bucket-lifecycle`,
      {
        bucket: bucket.bucket,
        // None expires a current version of sources, data, or what executions write: S3 counts from the upload,
        // and what is read today may be years old.
        rules: [
          {
            id: "query-results",
            status: "Enabled",
            filter: { prefix: `${prefixes.queryResults}/` },
            expiration: { days: 7 },
          },
          {
            id: "checkpoints",
            status: "Enabled",
            filter: { prefix: `${prefixes.checkpoints}/` },
            expiration: { days: 30 },
          },
          {
            id: "endpoint-requests",
            status: "Enabled",
            filter: { prefix: `${prefixes.endpoints}/` },
            expiration: { days: 90 },
          },
          {
            id: "old-versions",
            status: "Enabled",
            filter: {},
            noncurrentVersionExpiration: { noncurrentDays: 90 },
            abortIncompleteMultipartUpload: { daysAfterInitiation: 7 },
          },
        ],
      },
      { parent: this, dependsOn: [versioning] },
    );
    const { accessLogBucket } = args.access;
    if (accessLogBucket !== undefined) {
      new s3.BucketLogging(
        `${name}-bucket-logging`,
        {
          bucket: bucket.bucket,
          targetBucket: accessLogBucket,
          targetPrefix: pulumi.interpolate`${args.names.bucketName}/`,
        },
        child,
      );
    }
    const bucketArn = pulumi.interpolate`arn:${args.account.partition}:s3:::${args.names.bucketName}`;
    const consumers = accountPrincipals(args.account, args.access.modelConsumers);
    new s3.BucketPolicy(
      `${name}-bucket-policy`,
      {
        bucket: bucket.bucket,
        policy: pulumi.jsonStringify({
          Version: "2012-10-17",
          Statement: [
            {
              Sid: "DenyInsecureTransport",
              Effect: "Deny",
              Principal: "*",
              Action: "s3:*",
              Resource: [bucketArn, pulumi.interpolate`${bucketArn}/*`],
              Condition: { Bool: { "aws:SecureTransport": "false" } },
            },
            {
              // Uploads without a header take the bucket's own key; those that name another are refused.
              Sid: "DenyOtherEncryption",
              Effect: "Deny",
              Principal: "*",
              Action: "s3:PutObject",
              Resource: pulumi.interpolate`${bucketArn}/*`,
              Condition: {
                StringNotEquals: { "s3:x-amz-server-side-encryption": "aws:kms" },
                Null: { "s3:x-amz-server-side-encryption": "false" },
              },
            },
            {
              Sid: "DenyOtherKeys",
              Effect: "Deny",
              Principal: "*",
              Action: "s3:PutObject",
              Resource: pulumi.interpolate`${bucketArn}/*`,
              Condition: {
                StringNotEquals: {
                  "s3:x-amz-server-side-encryption-aws-kms-key-id": key.arn,
                },
                Null: { "s3:x-amz-server-side-encryption-aws-kms-key-id": "false" },
              },
            },
            ...this.endpointStatements(args, bucketArn),
            ...(consumers.length === 0
              ? []
              : [
                  {
                    Sid: "ReadModels",
                    Effect: "Allow",
                    Principal: { AWS: consumers },
                    Action: "s3:GetObject",
                    Resource: pulumi.interpolate`${bucketArn}/${prefixes.models}/*`,
                  },
                ]),
          ],
        }),
      },
      { parent: this, dependsOn: [publicAccessBlock] },
    );
  }
}
