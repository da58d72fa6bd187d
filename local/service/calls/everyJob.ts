import { type Actor, arn, type Call, type Evidence, type Stack } from "./call";

const executionRoles: Evidence = {
  source: 'SageMaker guide, "How to use SageMaker AI execution roles"',
  certainty: "certain",
};

const pullsImage: Evidence = {
  source:
    'aws/sagemaker-python-sdk#2002 (the role "does not have BatchGetImage permission for the image")',
  certainty: "certain",
};

const looksAtKey: Evidence = {
  source:
    "aws/modern-data-architecture-accelerator, role of the pipeline (DescribeKey before jobs are created)",
  certainty: "likely",
};

const jobsInVpc: Evidence = {
  source:
    'SageMaker guide, "Give SageMaker AI training jobs access to resources in your Amazon VPC"',
  certainty: "certain",
};

/** The key of a job's volumes: SageMaker lets EC2 use it by a grant. */
export function volumes({ kmsKeyArn }: Stack, actor: Actor): readonly Call[] {
  return [
    {
      actor,
      actions: ["kms:CreateGrant"],
      resources: [kmsKeyArn],
      context: { "kms:GrantIsForAWSResource": "true" },
      evidence: executionRoles,
    },
    { actor, actions: ["kms:DescribeKey"], resources: [kmsKeyArn], evidence: looksAtKey },
  ];
}

/** The network interfaces by which instances are in the jobs' network. */
function interfaces(stack: Stack, actor: Actor): readonly Call[] {
  const { vpc } = stack;
  if (vpc === undefined) {
    return [];
  }
  const networkInterface = arn(stack, "ec2", "network-interface/eni-0123456789abcdef0");
  return [
    {
      actor,
      actions: ["ec2:CreateNetworkInterface"],
      resources: [
        networkInterface,
        ...vpc.subnetIds.map((id) => arn(stack, "ec2", `subnet/${id}`)),
        ...vpc.securityGroupIds.map((id) => arn(stack, "ec2", `security-group/${id}`)),
      ],
      evidence: jobsInVpc,
    },
    ...vpc.subnetIds.map((id): Call => ({
      actor,
      actions: [
        "ec2:CreateNetworkInterfacePermission",
        "ec2:DeleteNetworkInterface",
        "ec2:DeleteNetworkInterfacePermission",
      ],
      resources: [networkInterface],
      context: {
        "ec2:AuthorizedService": "sagemaker.amazonaws.com",
        "ec2:Subnet": arn(stack, "ec2", `subnet/${id}`),
      },
      evidence: jobsInVpc,
    })),
    {
      actor,
      actions: [
        "ec2:DescribeDhcpOptions",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeSubnets",
        "ec2:DescribeVpcs",
      ],
      resources: ["*"],
      evidence: jobsInVpc,
    },
  ];
}

/** Writing to a log group, which the first job in an account makes. */
export function logs(stack: Stack, actor: Actor, group: string, evidence: Evidence): Call {
  return {
    actor,
    actions: ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
    resources: [arn(stack, "logs", `log-group:${group}:log-stream:stream`)],
    evidence,
  };
}

/**
 * What SageMaker does for every job: pulls the image, attaches volumes and network interfaces, and writes logs
 * and metrics.
 *
 * @param group log group, below /aws/sagemaker/
 */
export function everyJob(stack: Stack, actor: Actor, group: string): readonly Call[] {
  return [
    {
      actor,
      actions: ["ecr:GetAuthorizationToken"],
      resources: ["*"],
      evidence: executionRoles,
    },
    {
      actor,
      actions: [
        "ecr:BatchCheckLayerAvailability",
        "ecr:BatchGetImage",
        "ecr:GetDownloadUrlForLayer",
      ],
      resources: stack.repositories,
      evidence: pullsImage,
    },
    ...volumes(stack, actor),
    ...interfaces(stack, actor),
    logs(stack, actor, `/aws/sagemaker/${group}`, executionRoles),
    {
      actor,
      actions: ["logs:DescribeLogStreams"],
      resources: [arn(stack, "logs", `log-group:/aws/sagemaker/${group}`)],
      evidence: executionRoles,
    },
    {
      actor,
      actions: ["cloudwatch:PutMetricData"],
      resources: ["*"],
      context: { "cloudwatch:namespace": `/aws/sagemaker/${group}` },
      evidence: executionRoles,
    },
  ];
}
