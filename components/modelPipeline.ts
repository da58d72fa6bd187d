import * as s3 from "@pulumi/aws/s3";
import * as sagemaker from "@pulumi/aws/sagemaker";
import * as pulumi from "@pulumi/pulumi";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import type { RoleNames } from "../contract/names";
import type { AlgorithmName } from "../pipeline/algorithms";
import type { Candidate } from "../pipeline/candidates";
import { check } from "../pipeline/language/check";
import type { Dataset } from "../pipeline/dataset";
import { datasetQuery } from "../pipeline/query";
import { pipelineDefinition } from "../pipeline/definition";
import { dataWranglerFlow, type FlowSource } from "../pipeline/flow";
import type { ParameterDefaults } from "../pipeline/parameters";
import { canonicalJson, contentHash } from "../pipeline/language/canonicalJson";
import { prefixes } from "../pipeline/storage";
import { type Account, accountPrincipals } from "./account";
import { keptFromDeletion } from "./protection";

/** The arguments of {@link ModelPipeline}. */
export interface ModelPipelineArgs {
  readonly pipelineName: string;
  readonly modelPackageGroupName: string;
  readonly bucketName: pulumi.Output<string>;
  readonly databaseName: string;
  readonly workGroupName: string;
  readonly dataset: Dataset;
  readonly candidates: readonly Candidate[];
  readonly parameters: ParameterDefaults;
  /** URIs of the images. */
  readonly images: {
    readonly dataWrangler: pulumi.Output<string>;
    readonly scikitLearn: pulumi.Output<string>;
    readonly modelMonitor: pulumi.Output<string>;
    readonly algorithms: Readonly<Record<AlgorithmName, pulumi.Output<string>>>;
  };
  /** ARNs of the roles that the pipeline and its jobs assume. */
  readonly roleArns: Readonly<Record<keyof RoleNames, pulumi.Output<string>>>;
  readonly kmsKeyArn: pulumi.Output<string>;
  /** Network of the jobs. Default: SageMaker's own. */
  readonly vpc?:
    | {
        readonly subnetIds: pulumi.Input<string[]>;
        readonly securityGroupIds: pulumi.Input<string[]>;
      }
    | undefined;
  /** Most steps that an execution runs at once, 1 to 50. */
  readonly parallelSteps: number;
  readonly account: Account;
  /** Other accounts that may read and deploy the models. Default: none. */
  readonly modelConsumers?: readonly string[];
  /** Whether the model package group is kept from deletion. Default true. */
  readonly protect?: boolean;
  /** Tags of the jobs that the pipeline starts. */
  readonly tags: Readonly<Record<string, string>>;
  /** Hash of the table's data. Default: unknown, so nothing is taken from SageMaker's cache. */
  readonly dataHash?: string | undefined;
  /** Whether each model is registered with a baseline of its training data. */
  readonly dataQualityBaseline: boolean;
  /** Revision of the source, kept with each model. Default: none. */
  readonly gitRevision?: string | undefined;
}

/** An uploaded source. */
interface Source {
  readonly object: s3.BucketObjectv2;
  readonly uri: pulumi.Output<string>;
}

/** Folder of the pipeline's scripts. */
const scripts = join(__dirname, "..", "pipeline", "scripts");

/** The model package group, and the pipeline that fills it. */
export class ModelPipeline extends pulumi.ComponentResource {
  /** The definition of the pipeline, as canonical JSON. */
  public readonly definition: pulumi.Output<string>;
  public readonly pipelineArn: pulumi.Output<string>;
  public readonly pipelineName: pulumi.Output<string>;
  public readonly modelPackageGroupArn: pulumi.Output<string>;
  public readonly modelPackageGroupName: pulumi.Output<string>;

