import { deepEqual, equal } from "node:assert/strict";

import { DriftAlarm } from "../../../serving/components/driftAlarm";
import { construct } from "../../support/construct";

const make = (count: number) =>
  construct(
    (options) =>
      new DriftAlarm(
        "drift",
        {
          endpointName: "houses",
          scheduleName: "the-schedule",
          baseline: {
            statistics: "s3://b/statistics.json",
            constraints: "s3://b/constraints.json",
            features: Array.from({ length: count }, (_, index) => `c${index}`),
            threshold: 0.1,
          },
          topicArn: "the-topic",
        },
        options,
      ),
  );

describe("DriftAlarm", () => {
  it("is one alarm for up to ten columns", async () => {
    const { component, registered } = await make(2);
    equal(component.alarmName, "houses-drift");
    deepEqual(registered, {
      "cloudwatch/metricAlarm drift-columns": {
        alarmActions: ["the-topic"],
        alarmDescription:
          "The requests of houses are unlike the data that its model was trained on",
        comparisonOperator: "GreaterThanThreshold",
        evaluationPeriods: 1,
        metricQueries: [
          {
            expression: "MAX([m0, m1])",
            id: "drift",
            label: "largest distance of a column",
            returnData: true,
          },
          {
            id: "m0",
            metric: {
              dimensions: { Endpoint: "houses", MonitoringSchedule: "the-schedule" },
              metricName: "feature_baseline_drift_c0",
              namespace: "aws/sagemaker/Endpoints/data-metrics",
              period: 3600,
              stat: "Maximum",
            },
          },
          {
            id: "m1",
            metric: {
              dimensions: { Endpoint: "houses", MonitoringSchedule: "the-schedule" },
              metricName: "feature_baseline_drift_c1",
              namespace: "aws/sagemaker/Endpoints/data-metrics",
              period: 3600,
              stat: "Maximum",
            },
          },
        ],
        name: "houses-drift",
        threshold: 0.1,
        treatMissingData: "notBreaching",
      },
    });
  });

  it("is a composite alarm for more columns, and only that one acts", async () => {
    const { registered } = await make(11);
    deepEqual(Object.keys(registered), [
      "cloudwatch/compositeAlarm drift-any",
      "cloudwatch/metricAlarm drift-columns-1",
      "cloudwatch/metricAlarm drift-columns-2",
    ]);
    deepEqual(registered["cloudwatch/compositeAlarm drift-any"], {
      alarmActions: ["the-topic"],
      alarmDescription: "The requests of houses are unlike the data that its model was trained on",
      alarmName: "houses-drift",
      alarmRule: 'ALARM("houses-drift-1") OR ALARM("houses-drift-2")',
    });
    equal(registered["cloudwatch/metricAlarm drift-columns-2"]?.["alarmActions"], undefined);
  });
});
