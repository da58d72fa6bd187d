import type { VpcEndpointArgs } from "@pulumi/aws/ec2";

import type { Prices } from "../pipeline/cost/prices";
import { hoursInMonth } from "../pipeline/cost/prices";
import { inputsOf, type Resource } from "./resources";

/** A stack's resources that cost by the hour, even while nothing runs. */
export interface StandingResources {
  /** Interface endpoints, counted once per zone. */
  readonly interfaceEndpoints: number;
  readonly keys: number;
  /** Metrics that alarms watch. */
  readonly alarms: number;
  readonly dashboards: number;
}

/** Counts the resources of a stack that cost by the hour. Storage costs by size, so it is not included. */
export function standingResources(resources: readonly Resource[]): StandingResources {
  const count = (type: string): number => resources.filter((one) => one.type === type).length;
  const endpoints = inputsOf<VpcEndpointArgs>(resources, "aws:ec2/vpcEndpoint:VpcEndpoint").filter(
    ({ vpcEndpointType: type }) => type === "Interface",
  );
  return {
    interfaceEndpoints: endpoints.reduce((sum, { subnetIds }) => sum + (subnetIds?.length ?? 1), 0),
    keys: count("aws:kms/key:Key"),
    alarms: count("aws:cloudwatch/metricAlarm:MetricAlarm"),
    dashboards: count("aws:cloudwatch/dashboard:Dashboard"),
  };
}

/** Their cost per hour. */
export function standingCost(resources: StandingResources, prices: Prices): number {
  const { alarmMonth, dashboardMonth, interfaceEndpointHour, keyMonth } = prices;
  const { alarms, dashboards, interfaceEndpoints, keys } = resources;
  return (
    interfaceEndpoints * interfaceEndpointHour +
    (keys * keyMonth + alarms * alarmMonth + dashboards * dashboardMonth) / hoursInMonth
  );
}
