import { arn, type Call, type Calls, type Evidence, type Job, roleArn, type Stack } from "./call";
import { tagsJobs } from "./pipeline";

const createsJobs: Evidence = {
  source:
    'EventBridge Scheduler guide, "Using universal targets" (the role must have the API\'s own permissions); SageMaker ' +
    'guide, "Amazon SageMaker AI API Permissions: Actions, Permissions, and Resources Reference" (CreateProcessingJob: ' +
    "PassRole; CreateGrant only if the job's role lacks it)",
  certainty: "certain",
};

/** The creation of a drift job by the scheduler itself, in the network and with the key. */
function findsDrift(stack: Stack, { endpoint }: Job): readonly Call[] {
  const job = arn(stack, "sagemaker", `processing-job/${endpoint}-drift-0123456789abcdef`);
  const tag = { "aws:RequestTag/stack": stack.tag };
  return [
    {
      actor: "scheduler",
      actions: ["sagemaker:CreateProcessingJob"],
      resources: [job],
      context: {
        ...tag,
        "sagemaker:InterContainerTrafficEncryption": "true",
        "sagemaker:VolumeKmsKeyArn": stack.kmsKeyArn,
        ...(stack.vpc && {
          "sagemaker:VpcSubnets": stack.vpc.subnetIds,
          "sagemaker:VpcSecurityGroupIds": stack.vpc.securityGroupIds,
        }),
      },
      evidence: createsJobs,
    },
    {
      actor: "scheduler",
      actions: ["sagemaker:AddTags"],
      resources: [job],
      context: { ...tag, "sagemaker:TaggingAction": "CreateProcessingJob" },
      evidence: tagsJobs,
    },
    {
      actor: "scheduler",
      actions: ["iam:PassRole"],
      resources: [roleArn(stack, "monitoring")],
      context: { "iam:PassedToService": "sagemaker.amazonaws.com" },
      evidence: createsJobs,
    },
  ];
}

/** EventBridge's rules and its scheduler, which start the pipeline; the scheduler also starts drift jobs. */
export const scheduler: Calls = (stack, job) => [
  {
    actor: "scheduler",
    actions: ["sagemaker:StartPipelineExecution"],
    resources: [stack.pipeline, ...(stack.logs === undefined ? [] : [stack.logs.pipeline])].map(
      (name) => arn(stack, "sagemaker", `pipeline/${name}`),
    ),
    evidence: {
      source: 'SageMaker guide, "Schedule Pipeline Runs" (prerequisites)',
      certainty: "certain",
    },
  },
  ...(stack.findsDrift ? findsDrift(stack, job) : []),
];
