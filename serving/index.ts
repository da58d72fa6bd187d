import * as pulumi from "@pulumi/pulumi";

import { policyDocument } from "../components/policyDocument";
import { prebuiltImage } from "../components/prebuiltImages";
import { stackProvider, stackTags } from "../components/provider";
import { modelMonitorWarning } from "../components/warnings";
import { runError } from "../errors/runError";
import { prefixes } from "../pipeline/storage";
import { awsClients } from "./awsClients";
import { checkMonitored, findDriftReference, readBaseline } from "./baseline";
import { DriftMonitoring } from "./components/driftMonitoring";
import { EndpointMonitoring } from "./components/endpointMonitoring";
import { ModelEndpoint, variantName } from "./components/modelEndpoint";
import { loadSettings } from "./config";
import { captureFolder } from "./driftJob";
import { readMainStack } from "./mainStack";
import { findModelPackage, type ModelPackage } from "./modelPackages";
import { endpointName } from "./names";
import type { Settings } from "./settings";
import type { ServingOutputs } from "./outputs";

type Outputs = { readonly [Name in keyof ServingOutputs]: pulumi.Input<ServingOutputs[Name]> };

/**
 * Refuses a serverless endpoint for an inference pipeline, such as one that accepts the table's own rows.
 * Source: SageMaker's guide, "Serverless Inference", feature exclusions.
 */
function checkPipeline({ arn, containers }: ModelPackage, { compute }: Settings): void {
  if (containers > 1 && compute.mode === "serverless") {
    throw runError(
      `restate-serving:compute: ${arn} is an inference pipeline of ${containers} containers, which serverless endpoints ` +
        "do not run: choose mode real-time",
    );
  }
}

/** Looks up everything first, so that nothing is registered if something is missing. */
export = async function serve(): Promise<Outputs> {
  const settings = loadSettings();
  const main = await readMainStack(settings.mainStack);
  const clients = awsClients(main.region, settings.aws.profile);
  const model = await findModelPackage(
    clients.sageMaker,
    main.modelPackageGroupName,
    settings.modelPackageArn,
  );
  const { monitoring } = settings;
  checkPipeline(model, settings);
  if (monitoring.mode !== "none") {
    checkMonitored(model);
  }
  if (monitoring.mode === "data-quality") {
    await pulumi.log.warn(modelMonitorWarning("restate-serving:monitoring"));
  }
  const monitored =
    monitoring.mode === "data-quality"
      ? { settings: monitoring, baseline: await readBaseline(clients.s3, model) }
      : undefined;
  const drift =
    monitoring.mode === "drift"
      ? { settings: monitoring, referenceUri: findDriftReference(model, main.bucketName) }
      : undefined;

  const name = endpointName(main.pipelineName, settings.endpointName, settings.compute.mode);
  const folder = `s3://${main.bucketName}/${prefixes.endpoints}/${name}`;
  const vpc = settings.network === "main-stack" && main.subnetIds.length > 0 ? main : undefined;
  const capture =
    settings.capturePercentage === 0
      ? undefined
      : {
          percentage: settings.capturePercentage,
          uri:
            drift === undefined
              ? `${folder}/capture`
              : `s3://${main.bucketName}/${captureFolder(name, model.version)}`,
        };

  const tags = stackTags(settings.aws, "restate-serving");
  const provider = stackProvider(settings.aws, main.region, tags);
  const options: pulumi.ComponentResourceOptions = { providers: { aws: provider } };

  const endpoint = new ModelEndpoint(
    "endpoint",
    {
      name,
      modelPackage: model,
      roleArn: main.servingRoleArn,
      kmsKeyArn: main.kmsKeyArn,
      vpc,
      compute: settings.compute,
      update: settings.update,
      capture,
      alarms: settings.alarms,
      topicArn: main.topicArn,
    },
    options,
  );
  const onDrift = {
    topicArn: main.topicArn,
    pipelineArn: main.pipelineArn,
    schedulerRoleArn: main.schedulerRoleArn,
  };
  const dataQuality =
    monitored &&
    new EndpointMonitoring(
      "monitoring",
      {
        endpointName: name,
        servingEndpoint: endpoint.endpointName,
        modelVersion: model.version,
        ...monitored,
        imageUri: prebuiltImage("modelMonitor", main.region, { provider }),
        roleArn: main.monitoringRoleArn,
        kmsKeyArn: main.kmsKeyArn,
        vpc,
        outputUri: `${folder}/monitoring`,
        ...onDrift,
      },
      options,
    );
  const ownDrift =
    drift &&
    new DriftMonitoring(
      "drift",
      {
        job: {
          endpointName: name,
          modelPackage: model,
          ...drift,
          bucket: main.bucketName,
          region: main.region,
          roleArn: main.monitoringRoleArn,
          kmsKeyArn: main.kmsKeyArn,
          vpc,
          mainStack: settings.mainStack.split("/").at(-1) ?? "",
        },
        imageUri: prebuiltImage("xgboost", main.region, { provider }),
        servingEndpoint: endpoint.endpointName,
        variantName,
        ...onDrift,
      },
      options,
    );

  return {
    outputsVersion: "1",
    endpointName: endpoint.endpointName,
    endpointArn: endpoint.endpointArn,
    endpointConfigurationName: endpoint.configurationName,
    modelPackageArn: model.arn,
    modelPackageVersion: String(model.version),
    invokePolicy: policyDocument([
      {
        Sid: "InvokeEndpoint",
        Effect: "Allow",
        Action: "sagemaker:InvokeEndpoint",
        Resource: endpoint.endpointArn,
      },
    ]),
    captureUri: capture?.uri ?? "",
    monitoringScheduleName: (dataQuality ?? ownDrift)?.scheduleName ?? "",
  };
};
