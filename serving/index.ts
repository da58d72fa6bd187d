import * as pulumi from "@pulumi/pulumi";

import { closedServiceWarning } from "../components/closedServices";
import { prebuiltImage } from "../components/prebuiltImages";
import { stackProvider, stackTags } from "../components/provider";
import { prefixes } from "../pipeline/storage";
import { awsClients } from "./awsClients";
import { readBaseline } from "./baseline";
import { EndpointMonitoring } from "./components/endpointMonitoring";
import { ModelEndpoint } from "./components/modelEndpoint";
import { loadSettings } from "./config";
import { readMainStack } from "./mainStack";
import { findModelPackage } from "./modelPackages";
import { endpointName } from "./names";
import type { ServingOutputs } from "./outputs";

type Outputs = { readonly [Name in keyof ServingOutputs]: pulumi.Input<ServingOutputs[Name]> };

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
  if (monitoring.mode !== "none") {
    await pulumi.log.warn(closedServiceWarning("modelMonitor", "restate-serving:monitoring"));
  }
  const monitored =
    monitoring.mode === "none"
      ? undefined
      : { settings: monitoring, baseline: await readBaseline(clients.s3, model) };

  const name = endpointName(main.pipelineName, settings.endpointName, settings.compute.mode);
  const folder = `s3://${main.bucketName}/${prefixes.endpoints}/${name}`;
  const vpc = settings.network === "main-stack" && main.subnetIds.length > 0 ? main : undefined;
  const capture =
    settings.capturePercentage === 0
      ? undefined
      : { percentage: settings.capturePercentage, uri: `${folder}/capture` };

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
  const watch =
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
        topicArn: main.topicArn,
        pipelineArn: main.pipelineArn,
        schedulerRoleArn: main.schedulerRoleArn,
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
    invokePolicy: pulumi.jsonStringify({
      Version: "2012-10-17",
      Statement: [
        {
          Sid: "InvokeEndpoint",
          Effect: "Allow",
          Action: "sagemaker:InvokeEndpoint",
          Resource: endpoint.endpointArn,
        },
      ],
    }),
    captureUri: capture?.uri ?? "",
    monitoringScheduleName: watch?.scheduleName ?? "",
  };
};
