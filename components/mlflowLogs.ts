import * as sagemaker from "@pulumi/aws/sagemaker";
import * as pulumi from "@pulumi/pulumi";

import { checkedJson } from "../pipeline/language/check";
import { loggingDefinition, loggingScript } from "../pipeline/mlflowLogging";
import { eventRule } from "./eventRule";
import type { JobVpc } from "./jobVpc";
import type { StackNames } from "./stackNames";
import { uploadScript } from "./uploadSource";

export interface MlflowLogsArgs {
  readonly names: Pick<
    StackNames,
    "bucketName" | "loggingName" | "modelPackageGroupName" | "pipelineName"
  >;
  /** ARN of the pipeline whose executions are logged. */
  readonly pipelineArn: pulumi.Input<string>;
  /** ARN of the MLflow app. */
  readonly appArn: pulumi.Input<string>;
  readonly job: {
    /** URI of the XGBoost image. */
    readonly imageUri: pulumi.Input<string>;
    /** ARNs of the role of the job and its pipeline, and of what starts it. */
    readonly roleArns: Readonly<Record<"logging" | "scheduler", pulumi.Output<string>>>;
    readonly kmsKeyArn: pulumi.Output<string>;
    /** Its network; undefined: SageMaker's own, from which there is a way to the app. */
    readonly vpc: JobVpc | undefined;
    readonly tags: Readonly<Record<string, string>>;
  };
}

/** Logs executions that have ended, and approvals of their models, to an MLflow app, by a pipeline with one job. */
export class MlflowLogs extends pulumi.ComponentResource {
  constructor(name: string, args: MlflowLogsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("restate:index:MlflowLogs", name, {}, opts);
    const { job, names } = args;
    const source = uploadScript(this, loggingScript, { name, bucket: names.bucketName });
    const definition = pulumi
      .output({
        bucket: names.bucketName,
        app: args.appArn,
        imageUri: job.imageUri,
        roleArn: job.roleArns.logging,
        source: source.uri,
        context: { kmsKeyArn: job.kmsKeyArn, tags: job.tags, vpc: job.vpc },
      })
      .apply((known) =>
        checkedJson(
          loggingDefinition({
            ...known,
            pipelineName: names.pipelineName,
            modelPackageGroupName: names.modelPackageGroupName,
          }),
        ),
      );
    const pipeline = new sagemaker.Pipeline(
      `${name}-pipeline`,
      {
        pipelineName: names.loggingName,
        pipelineDisplayName: names.loggingName,
        pipelineDescription: `Logs the executions of ${names.pipelineName} to MLflow`,
        pipelineDefinition: definition,
        roleArn: job.roleArns.logging,
      },
      { parent: this, dependsOn: [...source.objects] },
    );
    // The rules that SageMaker's SDK makes to start one pipeline after another have this form: aws/sagemaker-python-sdk,
    // feature_store/feature_processor/_event_bridge_rule_helper.py.
    const startAfter = (what: string, type: string, detail: object): void => {
      eventRule(
        `${name}${what}`,
        {
          name: `${names.loggingName}${what}`,
          description: `Logs ${names.pipelineName} to MLflow`,
          pattern: { source: ["aws.sagemaker"], "detail-type": [type], detail },
          target: {
            arn: pipeline.arn,
            roleArn: job.roleArns.scheduler,
            sagemakerPipelineTarget: {},
          },
        },
        { parent: this },
      );
    };
    startAfter("", "SageMaker Model Building Pipeline Execution Status Change", {
      pipelineArn: [args.pipelineArn],
      currentPipelineExecutionStatus: ["Succeeded", "Failed", "Stopped"],
    });
    startAfter("-approval", "SageMaker Model Package State Change", {
      ModelPackageGroupName: [names.modelPackageGroupName],
      ModelApprovalStatus: ["Approved", "Rejected"],
    });
    this.registerOutputs({});
  }
}
