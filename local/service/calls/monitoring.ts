import { type Calls, callsBy, likely } from "./call";
import { everyJob } from "./everyJob";
import { reads, writes } from "./storage";

const driftMetrics = likely(
  "aws-samples/amazon-sagemaker-safe-deployment-pipeline, assets/deploy-model-prd.yml (an alarm on the first " +
    'namespace); SageMaker guide, "CloudWatch Metrics for Bring Your Own Containers" (the second)',
);

/**
 * A job of a monitoring schedule, or a drift job: reads requests, labels, and the model's baseline or reference, and writes
 * its findings. A drift job's metrics come from its log.
 */
export const monitoring: Calls = (stack, job) => {
  const { candidate, endpoint, execution } = job;
  return [
    ...everyJob(stack, "monitoring", "ProcessingJobs", job),
    ...reads(stack, "monitoring", [
      `endpoints/${endpoint}/capture/2020/01/01/00/requests.jsonl`,
      `executions/${execution}/baseline/statistics.json`,
      `executions/${execution}/baseline/constraints.json`,
      `endpoints/${endpoint}/code/0123456789abcdef/drift.py`,
      `endpoints/${endpoint}/labels/2020/01/01/00/labels.jsonl`,
      `endpoints/${endpoint}/drift/v1/2020-01-01T00.json`,
      `executions/${execution}/evaluation/${candidate}/drift_reference.json`,
    ]),
    ...writes(stack, "monitoring", [
      `endpoints/${endpoint}/monitoring/constraint_violations.json`,
      `endpoints/${endpoint}/drift/v1/2020-01-01T00.json`,
    ]),
    ...["aws/sagemaker/Endpoints/data-metrics", "/aws/sagemaker/Endpoint/data-metrics"].map(
      (namespace) =>
        callsBy("monitoring")(["cloudwatch:PutMetricData"], ["*"], driftMetrics, {
          context: { "cloudwatch:namespace": namespace },
        }),
    ),
  ];
};
