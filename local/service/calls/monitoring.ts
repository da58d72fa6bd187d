import type { Call, Calls, Evidence } from "./call";
import { everyJob } from "./everyJob";
import { reads, writes } from "./storage";

const driftMetrics: Evidence = {
  source:
    "aws-samples/amazon-sagemaker-safe-deployment-pipeline, assets/deploy-model-prd.yml (an alarm on the first " +
    'namespace); SageMaker guide, "CloudWatch Metrics for Bring Your Own Containers" (the second)',
  certainty: "likely",
};

/** A job of a monitoring schedule: reads requests and the model's baseline, and writes the violations. */
export const monitoring: Calls = (stack, job) => {
  const { endpoint, execution } = job;
  return [
    ...everyJob(stack, "monitoring", "ProcessingJobs", job),
    ...reads(stack, "monitoring", [
      `endpoints/${endpoint}/capture/2020/01/01/00/requests.jsonl`,
      `executions/${execution}/baseline/statistics.json`,
      `executions/${execution}/baseline/constraints.json`,
    ]),
    ...writes(stack, "monitoring", [`endpoints/${endpoint}/monitoring/constraint_violations.json`]),
    ...["aws/sagemaker/Endpoints/data-metrics", "/aws/sagemaker/Endpoint/data-metrics"].map(
      (namespace): Call => ({
        actor: "monitoring",
        actions: ["cloudwatch:PutMetricData"],
        resources: ["*"],
        context: { "cloudwatch:namespace": namespace },
        evidence: driftMetrics,
      }),
    ),
  ];
};
