import { deepEqual } from "node:assert/strict";

import { EndpointScaling } from "../../../serving/components/endpointScaling";
import { construct } from "../../support/construct";

describe("EndpointScaling", () => {
  it("scales the number of instances between two limits by the requests per instance", async () => {
    const { registered } = await construct(
      (options) =>
        new EndpointScaling(
          "scaling",
          {
            endpointName: "houses",
            variantName: "model",
            compute: {
              mode: "real-time",
              instanceType: "ml.m5.large",
              minInstances: 2,
              maxInstances: 5,
              invocationsPerInstance: 700,
            },
          },
          options,
        ),
    );
    deepEqual(registered, {
      "appautoscaling/policy scaling-policy": {
        name: "houses-requests",
        policyType: "TargetTrackingScaling",
        resourceId: "endpoint/houses/variant/model",
        scalableDimension: "sagemaker:variant:DesiredInstanceCount",
        serviceNamespace: "sagemaker",
        targetTrackingScalingPolicyConfiguration: {
          predefinedMetricSpecification: {
            predefinedMetricType: "SageMakerVariantInvocationsPerInstance",
          },
          targetValue: 700,
        },
      },
      "appautoscaling/target scaling-target": {
        maxCapacity: 5,
        minCapacity: 2,
        resourceId: "endpoint/houses/variant/model",
        scalableDimension: "sagemaker:variant:DesiredInstanceCount",
        serviceNamespace: "sagemaker",
      },
    });
  });
});
