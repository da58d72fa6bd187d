import * as cloudwatch from "@pulumi/aws/cloudwatch";
import * as pulumi from "@pulumi/pulumi";

import type { AlarmThresholds } from "../settings";

/** The arguments of {@link EndpointAlarms}. */
export interface EndpointAlarmsArgs {
  /** Name of the endpoint, which the alarms' names begin with. */
  readonly endpointName: string;
  readonly variantName: string;
  readonly thresholds: AlarmThresholds;
  /** Topic that the alarms tell. */
  readonly topicArn: string;
}

/** What tells that an endpoint's answers fail or take too long. */
export class EndpointAlarms extends pulumi.ComponentResource {
  /** Names of the alarms: known before they are there. */
  public readonly alarmNames: readonly string[];

  constructor(name: string, args: EndpointAlarmsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("restate:serving:EndpointAlarms", name, {}, opts);
    const { endpointName, thresholds } = args;
    const { latencyMilliseconds, serverErrors } = thresholds;
    this.alarmNames = [
      this.alarm(name, args, "server-errors", {
        alarmDescription: `${serverErrors} answers of 5xx in a minute of ${endpointName}`,
        metricName: "Invocation5XXErrors",
        statistic: "Sum",
        threshold: serverErrors,
      }),
      this.alarm(name, args, "latency", {
        alarmDescription: `The model of ${endpointName} takes ${latencyMilliseconds} ms on average`,
        metricName: "ModelLatency",
        statistic: "Average",
        threshold: latencyMilliseconds * 1000, // the metric is in microseconds
      }),
    ];
    this.registerOutputs({ alarmNames: this.alarmNames });
  }

  private alarm(
    name: string,
    { endpointName, topicArn, variantName }: EndpointAlarmsArgs,
    what: string,
    metric: Partial<cloudwatch.MetricAlarmArgs>,
  ): string {
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
        // There is no metric while nobody asks.
        treatMissingData: "notBreaching",
        alarmActions: [topicArn],
        ...metric,
      },
      { parent: this },
    );
    return alarmName;
  }
}
