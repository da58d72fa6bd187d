import type { types } from "@pulumi/aws";

import type { Update } from "../settings";
import { timeout } from "../updateDuration";

type DeploymentConfig = types.input.sagemaker.EndpointDeploymentConfig;

const size = (percent: number): { readonly type: string; readonly value: number } => ({
  type: "CAPACITY_PERCENT",
  value: percent,
});

function trafficRouting(
  update: Exclude<Update, { strategy: "rolling" }>,
): types.input.sagemaker.EndpointDeploymentConfigBlueGreenUpdatePolicyTrafficRoutingConfiguration {
  switch (update.strategy) {
    case "all-at-once":
      return { type: "ALL_AT_ONCE", waitIntervalInSeconds: 0 };
    case "canary":
    case "linear":
      return {
        type: update.strategy.toUpperCase(),
        [update.strategy === "canary" ? "canarySize" : "linearStepSize"]: size(update.percent),
        waitIntervalInSeconds: update.waitSeconds,
      };
  }
}

/**
 * How an endpoint of instances switches to another configuration.
 *
 * @param alarms names of the alarms that roll it back
 */
export function deploymentConfig(update: Update, alarms: readonly string[]): DeploymentConfig {
  const limit = { maximumExecutionTimeoutInSeconds: timeout(update) };
  const rollback = {
    autoRollbackConfiguration: { alarms: alarms.map((alarmName) => ({ alarmName })) },
  };
  return update.strategy === "rolling"
    ? {
        rollingUpdatePolicy: {
          maximumBatchSize: size(update.percent),
          waitIntervalInSeconds: update.waitSeconds,
          ...limit,
        },
        ...rollback,
      }
    : {
        blueGreenUpdatePolicy: {
          trafficRoutingConfiguration: trafficRouting(update),
          terminationWaitInSeconds: update.terminationWaitSeconds,
          ...limit,
        },
        ...rollback,
      };
}
