import { deepEqual } from "node:assert/strict";

import { EndpointAlarms } from "../../../serving/components/endpointAlarms";
import { construct } from "../../support/construct";

describe("EndpointAlarms", () => {
  it("notify about 5xx errors and slow responses", async () => {
    const { component, registered } = await construct(
      (options) =>
        new EndpointAlarms(
          "alarms",
          {
            endpointName: "houses",
            variantName: "model",
            thresholds: { serverErrors: 3, latencyMilliseconds: 250 },
            topicArn: "the-topic",
          },
          options,
        ),
    );
    deepEqual(component.alarmNames, ["houses-server-errors", "houses-latency"]);
    deepEqual(registered, {
      "cloudwatch/metricAlarm alarms-latency": {
        alarmActions: ["the-topic"],
        alarmDescription: "The model of houses takes 250 ms on average",
        comparisonOperator: "GreaterThanOrEqualToThreshold",
        dimensions: { EndpointName: "houses", VariantName: "model" },
        evaluationPeriods: 1,
        metricName: "ModelLatency",
        name: "houses-latency",
        namespace: "AWS/SageMaker",
        period: 60,
        statistic: "Average",
        threshold: 250000,
        treatMissingData: "notBreaching",
      },
      "cloudwatch/metricAlarm alarms-server-errors": {
        alarmActions: ["the-topic"],
        alarmDescription: "3 5xx responses in a minute from houses",
        comparisonOperator: "GreaterThanOrEqualToThreshold",
        dimensions: { EndpointName: "houses", VariantName: "model" },
        evaluationPeriods: 1,
        metricName: "Invocation5XXErrors",
        name: "houses-server-errors",
        namespace: "AWS/SageMaker",
        period: 60,
        statistic: "Sum",
        threshold: 3,
        treatMissingData: "notBreaching",
      },
    });
  });
});
