import {
  type Actor,
  arn,
  type Call,
  callsBy,
  certain,
  type Evidence,
  type Job,
  likely,
  type Named,
  type Stack,
} from "./call";

const executionRoles = certain('SageMaker guide, "How to use SageMaker AI execution roles"');

const pullsImage = certain(
  'SageMaker guide, "How to use SageMaker AI execution roles"; aws/sagemaker-python-sdk#2002 (an endpoint\'s ' +
    'role "does not have BatchGetImage permission for the image")',
);

const looksAtKey = likely(
  "aws/modern-data-architecture-accelerator, sagemaker-pipeline-l3-construct.ts (a comment: SageMaker calls " +
    "it before it creates jobs); the guide to execution roles does not list it for jobs",
);

const encryptsOutputs = likely(
  'SageMaker guide, "How to use SageMaker AI execution roles" (for a key in the output configuration); the API ' +
    "reference, OutputDataConfig, requires it if the key is given by id or alias; here it is given by ARN",
);

const unscopedInProcessing = certain(
  'SageMaker guide, "How to use SageMaker AI execution roles", CreateProcessingJob ("Don\'t scope in the policy ' +
    'with any conditions or resource filters": the creation of the job checks it)',
);

const metrics = certain(
  'SageMaker guide, "How to use SageMaker AI execution roles"; "Amazon SageMaker AI metrics in Amazon ' +
    'CloudWatch" (the namespaces)',
);

/** The key of a job's volumes: SageMaker grants EC2 its use. */
export function volumes(
  key: string | undefined,
  actor: Actor,
  evidence: Evidence = executionRoles,
): readonly Call[] {
  if (key === undefined) {
    return [];
  }
  const call = callsBy(actor);
  return [
    call(["kms:CreateGrant"], [key], evidence, {
      context: { "kms:GrantIsForAWSResource": "true" },
    }),
    call(["kms:DescribeKey"], [key], looksAtKey),
  ];
}

/** Describing the network: EC2 supports no narrower resource. */
const describeVpc = [
  "ec2:DescribeDhcpOptions",
  "ec2:DescribeNetworkInterfaces",
  "ec2:DescribeSecurityGroups",
  "ec2:DescribeSubnets",
  "ec2:DescribeVpcs",
];

/**
 * The network interfaces that connect instances to the jobs' network. For a processing job, the role needs the
 * permissions on all resources.
 */
function interfaces(
  stack: Stack,
  vpc: Stack["vpc"],
  actor: Actor,
  isProcessing: boolean,
): readonly Call[] {
  if (vpc === undefined) {
    return [];
  }
  const call = callsBy(actor);
  const permissions = [
    "ec2:CreateNetworkInterfacePermission",
    "ec2:DeleteNetworkInterface",
    "ec2:DeleteNetworkInterfacePermission",
  ];
  if (isProcessing) {
    const actions = ["ec2:CreateNetworkInterface", ...permissions, ...describeVpc];
    return [call(actions, ["*"], unscopedInProcessing)];
  }
  const networkInterface = arn(stack, "ec2", "network-interface/eni-0123456789abcdef0");
  const subnets = vpc.subnetIds.map((id) => arn(stack, "ec2", `subnet/${id}`));
  const groups = vpc.securityGroupIds.map((id) => arn(stack, "ec2", `security-group/${id}`));
  return [
    call(["ec2:CreateNetworkInterface"], [networkInterface, ...subnets, ...groups], executionRoles),
    ...subnets.map((subnet) =>
      call(permissions, [networkInterface], executionRoles, {
        context: { "ec2:AuthorizedService": "sagemaker.amazonaws.com", "ec2:Subnet": subnet },
      }),
    ),
    call(describeVpc, ["*"], executionRoles),
  ];
}

/** Writing to a log group, which the account's first job creates. */
export function logs(stack: Stack, actor: Actor, group: string, evidence: Evidence): Call {
  return callsBy(actor)(
    ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
    [arn(stack, "logs", `log-group:${group}:log-stream:stream`)],
    evidence,
  );
}

/** The resources of the jobs of the stack's own pipeline. */
function namedOf({ kmsKeyArn, repositories, vpc }: Stack): Named {
  return { repositories, vpc, volumeKey: kmsKeyArn, outputKey: kmsKeyArn, reads: [], writes: [] };
}

/**
 * What SageMaker does for every job: pulls the image, attaches volumes and network interfaces, and writes logs
 * and metrics.
 *
 * @param group log group, below /aws/sagemaker/
 */
export function everyJob(
  stack: Stack,
  actor: Actor,
  group: string,
  { named = namedOf(stack) }: Job,
): readonly Call[] {
  const { outputKey, repositories, volumeKey, vpc } = named;
  const [kind = group] = group.split("/");
  const encrypts = ["ProcessingJobs", "TrainingJobs"].includes(kind) && outputKey !== undefined;
  const call = callsBy(actor);
  return [
    call(["ecr:GetAuthorizationToken"], ["*"], executionRoles),
    call(
      ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
      repositories,
      pullsImage,
    ),
    ...volumes(volumeKey, actor),
    ...(encrypts ? [call(["kms:Encrypt"], [outputKey], encryptsOutputs)] : []),
    ...interfaces(stack, vpc, actor, kind === "ProcessingJobs"),
    logs(stack, actor, `/aws/sagemaker/${group}`, executionRoles),
    call(
      ["logs:DescribeLogStreams"],
      [arn(stack, "logs", `log-group:/aws/sagemaker/${group}`)],
      executionRoles,
    ),
    call(["cloudwatch:PutMetricData"], ["*"], metrics, {
      context: { "cloudwatch:namespace": `/aws/sagemaker/${kind}` },
    }),
  ];
}
