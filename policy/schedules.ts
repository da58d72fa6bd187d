import { at, document, list, type Rule, unmet } from "./rule";
import { ownKey } from "./storage";
import { encrypted } from "./volumes";

/** What the ARN of a target that calls any API begins with, after the partition. */
const universal = /^arn:[\w-]+:scheduler:::aws-sdk:(.+)$/;

/** Rules for what the scheduler does by the clock. */
export const scheduleRules: readonly Rule[] = [
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
