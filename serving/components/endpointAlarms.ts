import * as cloudwatch from "@pulumi/aws/cloudwatch";
import * as pulumi from "@pulumi/pulumi";

import type { AlarmThresholds } from "../settings";

export interface EndpointAlarmsArgs {
  /** Name of the endpoint, which the alarms' names begin with. */
  readonly endpointName: string;
  readonly variantName: string;
  readonly thresholds: AlarmThresholds;
  /** Topic that the alarms notify. */
  readonly topicArn: string;
}

/** The alarms for an endpoint's failed and slow responses. */
export class EndpointAlarms extends pulumi.ComponentResource {
  /** Names of the alarms, known before they exist. */
  public readonly alarmNames: readonly string[];

  constructor(name: string, args: EndpointAlarmsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("restate:serving:EndpointAlarms", name, {}, opts);
    const { endpointName, topicArn, variantName } = args;
    const { latencyMilliseconds, serverErrors } = args.thresholds;
    const alarm = (what: string, metric: Partial<cloudwatch.MetricAlarmArgs>): string => {
      const alarmName = `${endpointName}-${what}`;
      new cloudwatch.MetricAlarm(
        `${name}-${what}`,
        {
          name: alarmName,
          namespace: "AWS/SageMaker",
          dimensions: { EndpointName: endpointName, VariantName: variantName },
          period: 60,
          evaluationPeriods: 1,
          comparisonOperator: "GreaterThanOrEqualToThreshold",
          // There is no metric without requests.
          treatMissingData: "notBreaching",
          alarmActions: [topicArn],
          ...metric,
        },
        { parent: this },
      );
      return alarmName;
    };
    this.alarmNames = [
      alarm("server-errors", {
        alarmDescription: `${serverErrors} 5xx responses in a minute from ${endpointName}`,
        metricName: "Invocation5XXErrors",
        statistic: "Sum",
        threshold: serverErrors,
      }),
      alarm("latency", {
        alarmDescription: `The model of ${endpointName} takes ${latencyMilliseconds} ms on average`,
        metricName: "ModelLatency",
        statistic: "Average",
        threshold: latencyMilliseconds * 1000, // the metric is in microseconds
      }),
    ];
    this.registerOutputs({ alarmNames: this.alarmNames });
  }
}
