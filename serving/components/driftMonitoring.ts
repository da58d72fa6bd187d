import * as cloudwatch from "@pulumi/aws/cloudwatch";
import * as scheduler from "@pulumi/aws/scheduler";
import * as pulumi from "@pulumi/pulumi";

import { eventRule } from "../../components/eventRule";
import { uploadScript } from "../../components/uploadSource";
import { prefixes } from "../../pipeline/storage";
import { driftJob, type DriftJobArgs, driftJobPrefix, driftScript, rhythms } from "../driftJob";
import { startPipeline } from "./pipelineStart";

export interface DriftMonitoringArgs {
  /** The job; the component uploads its scripts. */
  readonly job: Omit<DriftJobArgs, "codeUri" | "imageUri">;
  readonly imageUri: pulumi.Output<string>;
  /** The endpoint's name, once it serves the reference's model. */
  readonly servingEndpoint: pulumi.Output<string>;
  /** Name of the endpoint's variant. */
  readonly variantName: string;
  /** Topic for notifications of drift and of failed jobs. */
  readonly topicArn: string;
  /** The pipeline to start on drift, and the role that may start it and the jobs. */
  readonly pipelineArn: string;
  readonly schedulerRoleArn: string;
}

/** A schedule of drift jobs, their alarm, and, if configured, a start of the pipeline. */
export class DriftMonitoring extends pulumi.ComponentResource {
  public readonly scheduleName: pulumi.Output<string>;

  constructor(name: string, args: DriftMonitoringArgs, opts?: pulumi.ComponentResourceOptions) {
    super("restate:serving:DriftMonitoring", name, {}, opts);
    const { bucket, endpointName, settings } = args.job;
    // The jobs' role may read it there.
    const prefix = `${prefixes.endpoints}/${endpointName}/code`;
    const code = uploadScript(this, driftScript, { name, bucket, prefix });
    const rhythm = rhythms[settings.schedule];
    const schedule = new scheduler.Schedule(
      `${name}-schedule`,
      {
        name: `${endpointName}-drift`,
        description: `Looks for drift in the requests of ${endpointName}`,
        scheduleExpression: rhythm.cron,
        flexibleTimeWindow: { mode: "OFF" },
        target: {
          // Source: EventBridge Scheduler's guide, "Using universal targets".
          arn: `arn:${args.schedulerRoleArn.split(":")[1] ?? "aws"}:scheduler:::aws-sdk:sagemaker:createProcessingJob`,
          roleArn: args.schedulerRoleArn,
          input: pulumi
            .output({
              endpointName: args.servingEndpoint,
              codeUri: code.uri,
              imageUri: args.imageUri,
            })
            .apply((known) =>
              JSON.stringify(driftJob({ ...args.job, ...known }, args.variantName)),
            ),
          retryPolicy: { maximumEventAgeInSeconds: 1800, maximumRetryAttempts: 3 },
        },
      },
      { parent: this, dependsOn: [...code.objects] },
    );
    const alarm = new cloudwatch.MetricAlarm(
      `${name}-alarm`,
      {
        name: `${endpointName}-drift`,
        alarmDescription: `The requests of ${endpointName} have drifted: see the newest report of the job`,
        // Written by drift.py.
        namespace: "restate/Drift",
        metricName: "Findings",
        dimensions: { Endpoint: endpointName },
        statistic: "Maximum",
        // One run's period, so the alarm stays on, and notifies once, while each run finds drift.
        period: rhythm.hours * 3600,
        evaluationPeriods: 1,
        threshold: 1,
        comparisonOperator: "GreaterThanOrEqualToThreshold",
        treatMissingData: "notBreaching",
        alarmActions: [args.topicArn],
      },
      { parent: this },
    );
    this.announceFailures(name, args);
    if (settings.retrain) {
      const start = { ...args, endpointName, alarmName: `${endpointName}-drift` };
      startPipeline(name, start, { parent: this, dependsOn: [alarm] });
    }
    this.scheduleName = schedule.name;
    this.registerOutputs({ scheduleName: this.scheduleName });
  }

  /** Notifies about failed jobs, because they cannot report drift. */
  private announceFailures(name: string, { job, topicArn }: DriftMonitoringArgs): void {
    eventRule(
      `${name}-failed`,
      {
        name: `${job.endpointName}-drift-failed`,
        description: `A job that looks for drift in the requests of ${job.endpointName} has failed`,
        // Source: SageMaker's guide, "Amazon EventBridge events" ("SageMaker processing job state change").
        pattern: {
          source: ["aws.sagemaker"],
          "detail-type": ["SageMaker Processing Job State Change"],
          detail: {
            ProcessingJobName: [{ prefix: driftJobPrefix(job.endpointName) }],
            ProcessingJobStatus: ["Failed"],
          },
        },
        target: {
          arn: topicArn,
          inputTransformer: {
            inputPaths: { job: "$.detail.ProcessingJobName", reason: "$.detail.ExitMessage" },
            inputTemplate: '"The drift job <job> has failed: <reason>"',
          },
        },
      },
      { parent: this },
    );
  }
}
