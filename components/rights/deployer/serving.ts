import { allow, type Statement, type Statements } from "../statements";

/** Endpoints of the stack's models, which the project serving/ deploys. */
export function serving(stack: Statements): readonly Statement[] {
  const { modelPackageGroupName, namePrefix } = stack.args.names;
  const named = (...kinds: readonly string[]) =>
    kinds.map((kind) => stack.arn("sagemaker", `${kind}/${namePrefix}-*`));
  return [
    allow(
      "FindModels",
      ["sagemaker:DescribeModelPackage", "sagemaker:ListModelPackages"],
      [
        stack.arn("sagemaker", `model-package-group/${modelPackageGroupName}`),
        stack.arn("sagemaker", `model-package/${modelPackageGroupName}/*`),
      ],
    ),
    allow(
      "Endpoints",
      [
        ...["sagemaker:AddTags", "sagemaker:CreateEndpoint", "sagemaker:CreateEndpointConfig"],
        ...["sagemaker:CreateModel", "sagemaker:DeleteEndpoint", "sagemaker:DeleteEndpointConfig"],
        ...["sagemaker:DeleteModel", "sagemaker:DeleteTags", "sagemaker:DescribeEndpoint"],
        ...["sagemaker:DescribeEndpointConfig", "sagemaker:DescribeModel", "sagemaker:ListTags"],
        ...["sagemaker:UpdateEndpoint", "sagemaker:UpdateEndpointWeightsAndCapacities"],
      ],
      named("endpoint", "endpoint-config", "model"),
    ),
    allow(
      "Monitoring",
      [
        ...["sagemaker:AddTags", "sagemaker:CreateDataQualityJobDefinition"],
        ...["sagemaker:CreateMonitoringSchedule", "sagemaker:DeleteDataQualityJobDefinition"],
        ...["sagemaker:DeleteMonitoringSchedule", "sagemaker:DeleteTags"],
        ...["sagemaker:DescribeDataQualityJobDefinition", "sagemaker:DescribeMonitoringSchedule"],
        ...["sagemaker:ListTags", "sagemaker:UpdateMonitoringSchedule"],
      ],
      named("data-quality-job-definition", "monitoring-schedule"),
    ),
    allow("ReadBaseline", ["s3:GetObject"], stack.objects("executions")),
    allow(
      "Scaling",
      [
        ...["application-autoscaling:DeleteScalingPolicy"],
        ...["application-autoscaling:DeregisterScalableTarget"],
        ...["application-autoscaling:PutScalingPolicy"],
        ...["application-autoscaling:RegisterScalableTarget"],
      ],
      stack.arn("application-autoscaling", "scalable-target/*"),
      { StringEquals: { "application-autoscaling:service-namespace": "sagemaker" } },
    ),
    allow(
      "TagScaling",
      [
        ...["application-autoscaling:ListTagsForResource", "application-autoscaling:TagResource"],
        "application-autoscaling:UntagResource",
      ],
      stack.arn("application-autoscaling", "scalable-target/*"),
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
      ["iam:CreateServiceLinkedRole"],
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
