import { isEcrImage, secretProblems } from "./containers";
import { namesSubnets } from "./jobs";
import { encrypted, mustEncrypt } from "./keys";
import { at, document, list, must, type Rule, unmet } from "./rule";

/** Start of the ARN, after the partition, of targets that call an API. */
const universal = /^arn:[\w-]+:scheduler:::aws-sdk:(.+)$/;

/** Other allowed targets of schedules and events: pipelines and topics. */
const known = /^arn:[\w-]+:(sagemaker:[\w-]+:\d{12}:pipeline\/|sns:[\w-]+:\d{12}:)[\w/-]+$/;

const targetProblems = (arn: unknown): readonly string[] =>
  // An undefined ARN is unknown before the update.
  arn === undefined || (typeof arn === "string" && known.test(arn))
    ? []
    : [`the target ${JSON.stringify(arn)} is neither a pipeline nor a topic`];

/** Rules for schedules and events. */
export const scheduleRules: readonly Rule[] = [
  {
    name: "targets-known",
    description:
      "Events only start pipelines and notify topics; so do schedules that call no API. Alarms only notify topics.",
    types: [
      ...["aws:cloudwatch/compositeAlarm:CompositeAlarm", "aws:cloudwatch/metricAlarm:MetricAlarm"],
      ...["aws:cloudwatch/eventTarget:EventTarget", "aws:s3/bucketNotification:BucketNotification"],
      "aws:scheduler/schedule:Schedule",
    ],
    problems: (inputs) => {
      const { arn, target } = inputs;
      const reached = arn ?? at(target, "arn");
      return [
        ...(universal.test(String(reached)) && target !== undefined ? [] : targetProblems(reached)),
        ...["alarmActions", "insufficientDataActions", "okActions"]
          .flatMap((name) => list(inputs[name]))
          .flatMap(targetProblems),
        ...["lambdaFunctions", "queues", "topics"].flatMap((name) =>
          list(inputs[name]).length === 0
            ? []
            : [`${name} must not be notified: the bucket only tells EventBridge`],
        ),
      ];
    },
  },
  {
    name: "subscription-by-email",
    description: "Only people are notified, by email.",
    types: ["aws:sns/topicSubscription:TopicSubscription"],
    problems: ({ protocol }) =>
      unmet([
        protocol === "email" || protocol === "email-json",
        `the protocol must be email, not ${String(protocol)}`,
      ]),
  },
  {
    name: "schedules-create-encrypted-jobs",
    description:
      "The only API that schedules call creates processing jobs: encrypted, and in the network if there is one.",
    types: ["aws:scheduler/schedule:Schedule"],
    reads: ["requireNetwork"],
    problems: ({ target }, config = {}) => {
      const [, api] = universal.exec(String(at(target, "arn"))) ?? [];
      if (api === undefined) {
        return [];
      }
      if (api !== "sagemaker:createProcessingJob") {
        return [`the target calls ${api}, which no rule can check`];
      }
      const input = at(target, "input");
      const job = document(input);
      if (job === undefined) {
        // The endpoint's name is unknown before the update.
        return input === undefined ? [] : ["the target's input is not JSON"];
      }
      const cluster = at(job, "ProcessingResources", "ClusterConfig");
      const network = at(job, "NetworkConfig");
      const image = at(job, "AppSpecification", "ImageUri");
      return [
        ...secretProblems("", job),
        ...unmet(
          [isEcrImage(image), `${String(image)} is not an image in Amazon ECR`],
          [
            encrypted(at(cluster, "VolumeKmsKeyId"), at(cluster, "InstanceType")),
            "volumes must be encrypted by VolumeKmsKeyId",
          ],
          mustEncrypt("outputs", at(job, "ProcessingOutputConfig"), "KmsKeyId"),
          must(true, network, "EnableInterContainerTrafficEncryption"),
          [config.requireNetwork !== true || namesSubnets(network), "VpcConfig must name subnets"],
        ),
      ];
    },
  },
];
