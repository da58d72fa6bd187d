import { allow, passRoles, type Statement, type Statements } from "../statements";
import { type DeployerScope, endpointNames } from "./scope";

/** Triggers and notifications. */
export function operations(stack: Statements, scope: DeployerScope): readonly Statement[] {
  const { loggingName, namePrefix, operationsName, triggersName } = stack.args.names;
  const endpoints = endpointNames(stack, scope);
  // Full names: a prefix would include stacks whose names begin with this one's.
  const rules = [
    ...[`${operationsName}-awaits-approval`, `${operationsName}-approval`, triggersName],
    ...(stack.logs ? [loggingName, `${loggingName}-approval`] : []),
    ...endpoints.flatMap((name) => [`${name}-start`, `${name}-drift-failed`]),
  ].map((name) => stack.arn("events", `rule/${name}`));
  const topic = stack.arn("sns", operationsName);
  const alarms = [
    `${operationsName}-execution-failed`,
    ...(stack.logs ? [`${operationsName}-logging-failed`] : []),
    ...endpoints.map((name) => `${name}-*`),
  ].map((name) => stack.arn("cloudwatch", `alarm:${name}`));
  const notifying = { "ForAllValues:StringEquals": { "cloudwatch:AlarmActions": [topic] } };
  return [
    allow(
      "Topic",
      [
        "sns:CreateTopic",
        "sns:DeleteTopic",
        "sns:GetTopicAttributes",
        "sns:ListTagsForResource",
        "sns:SetTopicAttributes",
        "sns:Subscribe",
        "sns:TagResource",
        "sns:UntagResource",
      ],
      topic,
    ),
    // SNS checks the permission on the topic. Source: Service Authorization Reference, "Actions, resources, and
    // condition keys for Amazon SNS".
    allow(
      "Subscriptions",
      ["sns:GetSubscriptionAttributes", "sns:Unsubscribe"],
      [topic, stack.arn("sns", `${operationsName}:*`)],
    ),
    allow(
      "Rules",
      [
        "events:DeleteRule",
        "events:DescribeRule",
        "events:ListTagsForResource",
        "events:ListTargetsByRule",
        "events:PutRule",
        "events:RemoveTargets",
        "events:TagResource",
        "events:UntagResource",
      ],
      rules,
    ),
    allow("Targets", "events:PutTargets", rules, {
      "ForAllValues:ArnEquals": {
        "events:TargetArn": [topic, ...[stack.pipelines()].flat()],
      },
      Null: { "events:TargetArn": "false" },
    }),
    passRoles("PassScheduler", stack.roleArns.scheduler, [
      "events.amazonaws.com",
      "scheduler.amazonaws.com",
    ]),
    allow(
      "Schedule",
      [
        "scheduler:CreateSchedule",
        "scheduler:DeleteSchedule",
        "scheduler:GetSchedule",
        "scheduler:UpdateSchedule",
      ],
      [triggersName, ...endpoints.map((name) => `${name}-drift`)].map((name) =>
        stack.arn("scheduler", `schedule/default/${name}`),
      ),
    ),
    allow(
      "Alarms",
      [
        "cloudwatch:DeleteAlarms",
        "cloudwatch:ListTagsForResource",
        "cloudwatch:TagResource",
        "cloudwatch:UntagResource",
      ],
      alarms,
    ),
    // Other actions of an alarm stop instances or run functions. Source: CloudWatch's guide, "Using condition keys to limit
    // alarm actions".
    allow("MakeAlarms", "cloudwatch:PutMetricAlarm", alarms, notifying),
    // The service allows no narrower resource for composite alarms. Source: CloudWatch's guide, "Amazon
    // CloudWatch permissions reference"; aws/aws-cdk#29171.
    allow("SeeAlarms", "cloudwatch:DescribeAlarms", "*"),
    allow("CompositeAlarms", "cloudwatch:PutCompositeAlarm", "*", notifying),
    allow(
      "Dashboard",
      ["cloudwatch:DeleteDashboards", "cloudwatch:GetDashboard", "cloudwatch:PutDashboard"],
      stack.globalArn("cloudwatch", `dashboard/${namePrefix}`),
    ),
    allow(
      "Budget",
      [
        "budgets:ListTagsForResource",
        "budgets:ModifyBudget",
        "budgets:TagResource",
        "budgets:UntagResource",
        "budgets:ViewBudget",
      ],
      stack.globalArn("budgets", `budget/${namePrefix}`),
    ),
  ];
}
