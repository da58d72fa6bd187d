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

/** The folder in which processing containers find their inputs and leave their outputs. */
export const processingFolder = "/opt/ml/processing";

/** Folder of an input or output of a processing container. */
export function folder(name: string): string {
  return `${processingFolder}/${name}`;
}

/** Where a processing container leaves the reason of its failure, which becomes its ExitMessage. */
export const exitMessage = "/opt/ml/output/message";

/** Characters of an argument. Source: ContainerArguments of CreateProcessingJob, of 256. */
const maxArgumentText = 220;

/** JSON as arguments of a script, in parts that are short enough: `--name=PART` each. */
export function jsonArguments(name: string, value: unknown): readonly string[] {
  const parts = JSON.stringify(value).match(new RegExp(`.{1,${maxArgumentText}}`, "gsu")) ?? [];
  return parts.map((part) => `--${name}=${part}`);
}

export interface ProcessingStepArgs<Output extends string> {
  readonly name: string;
  readonly imageUri: StringExpression;
  readonly roleArn: string;
  readonly context: JobContext;
  /** Command to run. Default: the image's own entry point. */
  readonly entrypoint?: readonly string[];
  /** Each at most 256 characters. */
  readonly arguments?: readonly StringExpression[];
  /** In the order in which the container gets them; 10 at most. */
  readonly inputs: readonly ProcessingInput[];
  /** S3 URI of each output, and the folder the container leaves it in. */
  readonly outputs: Readonly<Record<Output, { folder: string; uri: StringExpression }>>;
  /** Number of instances. Default 1. */
  readonly instanceCount?: number | Reference;
  /** Size of the storage volume in GB. Default 30. */
  readonly volumeSizeInGB?: number;
  /** Time limit in seconds. Default 3600. */
  readonly maxRuntimeInSeconds?: number;
  /**
   * Whether the container is cut off from every network. Default true; Data Wrangler's is not, since it
   * must be able to ask S3 itself.
   */
  readonly networkIsolation?: boolean;
  /** Names of steps to wait for in addition to those that the inputs refer to. Default: none. */
  readonly dependsOn?: readonly string[];
  /** Environment variables of the container. Default: none. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Whether an equal step that has run before may stand in for this one. Default true. */
  readonly cached?: boolean;
  /** A JSON document among the outputs that conditions read. Default: none. */
  readonly propertyFile?: { readonly name: string; readonly output: Output; readonly path: string };
}

/** A processing step, and references to what it makes. */
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

/** Input of a processing job from S3: one object, or all in the folder of a URI that ends with a slash. */
export function s3Input(name: string, uri: StringExpression, folder: string): ProcessingInput {
  return {
    InputName: name,
    AppManaged: false,
    S3Input: {
      S3Uri: uri,
      LocalPath: folder,
      S3DataType: "S3Prefix",
      S3InputMode: "File",
      S3DataDistributionType: "FullyReplicated",
      S3CompressionType: "None",
    },
  };
}

/** Maximum length of a container's argument. Source: CreateProcessingJob. */
const maxArgumentLength = 256;

/** Joins names by commas into as few arguments of a container as hold them. */
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
  const { context } = args;
  return {
    AppSpecification: {
      ImageUri: args.imageUri,
      ContainerEntrypoint: args.entrypoint,
      ContainerArguments: args.arguments,
    },
    Environment: args.environment,
    NetworkConfig: {
      EnableInterContainerTrafficEncryption: true,
      EnableNetworkIsolation: args.networkIsolation ?? true,
      VpcConfig: vpcConfig(context),
    },
    ProcessingInputs: args.inputs,
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
        VolumeSizeInGB: args.volumeSizeInGB ?? 30,
        VolumeKmsKeyId: context.kmsKeyArn,
      },
    },
    RoleArn: args.roleArn,
    StoppingCondition: { MaxRuntimeInSeconds: args.maxRuntimeInSeconds ?? 3600 },
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
