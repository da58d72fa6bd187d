import { allow, type Statement, type Statements } from "../statements";

/** What starts the pipeline, and what reports on it. */
export function operations(stack: Statements): readonly Statement[] {
  const { namePrefix } = stack.args.names;
  return [
    allow(
      "Topic",
      [
        ...["sns:CreateTopic", "sns:DeleteTopic", "sns:GetTopicAttributes"],
        ...["sns:ListTagsForResource", "sns:SetTopicAttributes", "sns:Subscribe"],
        ...["sns:TagResource", "sns:UntagResource"],
      ],
      stack.arn("sns", namePrefix),
    ),
    // The service allows no narrower resource for subscriptions.
    allow("Subscriptions", ["sns:GetSubscriptionAttributes", "sns:Unsubscribe"], "*"),
    allow(
      "Rules",
      [
        ...["events:DeleteRule", "events:DescribeRule", "events:ListTagsForResource"],
        ...["events:ListTargetsByRule", "events:PutRule", "events:PutTargets"],
        ...["events:RemoveTargets", "events:TagResource", "events:UntagResource"],
      ],
      stack.arn("events", `rule/${namePrefix}-*`),
    ),
    allow(
      "Schedule",
      [
        ...["scheduler:CreateSchedule", "scheduler:DeleteSchedule", "scheduler:GetSchedule"],
        "scheduler:UpdateSchedule",
      ],
      stack.arn("scheduler", `schedule/default/${namePrefix}-*`),
    ),
    allow(
      "Alarms",
      [
        ...["cloudwatch:DeleteAlarms", "cloudwatch:ListTagsForResource"],
        ...["cloudwatch:PutMetricAlarm", "cloudwatch:TagResource", "cloudwatch:UntagResource"],
      ],
      stack.arn("cloudwatch", `alarm:${namePrefix}-*`),
    ),
    // The service allows no narrower resource for alarms made of others. Source: CloudWatch's guide, "Amazon
    // CloudWatch permissions reference"; aws/aws-cdk#29171.
    allow("CompositeAlarms", ["cloudwatch:DescribeAlarms", "cloudwatch:PutCompositeAlarm"], "*"),
    allow(
      "Dashboard",
      ["cloudwatch:DeleteDashboards", "cloudwatch:GetDashboard", "cloudwatch:PutDashboard"],
      stack.globalArn("cloudwatch", `dashboard/${namePrefix}`),
    ),
    allow(
      "Budget",
      [
        ...["budgets:ListTagsForResource", "budgets:ModifyBudget", "budgets:TagResource"],
        ...["budgets:UntagResource", "budgets:ViewBudget"],
      ],
      stack.globalArn("budgets", `budget/${namePrefix}`),
    ),
  ];
}
