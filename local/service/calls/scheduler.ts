import { arn, type Calls } from "./call";

/** EventBridge's rules and scheduler, which start the pipeline. */
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
