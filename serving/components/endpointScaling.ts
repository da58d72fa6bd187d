import * as appautoscaling from "@pulumi/aws/appautoscaling";
import * as pulumi from "@pulumi/pulumi";

import type { Compute } from "../settings";

export interface EndpointScalingArgs {
  readonly endpointName: string;
  readonly variantName: string;
  readonly compute: Extract<Compute, { mode: "real-time" }>;
}

/** Adds and removes an endpoint's instances, so that each gets about the configured number of requests. */
export class EndpointScaling extends pulumi.ComponentResource {
  constructor(
    name: string,
    { compute, endpointName, variantName }: EndpointScalingArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("restate:serving:EndpointScaling", name, {}, opts);
    const target = new appautoscaling.Target(
      `${name}-target`,
      {
        serviceNamespace: "sagemaker",
        scalableDimension: "sagemaker:variant:DesiredInstanceCount",
        resourceId: `endpoint/${endpointName}/variant/${variantName}`,
        minCapacity: compute.minInstances,
        maxCapacity: compute.maxInstances,
      },
      { parent: this },
    );
    new appautoscaling.Policy(
      `${name}-policy`,
      {
        name: `${endpointName}-requests`,
        policyType: "TargetTrackingScaling",
        serviceNamespace: target.serviceNamespace,
        scalableDimension: target.scalableDimension,
        resourceId: target.resourceId,
        targetTrackingScalingPolicyConfiguration: {
          predefinedMetricSpecification: {
            predefinedMetricType: "SageMakerVariantInvocationsPerInstance",
          },
          targetValue: compute.invocationsPerInstance,
        },
      },
      { parent: this },
    );
    this.registerOutputs({});
  }
}
