import { isEcrImage, secretProblems } from "./containers";
import { encrypted, mustEncrypt, ownKey } from "./keys";
import { at, isText, list, must, type Rule, unmet } from "./rule";

/** Rules for endpoints and their monitoring. */
export const endpointRules: readonly Rule[] = [
  {
    name: "model-from-registry",
    description: "Models are approved versions of a model package group.",
    types: ["aws:sagemaker/model:Model"],
    reads: ["requireNetwork"],
    problems: (inputs, config = {}) => [
      ...secretProblems("", [inputs["primaryContainer"], inputs["containers"]]),
      ...unmet(
        [
          isText(at(inputs, "primaryContainer", "modelPackageName")) ||
            isText(at(inputs, "containers", 0, "modelPackageName")),
          "primaryContainer, or each of containers, must name a modelPackageName",
        ],
        [
          list(inputs["containers"]).every((one) => isText(at(one, "modelPackageName"))),
          "containers must each name a modelPackageName",
        ],
        [
          [inputs["primaryContainer"], ...list(inputs["containers"])].every((container) =>
            ["additionalModelDataSources", "image", "modelDataSource", "modelDataUrl"].every(
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
    ],
  },
  {
    name: "endpoint-encrypted",
    description: "Endpoints encrypt their volumes and captured requests.",
    types: ["aws:sagemaker/endpointConfiguration:EndpointConfiguration"],
    problems: (inputs) => {
      const variants = ["productionVariants", "shadowProductionVariants"].flatMap((name) =>
        list(inputs[name]),
      );
      const answers = at(inputs, "asyncInferenceConfig", "outputConfig");
      const dumps = variants.map((variant) => at(variant, "coreDumpConfig"));
      return unmet(
        [
          variants.every((variant) => at(variant, "enableSsmAccess") !== true),
          "enableSsmAccess must not be true: it opens a shell in the containers",
        ],
        [
          dumps.every((dump) => dump === undefined || ownKey(at(dump, "kmsKeyId"))),
          "core dumps must be encrypted by kmsKeyId",
        ],
        [
          variants.every(
            (variant) =>
              at(variant, "serverlessConfig") !== undefined ||
              encrypted(inputs["kmsKeyArn"], at(variant, "instanceType")),
          ),
          "volumes must be encrypted by kmsKeyArn",
        ],
        mustEncrypt("captured requests", inputs["dataCaptureConfig"], "kmsKeyId"),
        mustEncrypt("captured responses", answers, "kmsKeyId"),
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
    types: [
      "aws:sagemaker/dataQualityJobDefinition:DataQualityJobDefinition",
      "aws:sagemaker/monitoringSchedule:MonitoringSchedule",
    ],
    problems: (inputs) => {
      if (inputs["monitoringScheduleConfig"] !== undefined) {
        return unmet([
          at(inputs, "monitoringScheduleConfig", "monitoringJobDefinition") === undefined,
          "a schedule must name a monitoringJobDefinitionName: only that resource is checked",
        ]);
      }
      const image = at(inputs, "dataQualityAppSpecification", "imageUri");
      const cluster = at(inputs, "jobResources", "clusterConfig");
      const network = inputs["networkConfig"];
      return [
        ...secretProblems("", inputs["dataQualityAppSpecification"]),
        ...unmet(
          [
            image === undefined || isEcrImage(image),
            `${String(image)} is not an image in Amazon ECR`,
          ],
          [
            ownKey(at(inputs, "dataQualityJobOutputConfig", "kmsKeyId")),
            "outputs must be encrypted by kmsKeyId",
          ],
          [
            encrypted(at(cluster, "volumeKmsKeyId"), at(cluster, "instanceType")),
            "volumes must be encrypted by volumeKmsKeyId",
          ],
          must(true, network, "enableNetworkIsolation"),
          must(true, network, "enableInterContainerTrafficEncryption"),
        ),
      ];
    },
  },
];
