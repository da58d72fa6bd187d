import { prefixes } from "../../../pipeline/storage";
import { allow, type Statement, type Statements } from "../statements";
import { type DeployerScope, endpointNames } from "./scope";

/** The tag of resources of the project serving/, in all its stacks. */
const servingTag = { project: "restate-serving" };

/** Endpoints of the stack's models, which the project serving/ deploys. */
export function serving(stack: Statements, scope: DeployerScope): readonly Statement[] {
  const endpoints = endpointNames(stack, scope);
  const named = (suffix: string, ...kinds: readonly string[]) =>
    kinds.flatMap((kind) =>
      endpoints.map((name) => stack.arn("sagemaker", `${kind}/${name}${suffix}`)),
    );
  const tag = (of: string) => ({ [`aws:${of}Tag/project`]: servingTag.project });
  return [
    allow(
      "FindModels",
      ["sagemaker:DescribeModelPackage", "sagemaker:ListModelPackages"],
      stack.modelPackages(),
    ),
    allow(
      "Endpoints",
      [
        "sagemaker:AddTags",
        "sagemaker:CreateEndpoint",
        "sagemaker:CreateEndpointConfig",
        "sagemaker:CreateModel",
        "sagemaker:DeleteEndpoint",
        "sagemaker:DeleteEndpointConfig",
        "sagemaker:DeleteModel",
        "sagemaker:DeleteTags",
        "sagemaker:DescribeEndpoint",
        "sagemaker:DescribeEndpointConfig",
        "sagemaker:DescribeModel",
        "sagemaker:ListTags",
        "sagemaker:UpdateEndpoint",
        "sagemaker:UpdateEndpointWeightsAndCapacities",
      ],
      [...named("", "endpoint"), ...named("-v*", "endpoint-config", "model")],
    ),
    allow(
      "Monitoring",
      [
        "sagemaker:AddTags",
        "sagemaker:CreateDataQualityJobDefinition",
        "sagemaker:CreateMonitoringSchedule",
        "sagemaker:DeleteDataQualityJobDefinition",
        "sagemaker:DeleteMonitoringSchedule",
        "sagemaker:DeleteTags",
        "sagemaker:DescribeDataQualityJobDefinition",
        "sagemaker:DescribeMonitoringSchedule",
        "sagemaker:ListTags",
        "sagemaker:UpdateMonitoringSchedule",
      ],
      [
        ...named("-data-quality", "monitoring-schedule"),
        ...named("-v*", "data-quality-job-definition"),
      ],
    ),
    allow(
      "DriftScripts",
      [
        "s3:DeleteObject",
        "s3:GetObject",
        "s3:GetObjectTagging",
        "s3:PutObject",
        "s3:PutObjectTagging",
      ],
      endpoints.map((name) => stack.bucketArn(`/${prefixes.endpoints}/${name}/code/*`)),
    ),
    allow("ReadBaseline", "s3:GetObject", stack.bucketArn(`/${prefixes.executions}/*/baseline/*`)),
    allow(
      "Scaling",
      [
        "application-autoscaling:DeleteScalingPolicy",
        "application-autoscaling:DeregisterScalableTarget",
        "application-autoscaling:PutScalingPolicy",
        "application-autoscaling:RegisterScalableTarget",
      ],
      stack.arn("application-autoscaling", "scalable-target/*"),
      {
        StringEquals: { "application-autoscaling:service-namespace": "sagemaker" },
        // A new target has no tag yet.
        StringEqualsIfExists: tag("Resource"),
      },
    ),
    allow(
      "TagScaling",
      "application-autoscaling:TagResource",
      stack.arn("application-autoscaling", "scalable-target/*"),
      { StringEquals: tag("Request"), StringEqualsIfExists: tag("Resource") },
    ),
    allow(
      "ScalingTags",
      ["application-autoscaling:ListTagsForResource", "application-autoscaling:UntagResource"],
      stack.arn("application-autoscaling", "scalable-target/*"),
      { StringEquals: tag("Resource") },
    ),
    // The service allows no narrower resource for these.
    allow(
      "SeeScaling",
      [
        "application-autoscaling:DescribeScalableTargets",
        "application-autoscaling:DescribeScalingPolicies",
      ],
      "*",
    ),
    allow(
      "ScalingRole",
      "iam:CreateServiceLinkedRole",
      stack.globalArn(
        "iam",
        "role/aws-service-role/sagemaker.application-autoscaling.amazonaws.com/*",
      ),
      {
        StringEquals: { "iam:AWSServiceName": "sagemaker.application-autoscaling.amazonaws.com" },
      },
    ),
  ];
}
