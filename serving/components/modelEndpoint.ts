import * as sagemaker from "@pulumi/aws/sagemaker";
import type { types } from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

import { runError } from "../../errors/runError";
import { hasLocalStorage } from "../../pipeline/instanceTypes";
import type { Vpc } from "../../pipeline/steps/step";
import { versionedName } from "../names";
import type { AlarmThresholds, Compute, Update } from "../settings";
import { EndpointAlarms } from "./endpointAlarms";
import { EndpointScaling } from "./endpointScaling";
import { deploymentConfig } from "./updatePolicy";

/**
 * The arguments of {@link ModelEndpoint}. All are plain values, since the main stack is already deployed. Names can
 * therefore contain a hash of the content, and a preview knows them.
 */
export interface ModelEndpointArgs {
  /** Name of the endpoint; all other names begin with it. */
  readonly name: string;
  /** The model package to serve, and its version. */
  readonly modelPackage: {
    readonly arn: string;
    readonly version: number;
    /** How many containers serve it: several are an inference pipeline. */
    readonly containers: number;
  };
  /** Role of the endpoint. */
  readonly roleArn: string;
  /** Encrypts volumes and captured requests. */
  readonly kmsKeyArn: string;
  /** Network of the endpoint; undefined: SageMaker's own. */
  readonly vpc: Vpc | undefined;
  readonly compute: Compute;
  readonly update: Update;
  /** Captures a percentage of the requests and their responses; undefined: none. */
  readonly capture: { readonly percentage: number; readonly uri: string } | undefined;
  readonly alarms: AlarmThresholds;
  /** Topic of the alarms. */
  readonly topicArn: string;
}

/** The same in every configuration: SageMaker only switches in steps between variants of the same name. */
export const variantName = "model";

/** An endpoint that serves a version of a model, with its alarms and, if configured, its scaling. */
export class ModelEndpoint extends pulumi.ComponentResource {
  /** The endpoint. Like all outputs, it only resolves if the endpoint serves the intended model. */
  public readonly endpointName: pulumi.Output<string>;
  public readonly endpointArn: pulumi.Output<string>;
  public readonly configurationName: pulumi.Output<string>;

  constructor(name: string, args: ModelEndpointArgs, opts?: pulumi.ComponentResourceOptions) {
    super("restate:serving:ModelEndpoint", name, {}, opts);
    const child: pulumi.ComponentResourceOptions = { parent: this };
    const { compute, name: endpointName } = args;
    const configuration = this.configuration(name, args, this.model(name, args));
    const alarms = new EndpointAlarms(
      `${name}-alarms`,
      { endpointName, variantName, thresholds: args.alarms, topicArn: args.topicArn },
      child,
    );
    const endpoint = new sagemaker.Endpoint(
      `${name}-endpoint`,
      {
        name: endpointName,
        endpointConfigName: configuration.name,
        deploymentConfig:
          compute.mode === "real-time"
            ? deploymentConfig(args.update, alarms.alarmNames)
            : undefined,
      },
      { parent: this, dependsOn: [alarms] },
    );
    if (compute.mode === "real-time" && compute.maxInstances > compute.minInstances) {
      new EndpointScaling(
        `${name}-scaling`,
        { endpointName, variantName, compute },
        { ...child, dependsOn: [endpoint] },
      );
    }

    const served = pulumi
      .all([configuration.name, endpoint.endpointConfigName])
      .apply(([wanted, actual]) => checkServed(endpointName, wanted, actual));
    this.configurationName = served;
    this.endpointName = pulumi.all([endpoint.name, served]).apply(([name]) => name);
    this.endpointArn = pulumi.all([endpoint.arn, served]).apply(([arn]) => arn);
    this.registerOutputs({
      endpointName: this.endpointName,
      endpointArn: this.endpointArn,
      configurationName: this.configurationName,
    });
  }

  /** The model, isolated from every network except to download its files. */
  private model(name: string, args: ModelEndpointArgs): sagemaker.Model {
    const content: sagemaker.ModelArgs = {
      executionRoleArn: args.roleArn,
      // Serverless endpoints support neither isolation nor a network.
      enableNetworkIsolation: args.compute.mode === "real-time",
      // Source for the form: SageMaker's guide, "Deploy a Model from the Registry" (Boto3).
      ...(args.modelPackage.containers > 1
        ? { containers: [{ modelPackageName: args.modelPackage.arn }] }
        : { primaryContainer: { modelPackageName: args.modelPackage.arn } }),
      vpcConfig: args.vpc && {
        subnets: [...args.vpc.subnetIds],
        securityGroupIds: [...args.vpc.securityGroupIds],
      },
    };
    return new sagemaker.Model(
      `${name}-model`,
      { name: versionedName(args.name, args.modelPackage.version, content), ...content },
      { parent: this },
    );
  }

  private configuration(
    name: string,
    args: ModelEndpointArgs,
    model: sagemaker.Model,
  ): sagemaker.EndpointConfiguration {
    const { capture, compute, kmsKeyArn } = args;
    const encrypted = compute.mode === "real-time" && !hasLocalStorage(compute.instanceType);
    const content = {
      kmsKeyArn: encrypted ? kmsKeyArn : undefined,
      dataCaptureConfig: capture && {
        enableCapture: true,
        initialSamplingPercentage: capture.percentage,
        destinationS3Uri: capture.uri,
        kmsKeyId: kmsKeyArn,
        captureOptions: [{ captureMode: "Input" }, { captureMode: "Output" }],
        // Other types are captured in base 64, which Model Monitor cannot compare.
        captureContentTypeHeader: { csvContentTypes: ["text/csv"] },
      },
    };
    return new sagemaker.EndpointConfiguration(
      `${name}-configuration`,
      {
        name: model.name.apply((modelName) =>
          versionedName(args.name, args.modelPackage.version, { ...content, compute, modelName }),
        ),
        ...content,
        productionVariants: [{ variantName, modelName: model.name, ...variant(compute) }],
      },
      { parent: this },
    );
  }
}

/** The compute of a variant. */
function variant(
  compute: Compute,
): Partial<types.input.sagemaker.EndpointConfigurationProductionVariant> {
  if (compute.mode === "real-time") {
    return { instanceType: compute.instanceType, initialInstanceCount: compute.minInstances };
  }
  const { maxConcurrency, memoryMegabytes, provisionedConcurrency } = compute;
  return {
    serverlessConfig: {
      maxConcurrency,
      memorySizeInMb: memoryMegabytes,
      ...(provisionedConcurrency === 0 ? {} : { provisionedConcurrency }),
    },
  };
}

/**
 * The provider considers an endpoint updated once it is in service, even if the alarms have rolled it back. An error
 * ends the update there: otherwise Pulumi would delete the configuration that it still serves, and no later update
 * could succeed. Source: hashicorp/terraform-provider-aws#48997.
 */
function checkServed(endpoint: string, wanted: string, served: string): string {
  if (served !== wanted) {
    throw runError(
      `The update of ${endpoint} to ${wanted} was rolled back: it still serves ${served}`,
    );
  }
  return served;
}
