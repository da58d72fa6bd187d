import { at, document, list, type Rule, unmet } from "./rule";
import { ownKey } from "./storage";
import { encrypted } from "./volumes";

/** What the ARN of a target that calls any API begins with, after the partition. */
const universal = /^arn:[\w-]+:scheduler:::aws-sdk:(.+)$/;

/** What a schedule or an event may start or notify beside: a pipeline, or a topic. */
const known = /^arn:[\w-]+:(sagemaker:[\w-]+:\d{12}:pipeline\/|sns:[\w-]+:\d{12}:)[\w/-]+$/;

const targetProblems = (arn: unknown): readonly string[] =>
  // Only an update knows an ARN that is undefined.
  arn === undefined || (typeof arn === "string" && known.test(arn))
    ? []
    : [`the target ${JSON.stringify(arn)} is neither a pipeline nor a topic`];

/** Rules for what happens at a time, or on an event. */
export const scheduleRules: readonly Rule[] = [
  {
    name: "targets-known",
    description: "Events only start pipelines and notify topics; so do schedules that call no API.",
    types: ["aws:cloudwatch/eventTarget:EventTarget", "aws:scheduler/schedule:Schedule"],
    problems: ({ arn, target }) => {
      const reached = arn ?? at(target, "arn");
      return universal.test(String(reached)) && target !== undefined ? [] : targetProblems(reached);
    },
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
        // Only an update knows what the endpoint is called.
        return input === undefined ? [] : ["the target's input is not JSON"];
      }
      const cluster = at(job, "ProcessingResources", "ClusterConfig");
      const outputs = at(job, "ProcessingOutputConfig");
      const network = at(job, "NetworkConfig");
      return unmet(
        [
          encrypted(at(cluster, "VolumeKmsKeyId"), at(cluster, "InstanceType")),
          "volumes must be encrypted by VolumeKmsKeyId",
        ],
        [
          outputs === undefined || ownKey(at(outputs, "KmsKeyId")),
          "outputs must be encrypted by KmsKeyId",
        ],
        [
          at(network, "EnableInterContainerTrafficEncryption") === true,
          "EnableInterContainerTrafficEncryption must be true",
        ],
        [
          config.requireNetwork !== true ||
            list(at(network, "VpcConfig", "Subnets") as readonly unknown[] | undefined).length > 0,
          "VpcConfig must name subnets",
        ],
      );
    },
  },
];
