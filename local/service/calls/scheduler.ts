import { arn, type Calls } from "./call";

/** What starts the pipeline: EventBridge's rules and its scheduler. */
export const scheduler: Calls = (stack) => [
  {
    actor: "scheduler",
    actions: ["sagemaker:StartPipelineExecution"],
    resources: [arn(stack, "sagemaker", `pipeline/${stack.pipeline}`)],
    evidence: {
      source: 'SageMaker guide, "Schedule Pipeline Runs" (prerequisites)',
      certainty: "certain",
    },
  },
];
