import * as cloudwatch from "@pulumi/aws/cloudwatch";
import * as pulumi from "@pulumi/pulumi";

import type { DriftBaseline } from "../baseline";

export interface DriftAlarmArgs {
  /** Name of the endpoint, which the alarm's name begins with. */
  readonly endpointName: string;
  /** Name of the schedule whose jobs write the metrics. */
  readonly scheduleName: string;
  /** The columns, and how far they may drift from the training data. */
  readonly baseline: DriftBaseline;
  /** Topic that the alarm notifies. */
  readonly topicArn: string;
}

/** Maximum number of metrics in an alarm. */
const maxMetrics = 10;

/**
 * The alarm for drift of any column. Model Monitor has a metric for each column; if there are more than fit into
 * one alarm, a composite alarm covers several.
 */
export class DriftAlarm extends pulumi.ComponentResource {
  /** Name of the alarm that notifies. */
  public readonly alarmName: string;

  constructor(name: string, args: DriftAlarmArgs, opts?: pulumi.ComponentResourceOptions) {
    super("restate:serving:DriftAlarm", name, {}, opts);
    const { baseline, endpointName, topicArn } = args;
    this.alarmName = `${endpointName}-drift`;
    const act = {
      alarmDescription: `The requests of ${endpointName} are unlike the data that its model was trained on`,
      alarmActions: [topicArn],
    };
    const groups = Array.from(
      { length: Math.ceil(baseline.features.length / maxMetrics) },
      (_, group) => baseline.features.slice(group * maxMetrics, (group + 1) * maxMetrics),
    );
    if (groups.length === 1) {
      this.columnsAlarm(name, args, baseline.features, "", act);
    } else {
      const parts = groups.map((features, group) =>
        this.columnsAlarm(name, args, features, `-${group + 1}`, {}),
      );
      new cloudwatch.CompositeAlarm(
        `${name}-any`,
        {
          alarmName: this.alarmName,
          alarmRule: pulumi
            .all(parts.map((part) => part.name))
            .apply((names) => names.map((part) => `ALARM("${part}")`).join(" OR ")),
          ...act,
        },
        { parent: this },
      );
    }
    this.registerOutputs({ alarmName: this.alarmName });
  }

  /**
   * The alarm for some of the columns. Source of the metrics' namespace and dimensions:
   * aws-samples/amazon-sagemaker-safe-deployment-pipeline, assets/deploy-model-prd.yml.
   */
  private columnsAlarm(
    name: string,
    { baseline, endpointName, scheduleName }: DriftAlarmArgs,
    features: readonly string[],
    part: string,
    act: Partial<cloudwatch.MetricAlarmArgs>,
  ): cloudwatch.MetricAlarm {
    return new cloudwatch.MetricAlarm(
      `${name}-columns${part}`,
      {
        name: `${this.alarmName}${part}`,
        metricQueries: [
          {
            id: "drift",
            label: "largest distance of a column",
            expression: `MAX([${features.map((_, index) => `m${index}`).join(", ")}])`,
            returnData: true,
          },
          ...features.map((feature, index) => ({
            id: `m${index}`,
            metric: {
              namespace: "aws/sagemaker/Endpoints/data-metrics",
              metricName: `feature_baseline_drift_${feature}`,
              dimensions: { Endpoint: endpointName, MonitoringSchedule: scheduleName },
              period: 3600,
              stat: "Maximum",
            },
          })),
        ],
        threshold: baseline.threshold,
        comparisonOperator: "GreaterThanThreshold",
        evaluationPeriods: 1,
        treatMissingData: "notBreaching",
        ...act,
      },
      { parent: this },
    );
  }
}
