import * as kms from "@pulumi/aws/kms";
import * as s3 from "@pulumi/aws/s3";
import * as pulumi from "@pulumi/pulumi";

import { prefixes } from "../pipeline/storage";
import { type Account, accountPrincipals } from "./account";
import { policyDocument } from "./policyDocument";
import { keptFromDeletion, type Protection } from "./protection";
import type { StackNames } from "./stackNames";

/** Access to the data, and its log. */
export interface DataAccess {
  /** Other accounts that may read the models. */
  readonly modelConsumers: readonly string[];
  /** Bucket for the access log; undefined: no log. */
  readonly accessLogBucket: string | undefined;
  /** The endpoint of the jobs' network; undefined: jobs may reach the bucket from any network. */
  readonly throughEndpoint: EndpointAccess | undefined;
}

/** Restriction of the bucket to an endpoint. */
export interface EndpointAccess {
  readonly vpcEndpointId: pulumi.Input<string>;
  /** Names of the jobs' roles, which use the endpoint. */
  readonly jobRoles: readonly string[];
  /** Names of the stack's roles that services use from outside the network. */
  readonly otherRoles: readonly string[];
  /** ARNs, with wildcards, of principals outside; empty: anybody that the account's policies allow. */
  readonly principals: readonly string[];
}

/** Actions that read, write or delete data, including versions, tags and attributes of objects. */
const dataActions = ["s3:DeleteObject*", "s3:GetObject*", "s3:PutObject*"];

/** A rule by which the objects of a prefix expire, days after their upload. */
const expiration = (id: string, prefix: string, days: number) => ({
  id,
  status: "Enabled",
  filter: { prefix: `${prefix}/` },
  expiration: { days },
});

export interface DataBucketArgs {
  readonly account: Account;
  readonly names: Pick<StackNames, "bucketName" | "keyAlias">;
  /** Description of the key. */
  readonly description: string;
  /** Of the bucket with its content, and of the key. */
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
    // A separate resource, so that the key's ARN, which the definition has, stays known if the policy changes.
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

  /** Lets the account's own policies decide who may use the key, and lets notifications be encrypted. */
  private keyPolicy(args: DataBucketArgs): pulumi.Output<string> {
    const { accountId, dnsSuffix, partition, region } = args.account;
    const consumers = accountPrincipals(args.account, args.access.modelConsumers);
    return policyDocument([
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
    ]);
  }

  /**
   * Refuses access from outside the endpoint: to the jobs' roles, so that their sessions are useless elsewhere, and, if
   * the configuration lists principals, to everybody else. Athena's access for a job is allowed.
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

  /** Keeps the bucket private, encrypted and versioned, and expires temporary objects. */
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
        // No rule expires current versions of sources, data or executions' output: S3 counts from the upload, and
        // objects in use may be years old.
        rules: [
          expiration("query-results", prefixes.queryResults, 7),
          expiration("checkpoints", prefixes.checkpoints, 30),
          expiration("endpoint-requests", prefixes.endpoints, 90),
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
    const denyUpload = (sid: string, header: string, wanted: pulumi.Input<string>): object => ({
      Sid: `Deny${sid}`,
      Effect: "Deny",
      Principal: "*",
      Action: "s3:PutObject",
      Resource: pulumi.interpolate`${bucketArn}/*`,
      Condition: {
        StringNotEquals: { [`s3:x-amz-server-side-encryption${header}`]: wanted },
        Null: { [`s3:x-amz-server-side-encryption${header}`]: "false" },
      },
    });
    new s3.BucketPolicy(
      `${name}-bucket-policy`,
      {
        bucket: bucket.bucket,
        policy: policyDocument([
          {
            Sid: "DenyInsecureTransport",
            Effect: "Deny",
            Principal: "*",
            Action: "s3:*",
            Resource: [bucketArn, pulumi.interpolate`${bucketArn}/*`],
            Condition: { Bool: { "aws:SecureTransport": "false" } },
          },
          // Uploads without a header get the bucket's key; those with another are refused.
          denyUpload("OtherEncryption", "", "aws:kms"),
          denyUpload("OtherKeys", "-aws-kms-key-id", key.arn),
          // Uploads under a key of the caller's have neither header. Source: S3's guide, "Using server-side encryption
          // with customer-provided keys".
          {
            Sid: "DenyCallersKeys",
            Effect: "Deny",
            Principal: "*",
            Action: "s3:PutObject",
            Resource: pulumi.interpolate`${bucketArn}/*`,
            Condition: {
              Null: { "s3:x-amz-server-side-encryption-customer-algorithm": "false" },
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
        ]),
      },
      { parent: this, dependsOn: [publicAccessBlock] },
    );
  }
}
