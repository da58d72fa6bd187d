import { at, list, type Rule, unmet } from "./rule";
import { encrypted } from "./volumes";

/** Rules for what serves models, and watches it. */
export const endpointRules: readonly Rule[] = [
  {
    name: "model-from-registry",
    description: "Models are versions of a model package group, which somebody has approved.",
    types: ["aws:sagemaker/model:Model"],
    problems: (inputs) =>
      unmet([
        at(inputs, "primaryContainer", "modelPackageName") !== undefined,
        "primaryContainer must name a modelPackageName",
      ]),
  },
  {
    name: "endpoint-encrypted",
    description: "Endpoints encrypt their volumes, and the requests that they keep.",
    types: ["aws:sagemaker/endpointConfiguration:EndpointConfiguration"],
    problems: (inputs) => {
      const variants = list(inputs["productionVariants"] as readonly unknown[] | undefined);
      const capture = inputs["dataCaptureConfig"];
      return unmet(
        [
          variants.every(
            (variant) =>
              at(variant, "serverlessConfig") !== undefined ||
              encrypted(inputs["kmsKeyArn"], at(variant, "instanceType")),
          ),
          "volumes must be encrypted by kmsKeyArn",
        ],
        [
          capture === undefined || at(capture, "kmsKeyId") !== undefined,
          "requests that are kept must be encrypted by kmsKeyId",
        ],
      );
    },
  },
  {
    name: "endpoint-rolls-back",
    description: "Updates that replace instances roll back on alarms.",
    types: ["aws:sagemaker/endpoint:Endpoint"],
    problems: ({ deploymentConfig }) =>
      unmet([
        // A serverless endpoint has no such configuration.
        deploymentConfig === undefined ||
          at(deploymentConfig, "autoRollbackConfiguration", "alarms", 0) !== undefined,
        "autoRollbackConfiguration must name alarms",
      ]),
  },
  {
    name: "monitoring-encrypted-and-isolated",
    description: "Monitoring encrypts what it writes, and has no network.",
    types: ["aws:sagemaker/dataQualityJobDefinition:DataQualityJobDefinition"],
    problems: (inputs) => {
      const cluster = at(inputs, "jobResources", "clusterConfig");
      const network = inputs["networkConfig"];
      return unmet(
        [
          at(inputs, "dataQualityJobOutputConfig", "kmsKeyId") !== undefined,
          "outputs must be encrypted by kmsKeyId",
        ],
        [
          encrypted(at(cluster, "volumeKmsKeyId"), at(cluster, "instanceType")),
          "volumes must be encrypted by volumeKmsKeyId",
        ],
        [at(network, "enableNetworkIsolation") === true, "enableNetworkIsolation must be true"],
        [
          at(network, "enableInterContainerTrafficEncryption") === true,
          "enableInterContainerTrafficEncryption must be true",
        ],
      );
    },
  },
];
