import type { Step } from "../../pipeline/language/definition";
import type { IamRequest } from "./iam";
import { arn, call } from "./iamRequests";
import { at } from "./definitions";

/** A call that the pipeline makes for a step: the ending of its action, the kind of resource, and where its keys come from. */
interface JobCall {
  readonly action: string;
  readonly resource: string;
  /** Condition keys by the path of the member that they are about. Source: Service Authorization Reference, SageMaker. */
  readonly keys: Readonly<Record<string, readonly string[]>>;
}

const processing: JobCall = {
  action: "CreateProcessingJob",
  resource: "processing-job/pipelines-0123456789ab-Job",
  keys: {
    VpcSubnets: ["NetworkConfig", "VpcConfig", "Subnets"],
    VpcSecurityGroupIds: ["NetworkConfig", "VpcConfig", "SecurityGroupIds"],
    NetworkIsolation: ["NetworkConfig", "EnableNetworkIsolation"],
    InterContainerTrafficEncryption: ["NetworkConfig", "EnableInterContainerTrafficEncryption"],
    VolumeKmsKeyArn: ["ProcessingResources", "ClusterConfig", "VolumeKmsKeyId"],
    OutputKmsKeyArn: ["ProcessingOutputConfig", "KmsKeyId"],
  },
};

const jobCalls: Readonly<Partial<Record<Step["Type"], JobCall>>> = {
  Processing: processing,
  QualityCheck: processing,
  Tuning: {
    action: "CreateHyperParameterTuningJob",
    resource: "hyper-parameter-tuning-job/0123456789ab-Tune",
    keys: {
      VpcSubnets: ["TrainingJobDefinition", "VpcConfig", "Subnets"],
      VpcSecurityGroupIds: ["TrainingJobDefinition", "VpcConfig", "SecurityGroupIds"],
      NetworkIsolation: ["TrainingJobDefinition", "EnableNetworkIsolation"],
      InterContainerTrafficEncryption: [
        "TrainingJobDefinition",
        "EnableInterContainerTrafficEncryption",
      ],
      VolumeKmsKeyArn: [
        "TrainingJobDefinition",
        "HyperParameterTuningResourceConfig",
        "VolumeKmsKeyId",
      ],
      OutputKmsKeyArn: ["TrainingJobDefinition", "OutputDataConfig", "KmsKeyId"],
    },
  },
  Model: {
    action: "CreateModel",
    resource: "model/pipelines-0123456789ab-Model",
    keys: {
      VpcSubnets: ["VpcConfig", "Subnets"],
      VpcSecurityGroupIds: ["VpcConfig", "SecurityGroupIds"],
      NetworkIsolation: ["EnableNetworkIsolation"],
    },
  },
  Transform: {
    action: "CreateTransformJob",
    resource: "transform-job/pipelines-0123456789ab-Transform",
    keys: {
      VolumeKmsKeyArn: ["TransformResources", "VolumeKmsKeyId"],
      OutputKmsKeyArn: ["TransformOutput", "KmsKeyId"],
    },
  },
};

/** What the pipeline asks for when it starts the job of a step, by what the step says; undefined: it starts none. */
export function jobRequest(step: Step): IamRequest | undefined {
  const found = jobCalls[step.Type];
  if (found === undefined) {
    return undefined;
  }
  const context: Record<string, string | readonly string[]> = {};
  for (const [key, path] of Object.entries(found.keys)) {
    const value = safeAt(step, "Arguments", ...path);
    if (value !== undefined && value !== null) {
      context[`sagemaker:${key}`] = Array.isArray(value)
        ? value.map(String)
        : JSON.stringify(value).replaceAll('"', "");
    }
  }
  const tags = (safeAt(step, "Arguments", "Tags") ?? []) as readonly {
    Key: string;
    Value: string;
  }[];
  for (const { Key, Value } of tags) {
    context[`aws:RequestTag/${Key}`] = Value;
  }
  return call(`sagemaker:${found.action}`, arn("sagemaker", found.resource), context);
}

function safeAt(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (current, key) => (current === undefined || current === null ? undefined : at(current, key)),
    value,
  );
}
