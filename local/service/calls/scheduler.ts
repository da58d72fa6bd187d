import {
  type Call,
  type Calls,
  certain,
  type Job,
  roleArn,
  sageMakerCallsBy,
  type Stack,
} from "./call";
import { networkKeys, passesRoles, tagsJobs } from "./pipeline";

const createsJobs = certain(
  'EventBridge Scheduler guide, "Using universal targets" (the role must have the API\'s own permissions); SageMaker ' +
    'guide, "Amazon SageMaker AI API Permissions: Actions, Permissions, and Resources Reference" (CreateProcessingJob: ' +
    "PassRole; CreateGrant only if the job's role lacks it)",
);

/** The creation of a drift job by the scheduler itself, in the network and with the key. */
function findsDrift(stack: Stack, { endpoint }: Job): readonly Call[] {
  const call = sageMakerCallsBy(stack, "scheduler");
  const job = [`processing-job/${endpoint}-drift-0123456789abcdef`];
  const tag = { "aws:RequestTag/stack": stack.tag };
  return [
    call(["CreateProcessingJob"], job, createsJobs, {
      ...tag,
      "sagemaker:InterContainerTrafficEncryption": "true",
      "sagemaker:VolumeKmsKeyArn": stack.kmsKeyArn,
      ...networkKeys(stack.vpc),
    }),
    call(["AddTags"], job, tagsJobs, { ...tag, "sagemaker:TaggingAction": "CreateProcessingJob" }),
    passesRoles("scheduler", [roleArn(stack, "monitoring")], createsJobs),
  ];
}

const startsPipelines = certain('SageMaker guide, "Schedule Pipeline Runs" (prerequisites)');

/** EventBridge's rules and its scheduler, which start the pipeline; the scheduler also starts drift jobs. */
export const scheduler: Calls = (stack, job) => [
  sageMakerCallsBy(stack, "scheduler")(
    ["StartPipelineExecution"],
    [stack.pipeline, stack.logs?.pipeline ?? []].flat().map((name) => `pipeline/${name}`),
    startsPipelines,
  ),
  ...(stack.findsDrift ? findsDrift(stack, job) : []),
];
