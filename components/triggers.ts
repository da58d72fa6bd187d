import * as s3 from "@pulumi/aws/s3";
import * as scheduler from "@pulumi/aws/scheduler";
import * as pulumi from "@pulumi/pulumi";

import type { ModelApprovalStatus, ParameterName } from "../pipeline/parameters";
import { prefixes } from "../pipeline/storage";
import { eventRule } from "./eventRule";
import type { StackNames } from "./stackNames";

export interface TriggersArgs {
  readonly names: Pick<StackNames, "triggersName">;
  readonly pipelineArn: pulumi.Input<string>;
  /** Role that may start the pipeline. */
  readonly roleArn: pulumi.Input<string>;
  /** Schedule: a `rate`, `cron` or `at` expression, in UTC; undefined: none. */
  readonly schedule: string | undefined;
  /** Default of the pipeline parameter ModelApprovalStatus, which the schedule repeats. */
  readonly modelApprovalStatus: ModelApprovalStatus;
  /** Whether new files of the table in the bucket start the pipeline. */
  readonly newData:
    { readonly bucketName: pulumi.Output<string>; readonly table: string } | undefined;
}

/** Starts the pipeline on a schedule, or for new data. */
export class Triggers extends pulumi.ComponentResource {
  constructor(name: string, args: TriggersArgs, opts?: pulumi.ComponentResourceOptions) {
    super("restate:index:Triggers", name, {}, opts);
    const child: pulumi.CustomResourceOptions = { parent: this };
    if (args.schedule !== undefined) {
      // The provider omits an empty block of parameters, without which EventBridge Scheduler refuses a pipeline's target
      // (hashicorp/terraform-provider-aws#33526).
      const parameter: ParameterName = "ModelApprovalStatus";
      const repeated = { name: parameter, value: args.modelApprovalStatus };
      new scheduler.Schedule(
        `${name}-schedule`,
        {
          name: args.names.triggersName,
          description: "Starts the pipeline",
          scheduleExpression: args.schedule,
          flexibleTimeWindow: { mode: "OFF" },
          target: {
            arn: args.pipelineArn,
            roleArn: args.roleArn,
            sagemakerPipelineParameters: { pipelineParameters: [repeated] },
            // A start may be an hour late, but not a day.
            retryPolicy: { maximumEventAgeInSeconds: 3600, maximumRetryAttempts: 10 },
          },
        },
        child,
      );
    }
    if (args.newData !== undefined) {
      const { bucketName, table } = args.newData;
      new s3.BucketNotification(
        `${name}-bucket-events`,
        { bucket: bucketName, eventbridge: true },
        child,
      );
      eventRule(
        `${name}-new-data`,
        {
          name: args.names.triggersName,
          description: "A file of the table has arrived",
          pattern: {
            source: ["aws.s3"],
            "detail-type": ["Object Created"],
            detail: {
              bucket: { name: [bucketName] },
              object: { key: [{ prefix: `${prefixes.data}/${table}/` }] },
            },
          },
          target: {
            arn: args.pipelineArn,
            roleArn: args.roleArn,
            sagemakerPipelineTarget: {},
          },
        },
        child,
      );
    }
    this.registerOutputs({});
  }
}
