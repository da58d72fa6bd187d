import type { Step } from "../../pipeline/language/definition";
import { isObject } from "../../pipeline/language/json";
import { type Creation, resourceKind } from "./calls";

/** The API call that creates a step's job or model, and its condition keys. */
interface RequestShape {
  readonly kind: Creation["kind"];
  /** Condition keys by the path of their member. Source: Service Authorization Reference, SageMaker. */
  readonly keys: Readonly<Record<string, readonly string[]>>;
}

const processing: RequestShape = {
  kind: "ProcessingJob",
  keys: {
    VpcSubnets: ["NetworkConfig", "VpcConfig", "Subnets"],
    VpcSecurityGroupIds: ["NetworkConfig", "VpcConfig", "SecurityGroupIds"],
    NetworkIsolation: ["NetworkConfig", "EnableNetworkIsolation"],
    InterContainerTrafficEncryption: ["NetworkConfig", "EnableInterContainerTrafficEncryption"],
    VolumeKmsKeyArn: ["ProcessingResources", "ClusterConfig", "VolumeKmsKeyId"],
    OutputKmsKeyArn: ["ProcessingOutputConfig", "KmsKeyId"],
  },
};

const training: RequestShape["keys"] = {
  VpcSubnets: ["VpcConfig", "Subnets"],
  VpcSecurityGroupIds: ["VpcConfig", "SecurityGroupIds"],
  NetworkIsolation: ["EnableNetworkIsolation"],
  InterContainerTrafficEncryption: ["EnableInterContainerTrafficEncryption"],
  OutputKmsKeyArn: ["OutputDataConfig", "KmsKeyId"],
};

const shapes: Readonly<Partial<Record<Step["Type"], RequestShape>>> = {
  Processing: processing,
  QualityCheck: processing,
  Training: {
    kind: "TrainingJob",
    keys: { ...training, VolumeKmsKeyArn: ["ResourceConfig", "VolumeKmsKeyId"] },
  },
  Tuning: {
    kind: "HyperParameterTuningJob",
    keys: {
      ...Object.fromEntries(
        Object.entries(training).map(([key, path]) => [key, ["TrainingJobDefinition", ...path]]),
      ),
      VolumeKmsKeyArn: [
        "TrainingJobDefinition",
        "HyperParameterTuningResourceConfig",
        "VolumeKmsKeyId",
      ],
    },
  },
  Model: {
    kind: "Model",
    keys: {
      VpcSubnets: ["VpcConfig", "Subnets"],
      VpcSecurityGroupIds: ["VpcConfig", "SecurityGroupIds"],
      NetworkIsolation: ["EnableNetworkIsolation"],
    },
  },
  Transform: {
    kind: "TransformJob",
    keys: {
      VolumeKmsKeyArn: ["TransformResources", "VolumeKmsKeyId"],
      OutputKmsKeyArn: ["TransformOutput", "KmsKeyId"],
    },
  },
};

function memberAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((one, key) => (isObject(one) ? one[key] : undefined), value);
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
  const tags = (memberAt(request, ["Tags"]) ?? []) as readonly {
    readonly Key: string;
    readonly Value: string;
  }[];
  for (const { Key, Value } of tags) {
    context[`aws:RequestTag/${Key}`] = Value;
  }
  return { kind: shape.kind, path: `${resourceKind(shape.kind)}/${name}`, context };
}
