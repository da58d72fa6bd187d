import * as sagemaker from "@pulumi/aws/sagemaker";
import * as pulumi from "@pulumi/pulumi";

import type { TrainingImage } from "../pipeline/algorithms";
import type { ChampionRule } from "../pipeline/championRule";
import { checkedJson } from "../pipeline/language/check";
import { flowSource } from "../pipeline/query";
import { pipelineDefinition } from "../pipeline/definition";
import type { ConfiguredArgs } from "../pipeline/definitionArgs";
import { dataWranglerFlow } from "../pipeline/flow";
import { canonicalJson } from "../pipeline/language/canonicalJson";
import { rowSchema, rowSchemaFile } from "../pipeline/rowSchema";
import { prefixes } from "../pipeline/storage";
import type { Tracking } from "../pipeline/tracking";
import { type Account, accountPrincipals } from "./account";
import { decisionTreeModules } from "./decisionTreeModules";
import type { JobVpc } from "./jobVpc";
import { policyDocument } from "./policyDocument";
import { keptFromDeletion, type Protection } from "./protection";
import type { StackNames } from "./stackNames";
import { type Source, uploadScript, uploadSource } from "./uploadSource";

export interface ModelPipelineArgs {
  readonly account: Account;
  readonly names: Pick<
    StackNames,
    "bucketName" | "databaseName" | "modelPackageGroupName" | "pipelineName" | "workGroupName"
  >;
  /** Candidates, dataset, and what is registered with models. */
  readonly training: ConfiguredArgs & {
    /** Comparison with the approved model before registration; undefined: none. */
    readonly champion: ChampionRule | undefined;
    /** Hash of the table's data; undefined: unknown, so SageMaker's cache is not used. */
    readonly dataHash: string | undefined;
    /** Whether each model is registered with a reference of its data for drift detection. */
    readonly driftReference: boolean;
  };
  /** Images, roles and network of the jobs. */
  readonly jobs: {
    /** URIs of the images. */
    readonly images: {
      readonly dataWrangler: pulumi.Output<string>;
      readonly scikitLearn: pulumi.Output<string>;
      readonly modelMonitor: pulumi.Output<string>;
      readonly algorithms: Readonly<Record<TrainingImage, pulumi.Output<string>>>;
    };
    /** ARNs of the roles that the pipeline and its jobs assume. */
    readonly roleArns: Readonly<
      Record<"evaluation" | "pipeline" | "processing" | "training", pulumi.Output<string>>
    >;
    /** Encrypts volumes and all that jobs write. */
    readonly kmsKeyArn: pulumi.Output<string>;
    /** Network of the jobs; undefined: SageMaker's own. */
    readonly vpc: JobVpc | undefined;
    /** Tags of the jobs. */
    readonly tags: Readonly<Record<string, string>>;
  };
  /** Where executions are tracked. */
  readonly tracking: Tracking;
  /** ARN of the MLflow app that they are tracked in; undefined: there is none. */
  readonly mlflowAppArn: pulumi.Output<string> | undefined;
  /** Maximum number of steps that an execution runs at once, 1 to 50. */
  readonly parallelSteps: number;
  /** Of the model package group. */
  readonly protection: Pick<Protection, "protect">;
  /** Other accounts that may read and deploy the models. */
  readonly modelConsumers: readonly string[];
}

/** The pipeline, and the model package group for its models. */
export class ModelPipeline extends pulumi.ComponentResource {
  /** The definition of the pipeline, as canonical JSON. */
  public readonly definition: pulumi.Output<string>;
  public readonly pipelineArn: pulumi.Output<string>;
  public readonly pipelineName: pulumi.Output<string>;
  public readonly modelPackageGroupArn: pulumi.Output<string>;
  public readonly modelPackageGroupName: pulumi.Output<string>;

