import type { ProcessingArguments, ProcessingStep } from "../language/definition";
import {
  type StringExpression,
  type JsonGet,
  type Reference,
  stepProperty,
} from "../language/expressions";
import { parameter } from "../parameters";
import { cached, type JobContext, jobRetries, tags, vpcConfig } from "./step";

/** An input of a processing job. */
export type ProcessingInput = NonNullable<ProcessingArguments["ProcessingInputs"]>[number];

/** The folder of processing containers' inputs and outputs. */
export const processingFolder = "/opt/ml/processing";

/** Folder of an input or output of a processing container. */
export function folder(name: string): string {
  return `${processingFolder}/${name}`;
}

/** The file for a processing container's reason of failure, which becomes its ExitMessage. */
export const exitMessage = "/opt/ml/output/message";

/** Max length of an argument's value; ContainerArguments of CreateProcessingJob allows 256 with its name. */
const maxArgumentText = 220;

/** JSON as arguments of a script, in parts of limited length, `--name=PART` each. */
export function jsonArguments(name: string, value: unknown): readonly string[] {
  const parts = JSON.stringify(value).match(new RegExp(`.{1,${maxArgumentText}}`, "gsu")) ?? [];
  return parts.map((part) => `--${name}=${part}`);
}

export interface ProcessingStepArgs<Output extends string> {
  readonly name: string;
  readonly imageUri: StringExpression;
  readonly roleArn: string;
  readonly context: JobContext;
  /** Python script to run, and the S3 URI of its folder, the first input. Default: the image's own entry point. */
  readonly script?: { readonly name: string; readonly source: StringExpression };
  /** Each at most 256 characters. */
  readonly arguments?: readonly StringExpression[];
  /** In the container's order; at most 10, with the script's. */
  readonly inputs: readonly ProcessingInput[];
  /** S3 URI of each output, by the container's folder. */
  readonly outputs: Readonly<Record<Output, { folder: string; uri: StringExpression }>>;
  /** Number of instances. Default 1. */
  readonly instanceCount?: number | Reference;
  /** Whether the container has no network. Default true; Data Wrangler's needs S3 itself. */
  readonly networkIsolation?: boolean;
  /** Names of steps to wait for in addition to those that the inputs refer to. Default: none. */
  readonly dependsOn?: readonly string[];
  /** Environment variables of the container. Default: none. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Whether the result of an equal earlier step may be reused. Default true. */
  readonly cached?: boolean;
  /** A JSON document in the outputs, for conditions. Default: none. */
  readonly propertyFile?: { readonly name: string; readonly output: Output; readonly path: string };
}

/** A processing step, and references to its outputs. */
export interface Processing<Output extends string> {
  readonly step: ProcessingStep;
  /** S3 URI of an output. */
  output(name: Output): Reference;
  /**
   * A value of the property file, by a dotted path.
   * @throws Error if the step declares no property file.
   */
  jsonGet(path: string): JsonGet;
}

/** Input of a processing job from S3: an object, or a folder, whose URI ends with a slash. */
export function s3Input(
  name: string,
  uri: StringExpression,
  localPath = folder(name),
): ProcessingInput {
  return {
    InputName: name,
    AppManaged: false,
    S3Input: {
      S3Uri: uri,
      LocalPath: localPath,
      S3DataType: "S3Prefix",
      S3InputMode: "File",
      S3DataDistributionType: "FullyReplicated",
      S3CompressionType: "None",
    },
  };
}

/** Maximum length of a container's argument. Source: CreateProcessingJob. */
const maxArgumentLength = 256;

/** Joins names by commas into as few arguments of a container as possible. */
export function joinedNames(names: readonly string[]): readonly string[] {
  return names.reduce<string[]>((all, name) => {
    const last = all.at(-1);
    if (last !== undefined && last.length + name.length + 1 <= maxArgumentLength) {
      all[all.length - 1] = `${last},${name}`;
    } else {
      all.push(name);
    }
    return all;
  }, []);
}

/** The arguments of the API call CreateProcessingJob. */
export function processingArguments<Output extends string>(
  args: Omit<ProcessingStepArgs<Output>, "cached" | "dependsOn" | "name" | "propertyFile">,
): ProcessingArguments {
  const outputs = Object.entries<{ folder: string; uri: StringExpression }>(args.outputs);
  const { context, script } = args;
  return {
    AppSpecification: {
      ImageUri: args.imageUri,
      ContainerEntrypoint: script && ["python3", `${folder("code")}/${script.name}.py`],
      ContainerArguments: args.arguments,
    },
    Environment: args.environment,
    NetworkConfig: {
      EnableInterContainerTrafficEncryption: true,
      EnableNetworkIsolation: args.networkIsolation ?? true,
      VpcConfig: vpcConfig(context),
    },
    ProcessingInputs: [...(script ? [s3Input("code", script.source)] : []), ...args.inputs],
    ProcessingOutputConfig: {
      KmsKeyId: context.kmsKeyArn,
      Outputs: outputs.map(([outputName, { folder, uri }]) => ({
        OutputName: outputName,
        AppManaged: false,
        S3Output: { S3Uri: uri, LocalPath: folder, S3UploadMode: "EndOfJob" },
      })),
    },
    ProcessingResources: {
      ClusterConfig: {
        InstanceType: parameter("ProcessingInstanceType"),
        InstanceCount: args.instanceCount ?? 1,
        VolumeSizeInGB: 30,
        VolumeKmsKeyId: context.kmsKeyArn,
      },
    },
    RoleArn: args.roleArn,
    StoppingCondition: { MaxRuntimeInSeconds: 3600 },
  };
}

/** Builds a Processing step. */
export function processingStep<Output extends string>(
  args: ProcessingStepArgs<Output>,
): Processing<Output> {
  const { name, propertyFile } = args;
  const step: ProcessingStep = {
    Name: name,
    Type: "Processing",
    RetryPolicies: jobRetries,
    CacheConfig: args.cached === false ? undefined : cached,
    DependsOn: args.dependsOn,
    PropertyFiles: propertyFile && [
      {
        PropertyFileName: propertyFile.name,
        OutputName: propertyFile.output,
        FilePath: propertyFile.path,
      },
    ],
    Arguments: { ...processingArguments(args), Tags: tags(args.context) },
  };
  return {
    step,
    output: (output) =>
      stepProperty(name, `ProcessingOutputConfig.Outputs['${output}'].S3Output.S3Uri`),
    jsonGet: (path) => {
      if (propertyFile === undefined) {
        throw new Error(`step ${name} declares no property file to read ${path} from`);
      }
      return {
        "Std:JsonGet": {
          PropertyFile: stepProperty(name, `PropertyFiles.${propertyFile.name}`),
          Path: path,
        },
      };
    },
  };
}
