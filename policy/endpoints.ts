import { at, isText, list, type Rule, unmet } from "./rule";
import { ownKey } from "./storage";
import { encrypted } from "./volumes";

/** Rules for endpoints and their monitoring. */
export const endpointRules: readonly Rule[] = [
  {
    name: "model-from-registry",
    description: "Models are approved versions of a model package group.",
    types: ["aws:sagemaker/model:Model"],
    reads: ["requireNetwork"],
    problems: (inputs, config = {}) =>
      unmet(
        [
          isText(at(inputs, "primaryContainer", "modelPackageName")) ||
            isText(at(inputs, "containers", 0, "modelPackageName")),
          "primaryContainer, or each of containers, must name a modelPackageName",
        ],
        [
          list(inputs["containers"] as readonly unknown[] | undefined).every((one) =>
            isText(at(one, "modelPackageName")),
          ),
          "containers must each name a modelPackageName",
        ],
        [
          [
            inputs["primaryContainer"],
            ...list(inputs["containers"] as readonly unknown[] | undefined),
          ].every((container) =>
            ["image", "modelDataUrl", "modelDataSource"].every(
              (name) => at(container, name) === undefined,
            ),
          ),
          "containers must use the image and files of their model package",
        ],
        // Serverless endpoints support neither.
        [
          config.requireNetwork !== true || inputs["enableNetworkIsolation"] === true,
          "enableNetworkIsolation must be true",
        ],
        [
          config.requireNetwork !== true || at(inputs, "vpcConfig", "subnets", 0) !== undefined,
          "vpcConfig must name subnets",
        ],
      ),
  },
  {
    name: "endpoint-encrypted",
    description: "Endpoints encrypt their volumes and captured requests.",
    types: ["aws:sagemaker/endpointConfiguration:EndpointConfiguration"],
    problems: (inputs) => {
      const variants = ["productionVariants", "shadowProductionVariants"].flatMap((name) =>
        list(inputs[name] as readonly unknown[] | undefined),
      );
      const answers = at(inputs, "asyncInferenceConfig", "outputConfig");
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
          capture === undefined || ownKey(at(capture, "kmsKeyId")),
          "captured requests must be encrypted by kmsKeyId",
        ],
        [
          answers === undefined || ownKey(at(answers, "kmsKeyId")),
          "captured responses must be encrypted by kmsKeyId",
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
        // Serverless endpoints have no such configuration.
        deploymentConfig === undefined ||
          at(deploymentConfig, "autoRollbackConfiguration", "alarms", 0) !== undefined,
        "autoRollbackConfiguration must name alarms",
      ]),
  },
  {
    name: "monitoring-encrypted-and-isolated",
    description: "Monitoring encrypts its outputs, and has no network access.",
    types: ["aws:sagemaker/dataQualityJobDefinition:DataQualityJobDefinition"],
    problems: (inputs) => {
      const cluster = at(inputs, "jobResources", "clusterConfig");
      const network = inputs["networkConfig"];
      return unmet(
        [
          ownKey(at(inputs, "dataQualityJobOutputConfig", "kmsKeyId")),
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