  /**
   * @throws Error with all structural errors of the definition
   */
  constructor(name: string, args: ModelPipelineArgs, opts?: pulumi.ComponentResourceOptions) {
    super("restate:index:ModelPipeline", name, {}, opts);
    const { account, jobs, mlflowAppArn, names, tracking, training } = args;
    const { champion, dataset } = training;
    const source = names.bucketName.apply((bucket) =>
      flowSource(dataset, names.databaseName, `s3://${bucket}/${prefixes.queryResults}/`),
    );
    const flow = source.apply((one) => dataWranglerFlow(dataset, one));
    const bucket = names.bucketName;
    const uploaded: pulumi.Resource[] = [];
    const uriOf = ({ objects, uri }: Source): pulumi.Output<string> => {
      uploaded.push(...objects);
      return uri;
    };
    const file = (what: string, fileName: string, content: pulumi.Output<string>) =>
      uriOf(uploadSource(this, `${name}-${what}`, bucket, fileName, content));
    const script = (scriptName: string, imports: string) =>
      uriOf(uploadScript(this, scriptName, { name, imports: `${name}${imports}`, bucket }));
    const sources = {
      flow: file("flow", `${dataset.table}.flow`, flow.content),
      preprocess: script("preprocess", ""),
      evaluate: script("evaluate", "-evaluate"),
      compare: script("compare", "-compare"),
      crossValidate: dataset.crossValidation && script("cross_validate", "-cross-validate"),
      rowSchema:
        dataset.servedRows === "raw"
          ? file("row-schema", rowSchemaFile, pulumi.output(canonicalJson(rowSchema(dataset))))
          : undefined,
      driftReference: training.driftReference
        ? uriOf(uploadScript(this, "drift_reference", { name: `${name}-reference`, bucket }))
        : undefined,
    };
    const challengeSource =
      champion &&
      uriOf(
        uploadScript(this, "challenge", {
          name: `${name}-champion`,
          bucket,
          others: [["decision_tree.json", decisionTreeModules()]],
        }),
      );

    this.definition = pulumi
      .output({
        bucket,
        flowSource: source,
        flowOutputName: flow.outputName,
        sources,
        challengeSource: challengeSource ?? "",
        images: jobs.images,
        roles: jobs.roleArns,
        context: { kmsKeyArn: jobs.kmsKeyArn, tags: jobs.tags, vpc: jobs.vpc },
        mlflow: mlflowAppArn && {
          MlflowResourceArn: mlflowAppArn,
          MlflowExperimentName: names.pipelineName,
        },
      })
      .apply(({ challengeSource, ...known }) =>
        checkedJson(
          pipelineDefinition({
            ...training,
            ...known,
            champion: champion && { ...champion, source: challengeSource },
            region: account.region,
            tracking,
            workGroup: names.workGroupName,
            modelPackageGroupName: names.modelPackageGroupName,
          }),
        ),
      );

    const group = new sagemaker.ModelPackageGroup(
      `${name}-model-package-group`,
      {
        modelPackageGroupName: names.modelPackageGroupName,
        modelPackageGroupDescription: `The best models of the pipeline ${names.pipelineName}`,
      },
      keptFromDeletion(this, args.protection),
    );
    this.shareModels(name, args, group);
    const pipeline = new sagemaker.Pipeline(
      `${name}-pipeline`,
      {
        pipelineName: names.pipelineName,
        pipelineDisplayName: names.pipelineName,
        pipelineDescription: `Tunes and compares candidates on ${dataset.table}, and registers the best`,
        pipelineDefinition: this.definition,
        roleArn: jobs.roleArns.pipeline,
        parallelismConfiguration: { maxParallelExecutionSteps: args.parallelSteps },
      },
      { parent: this, dependsOn: [group, ...uploaded] },
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

  /** Lets other accounts read and deploy the group's models. */
  private shareModels(
    name: string,
    args: ModelPipelineArgs,
    group: sagemaker.ModelPackageGroup,
  ): void {
    const { account, modelConsumers } = args;
    const { modelPackageGroupName } = args.names;
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
        resourcePolicy: policyDocument([
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
        ]),
      },
      { parent: this },
    );
  }
}
