import * as cloudwatch from "@pulumi/aws/cloudwatch";
import * as pulumi from "@pulumi/pulumi";

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
  const rule = new cloudwatch.EventRule(
    `${name}-start`,
    {
      name: `${args.endpointName}-start`,
      description: `The requests of ${args.endpointName} have drifted`,
      eventPattern: JSON.stringify({
        source: ["aws.cloudwatch"],
        "detail-type": ["CloudWatch Alarm State Change"],
        detail: { alarmName: [args.alarmName], state: { value: ["ALARM"] } },
      }),
    },
    options,
  );
  new cloudwatch.EventTarget(
    `${name}-start-target`,
    {
      rule: rule.name,
      arn: args.pipelineArn,
      roleArn: args.schedulerRoleArn,
      sagemakerPipelineTarget: {},
    },
    pulumi.mergeOptions(options, { dependsOn: undefined }),
  );
}
