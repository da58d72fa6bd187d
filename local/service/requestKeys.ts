import type { Step } from "../../pipeline/language/definition";
import { isObject } from "../../pipeline/language/json";
import { type Creation, resourceKind } from "./calls";

/** The API call that creates a step's job or model, and its condition keys. */
interface RequestShape {
  readonly kind: Creation["kind"];
  /** Condition keys by the path of their member. Source: Service Authorization Reference, SageMaker. */
  readonly keys: Readonly<Record<string, string>>;
}

/** The keys of a job's network, whose members are at a path. */
const networkAt = (path: string): RequestShape["keys"] => ({
  VpcSubnets: `${path}VpcConfig.Subnets`,
  VpcSecurityGroupIds: `${path}VpcConfig.SecurityGroupIds`,
  NetworkIsolation: `${path}EnableNetworkIsolation`,
  InterContainerTrafficEncryption: `${path}EnableInterContainerTrafficEncryption`,
});

const processing: RequestShape = {
  kind: "ProcessingJob",
  keys: {
    ...networkAt("NetworkConfig."),
    VolumeKmsKeyArn: "ProcessingResources.ClusterConfig.VolumeKmsKeyId",
    OutputKmsKeyArn: "ProcessingOutputConfig.KmsKeyId",
  },
};

const training = "TrainingJobDefinition.";

const shapes: Readonly<Partial<Record<Step["Type"], RequestShape>>> = {
  Processing: processing,
  QualityCheck: processing,
  Training: {
    kind: "TrainingJob",
    keys: {
      ...networkAt(""),
      VolumeKmsKeyArn: "ResourceConfig.VolumeKmsKeyId",
      OutputKmsKeyArn: "OutputDataConfig.KmsKeyId",
    },
  },
  Tuning: {
    kind: "HyperParameterTuningJob",
    keys: {
      ...networkAt(training),
      VolumeKmsKeyArn: `${training}HyperParameterTuningResourceConfig.VolumeKmsKeyId`,
      OutputKmsKeyArn: `${training}OutputDataConfig.KmsKeyId`,
    },
  },
  Model: { kind: "Model", keys: networkAt("") },
  Transform: {
    kind: "TransformJob",
    keys: {
      VolumeKmsKeyArn: "TransformResources.VolumeKmsKeyId",
      OutputKmsKeyArn: "TransformOutput.KmsKeyId",
    },
  },
};

function memberAt(value: unknown, path: string): unknown {
  return path
    .split(".")
    .reduce<unknown>((one, key) => (isObject(one) ? one[key] : undefined), value);
}

/**
 * The condition keys of the pipeline's request for a step's job; undefined if the step starts none.
 */
export function creationOf(
  type: Step["Type"],
  request: unknown,
  name: string,
): Pick<Creation, "context" | "kind" | "path"> | undefined {
  const shape = shapes[type];
  if (shape === undefined) {
    return undefined;
  }
  const context: Record<string, string | readonly string[]> = {};
  for (const [key, path] of Object.entries(shape.keys)) {
    const value = memberAt(request, path);
    if (Array.isArray(value)) {
      context[`sagemaker:${key}`] = value.map(String);
    } else if (["boolean", "string"].includes(typeof value)) {
      context[`sagemaker:${key}`] = String(value);
    }
  }
  const tags = (memberAt(request, "Tags") ?? []) as readonly {
    readonly Key: string;
    readonly Value: string;
  }[];
  for (const { Key, Value } of tags) {
    context[`aws:RequestTag/${Key}`] = Value;
  }
  return { kind: shape.kind, path: `${resourceKind(shape.kind)}/${name}`, context };
}
