import type * as pulumi from "@pulumi/pulumi";

import { eventRule } from "../../components/eventRule";

export interface PipelineStartArgs {
  readonly endpointName: string;
  readonly alarmName: string;
  readonly pipelineArn: string;
  /** Role that may start it. */
  readonly schedulerRoleArn: string;
}

/** Starts the main stack's pipeline on an alarm of drift. */
export function startPipeline(
  name: string,
  args: PipelineStartArgs,
  options: pulumi.CustomResourceOptions,
): void {
  eventRule(
    `${name}-start`,
    {
      name: `${args.endpointName}-start`,
      description: `The requests of ${args.endpointName} have drifted`,
      pattern: {
        source: ["aws.cloudwatch"],
        "detail-type": ["CloudWatch Alarm State Change"],
        detail: { alarmName: [args.alarmName], state: { value: ["ALARM"] } },
      },
      target: {
        arn: args.pipelineArn,
        roleArn: args.schedulerRoleArn,
        sagemakerPipelineTarget: {},
      },
    },
    options,
  );
}
