import { arn, type Calls, callsBy, certain } from "./call";

const publishes = certain('VPC guide, "IAM role for publishing flow logs to CloudWatch Logs"');

/** The network's flow logs. */
export const flowLogs: Calls = (stack) => {
  const { flowLogGroup } = stack;
  const call = callsBy("flowLogs");
  const streams = ["CreateLogGroup", "CreateLogStream", "DescribeLogStreams", "PutLogEvents"];
  return flowLogGroup === undefined
    ? []
    : [
        call(
          streams.map((action) => `logs:${action}`),
          [arn(stack, "logs", `log-group:${flowLogGroup}:log-stream:eni-0-all`)],
          publishes,
        ),
        call(["logs:DescribeLogGroups"], ["*"], publishes),
      ];
};
