import * as budgets from "@pulumi/aws/budgets";
import * as cloudwatch from "@pulumi/aws/cloudwatch";
import * as sns from "@pulumi/aws/sns";
import * as pulumi from "@pulumi/pulumi";

import type { Account } from "./account";
import { eventRule } from "./eventRule";
import { policyDocument } from "./policyDocument";
import type { StackNames } from "./stackNames";
import type { Tag } from "./tag";

export interface OperationsArgs {
  readonly account: Account;
  readonly names: Pick<StackNames, "modelPackageGroupName" | "operationsName" | "pipelineName">;
  /** Name of the pipeline that logs executions to MLflow; undefined: there is none. */
  readonly loggingName: string | undefined;
  readonly kmsKeyArn: pulumi.Input<string>;
  /** E-mail addresses to notify, after each has confirmed. */
  readonly notifyEmails: readonly string[];
  /** Whether there is a dashboard of executions. */
  readonly dashboard: boolean;
  /** Monthly budget in US dollars, with notifications at 80 % and 100 %; undefined: no budget. */
  readonly monthlyBudget: number | undefined;
  /** Tag of the budget's resources. */
  readonly ownTag: Tag;
}

/** Namespace of the pipeline's metrics. Source: SageMaker's guide, "Amazon SageMaker AI metrics in Amazon CloudWatch". */
const metricNamespace = "AWS/Sagemaker/ModelBuildingPipeline";

/** Notifications about failed executions, models that await approval, and approvals. */
export class Operations extends pulumi.ComponentResource {
  /** Topic of all notifications. */
  public readonly topicArn: pulumi.Output<string>;

  constructor(name: string, args: OperationsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("restate:index:Operations", name, {}, opts);
    const child: pulumi.CustomResourceOptions = { parent: this };
    const { modelPackageGroupName, operationsName, pipelineName } = args.names;
    const topic = new sns.Topic(
      `${name}-topic`,
      { name: operationsName, kmsMasterKeyId: args.kmsKeyArn },
      child,
    );
    new sns.TopicPolicy(
      `${name}-topic-policy`,
      { arn: topic.arn, policy: this.topicPolicy(args, topic.arn) },
      child,
    );
    args.notifyEmails.forEach((email) => {
      new sns.TopicSubscription(
        `${name}-${email}`,
        { topic: topic.arn, protocol: "email", endpoint: email },
        child,
      );
    });

    /** Notifies about models of the group that get one of some approval statuses. */
    const announce = (what: string, ...statuses: readonly string[]): void => {
      eventRule(
        `${name}-${what}`,
        {
          name: `${operationsName}-${what}`,
          description: `A model of ${modelPackageGroupName} is ${statuses.join(" or ")}`,
          pattern: {
            source: ["aws.sagemaker"],
            "detail-type": ["SageMaker Model Package State Change"],
            detail: {
              ModelPackageGroupName: [modelPackageGroupName],
              ModelApprovalStatus: statuses,
            },
          },
          target: {
            arn: topic.arn,
            inputTransformer: {
              inputPaths: {
                model: "$.detail.ModelPackageArn",
                status: "$.detail.ModelApprovalStatus",
              },
              inputTemplate: '"The model <model> is <status>."',
            },
          },
        },
        child,
      );
    };
    announce("awaits-approval", "PendingManualApproval");
    announce("approval", "Approved", "Rejected");
    /** Notifies about failed executions of a pipeline. */
    const watch = (what: string, watched: string): void => {
      new cloudwatch.MetricAlarm(
        `${name}-${what}`,
        {
          name: `${operationsName}-${what}`,
          alarmDescription: `An execution of the pipeline ${watched} has failed`,
          namespace: metricNamespace,
          metricName: "ExecutionFailed",
          dimensions: { PipelineName: watched },
          statistic: "Sum",
          period: 60,
          evaluationPeriods: 1,
          threshold: 1,
          comparisonOperator: "GreaterThanOrEqualToThreshold",
          // Without executions, there is no metric.
          treatMissingData: "notBreaching",
          alarmActions: [topic.arn],
        },
        child,
      );
    };
    watch("execution-failed", pipelineName);
    if (args.loggingName !== undefined) {
      watch("logging-failed", args.loggingName);
    }
    if (args.dashboard) {
      new cloudwatch.Dashboard(
        `${name}-dashboard`,
        { dashboardName: operationsName, dashboardBody: JSON.stringify(dashboard(args)) },
        child,
      );
    }
    if (args.monthlyBudget !== undefined) {
      new budgets.Budget(
        `${name}-budget`,
        {
          name: operationsName,
          budgetType: "COST",
          timeUnit: "MONTHLY",
          limitAmount: String(args.monthlyBudget),
          limitUnit: "USD",
          costFilters: [
            { name: "TagKeyValue", values: [`user:${args.ownTag.key}$${args.ownTag.value}`] },
          ],
          notifications: [80, 100].map((threshold) => ({
            comparisonOperator: "GREATER_THAN",
            notificationType: "ACTUAL",
            threshold,
            thresholdType: "PERCENTAGE",
            subscriberSnsTopicArns: [topic.arn],
          })),
        },
        child,
      );
    }

    this.topicArn = topic.arn;
    this.registerOutputs({ topicArn: this.topicArn });
  }

  /**
   * Lets only the account's budgets, and rules and alarms that are named after this stack, as serving's are, publish to the
   * topic.
   */
  private topicPolicy(
    { account, names }: OperationsArgs,
    topicArn: pulumi.Output<string>,
  ): pulumi.Output<string> {
    const { accountId, partition, region } = account;
    const { operationsName } = names;
    const from = (sid: string, service: string, source: pulumi.Output<string>): object => ({
      Sid: sid,
      Effect: "Allow",
      Principal: { Service: service },
      Action: "sns:Publish",
      Resource: topicArn,
      Condition: {
        ArnLike: { "aws:SourceArn": source },
        StringEquals: { "aws:SourceAccount": accountId },
      },
    });
    return policyDocument([
      from(
        "Alarms",
        "cloudwatch.amazonaws.com",
        pulumi.interpolate`arn:${partition}:cloudwatch:${region}:${accountId}:alarm:${operationsName}-*`,
      ),
      from(
        "Rules",
        "events.amazonaws.com",
        pulumi.interpolate`arn:${partition}:events:${region}:${accountId}:rule/${operationsName}-*`,
      ),
      from(
        "Budgets",
        "budgets.amazonaws.com",
        pulumi.interpolate`arn:${partition}:budgets::${accountId}:*`,
      ),
      {
        Sid: "DenyInsecureTransport",
        Effect: "Deny",
        Principal: "*",
        Action: "sns:Publish",
        Resource: topicArn,
        Condition: { Bool: { "aws:SecureTransport": "false" } },
      },
    ]);
  }
}

/** A dashboard of executions' numbers and durations. */
function dashboard({ account, names }: OperationsArgs): object {
  const widget = (title: string, stat: string, metrics: readonly string[], x: number): object => ({
    type: "metric",
    x,
    y: 0,
    width: 12,
    height: 6,
    properties: {
      title,
      region: account.region,
      stat,
      period: 3600,
      metrics: metrics.map((metric) => [
        metricNamespace,
        metric,
        "PipelineName",
        names.pipelineName,
      ]),
    },
  });
  return {
    widgets: [
      widget(
        "Executions",
        "Sum",
        ["ExecutionStarted", "ExecutionSucceeded", "ExecutionFailed", "ExecutionStopped"],
        0,
      ),
      widget("Duration of executions", "Maximum", ["ExecutionDuration"], 12),
    ],
  };
}