  /**
   * @throws Error where the definition has structural errors, with all of them
   */
  constructor(name: string, args: ModelPipelineArgs, opts?: pulumi.ComponentResourceOptions) {
    super("restate:index:ModelPipeline", name, {}, opts);
    const { dataset } = args;
    const flowSource: pulumi.Output<FlowSource> = args.bucketName.apply((bucket) => ({
      database: args.databaseName,
      query: datasetQuery(dataset, args.databaseName),
      queryOutput: `s3://${bucket}/${prefixes.queryResults}/`,
    }));
    const flow = flowSource.apply((source) => {
      const { content, outputName } = dataWranglerFlow(dataset, source);
      return { text: content, outputName };
    });
    const script = (file: string): Source => {
      const content = pulumi.output(readFileSync(join(scripts, `${file}.py`), "utf8"));
      return this.upload(`${name}-${file}`, args, `${file}.py`, content);
    };
    const sources = {
      flow: this.upload(`${name}-flow`, args, `${dataset.table}.flow`, flow.text),
      preprocess: script("preprocess"),
      evaluate: script("evaluate"),
      compare: script("compare"),
    };

    this.definition = pulumi
      .output({
        bucket: args.bucketName,
        flowSource,
        flowOutputName: flow.outputName,
        kmsKeyArn: args.kmsKeyArn,
        subnetIds: args.vpc?.subnetIds ?? [],
        securityGroupIds: args.vpc?.securityGroupIds ?? [],
        sources: pulumi.output({
          flow: sources.flow.uri,
          preprocess: sources.preprocess.uri,
          evaluate: sources.evaluate.uri,
          compare: sources.compare.uri,
        }),
        dataWrangler: args.images.dataWrangler,
        scikitLearn: args.images.scikitLearn,
        modelMonitor: args.images.modelMonitor,
        algorithms: pulumi.output(args.images.algorithms),
        processing: args.roleArns.processing,
        training: args.roleArns.training,
        evaluation: args.roleArns.evaluation,
      })
      .apply((known) => {
        const definition = pipelineDefinition({
          region: args.account.region,
          bucket: known.bucket,
          dataset,
          candidates: args.candidates,
          parameters: args.parameters,
          flowSource: known.flowSource,
          flowOutputName: known.flowOutputName,
          workGroup: args.workGroupName,
          sources: known.sources,
          images: {
            dataWrangler: known.dataWrangler,
            scikitLearn: known.scikitLearn,
            modelMonitor: known.modelMonitor,
            algorithms: known.algorithms,
          },
          modelPackageGroupName: args.modelPackageGroupName,
          roles: {
            processing: known.processing,
            training: known.training,
            evaluation: known.evaluation,
          },
          context: {
            kmsKeyArn: known.kmsKeyArn,
            tags: args.tags,
            ...(args.vpc === undefined
              ? {}
              : {
                  vpc: { subnetIds: known.subnetIds, securityGroupIds: known.securityGroupIds },
                }),
          },
          dataHash: args.dataHash,
          dataQualityBaseline: args.dataQualityBaseline,
          gitRevision: args.gitRevision,
        });
        const problems = check(definition);
        if (problems.length > 0) {
          throw new Error(`the pipeline's definition is not valid:\n  ${problems.join("\n  ")}`);
        }
        return canonicalJson(definition);
      });

    const group = new sagemaker.ModelPackageGroup(
      `${name}-model-package-group`,
      {
        modelPackageGroupName: args.modelPackageGroupName,
        modelPackageGroupDescription: `The best models of the pipeline ${args.pipelineName}`,
      },
      keptFromDeletion(this, args.protect ?? true),
    );
    this.shareModels(name, args, group);
    const pipeline = new sagemaker.Pipeline(
      `${name}-pipeline`,
      {
        pipelineName: args.pipelineName,
        pipelineDisplayName: args.pipelineName,
        pipelineDescription: `Tunes and compares candidates on ${dataset.table}, and registers the best`,
        pipelineDefinition: this.definition,
        roleArn: args.roleArns.pipeline,
        parallelismConfiguration: { maxParallelExecutionSteps: args.parallelSteps },
      },
      {
        parent: this,
        dependsOn: [group, ...Object.values(sources).map(({ object }) => object)],
      },
    );

    this.pipelineArn = pipeline.arn;
    this.pipelineName = pipeline.pipelineName;
    this.modelPackageGroupArn = group.arn;
    this.modelPackageGroupName = group.modelPackageGroupName;
    this.registerOutputs({
      definition: this.definition,
      pipelineArn: this.pipelineArn,
      pipelineName: this.pipelineName,
      modelPackageGroupArn: this.modelPackageGroupArn,
      modelPackageGroupName: this.modelPackageGroupName,
    });
  }

  /** Lets other accounts read the group's models, and make models of them. */
  private shareModels(
    name: string,
    args: ModelPipelineArgs,
    group: sagemaker.ModelPackageGroup,
  ): void {
    const { account, modelConsumers = [], modelPackageGroupName } = args;
    if (modelConsumers.length === 0) {
      return;
    }
    const arn = (resource: string): pulumi.Output<string> =>
      pulumi.interpolate`arn:${account.partition}:sagemaker:${account.region}:${account.accountId}:${resource}`;
    const principal = { AWS: accountPrincipals(account, modelConsumers) };
    new sagemaker.ModelPackageGroupPolicy(
      `${name}-model-package-group-policy`,
      {
        modelPackageGroupName: group.modelPackageGroupName,
        resourcePolicy: pulumi.jsonStringify({
          Version: "2012-10-17",
          Statement: [
            {
              // Source: SageMaker's guide, "Deploy a model version from a different account".
              Sid: "DeployModels",
              Effect: "Allow",
              Principal: principal,
              Action: [
                "sagemaker:CreateModel",
                "sagemaker:DescribeModelPackage",
                "sagemaker:DescribeModelPackageGroup",
                "sagemaker:ListModelPackages",
              ],
              Resource: [
                arn(`model-package-group/${modelPackageGroupName}`),
                arn(`model-package/${modelPackageGroupName}/*`),
              ],
            },
          ],
        }),
      },
      { parent: this },
    );
  }

  /**
   * Uploads a source under a key that carries its hash, since SageMaker's cache goes by the key. Old sources stay:
   * running executions, retries and registered models name them, and the provider deletes an object with all its
   * versions (resource aws_s3_object of hashicorp/terraform-provider-aws: deleteAllObjectVersions).
   */
  private upload(
    name: string,
    args: ModelPipelineArgs,
    file: string,
    content: pulumi.Output<string>,
  ): Source {
    const key = content.apply((text) => `${prefixes.sources}/${contentHash(text)}/${file}`);
    const object = new s3.BucketObjectv2(
      name,
      { bucket: args.bucketName, key, content, contentType: "text/plain" },
      { parent: this, retainOnDelete: true },
    );
    return { object, uri: pulumi.interpolate`s3://${args.bucketName}/${key}` };
  }
}
