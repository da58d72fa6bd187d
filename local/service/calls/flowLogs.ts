import { arn, type Calls, type Evidence } from "./call";

const publishes: Evidence = {
  source: 'VPC guide, "IAM role for publishing flow logs to CloudWatch Logs"',
  certainty: "certain",
};

/** The network's flow logs. */
export const flowLogs: Calls = (stack) => {
  const { flowLogGroup } = stack;
  return flowLogGroup === undefined
    ? []
    : [
        {
          actor: "flowLogs",
          actions: [
            "logs:CreateLogGroup",
            "logs:CreateLogStream",
            "logs:DescribeLogStreams",
            "logs:PutLogEvents",
          ],
          resources: [arn(stack, "logs", `log-group:${flowLogGroup}:log-stream:eni-0-all`)],
          evidence: publishes,
        },
        {
          actor: "flowLogs",
          actions: ["logs:DescribeLogGroups"],
          resources: ["*"],
          evidence: publishes,
        },
      ];
};
