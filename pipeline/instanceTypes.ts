import { text } from "./configFields";
import type { PipelineDefinition, Step } from "./language/definition";
import { isComputed, target } from "./language/expressions";
import { allSteps } from "./language/graph";

/** The name of an instance type of SageMaker, which adds new ones every month. */
export const instanceType = text(
  /^ml\.[a-z0-9-]+\.[a-z0-9-]+$/,
  "must be a SageMaker instance type, such as ml.m5.xlarge",
);

/** Families of instances with local disks: with a d for disk, and those for large models. */
const families = /^ml\.([a-z]+\d+[a-z]*d[a-z]*|dl\d\w*|g[5-9]\w*|p[5-9][\w-]*|trn\d\w*)\./;

/**
 * Whether instances of a type have local disks, which the hardware encrypts. SageMaker refuses a key for their volumes: "You can't request a VolumeKmsKeyId when using an instance type with local storage". Source: the
 * API reference of ResourceConfig, TransformResources, and of CreateEndpointConfig (KmsKeyId);
 * aws/sagemaker-python-sdk#3677.
 */
export function hasLocalStorage(instanceType: string): boolean {
  return families.test(instanceType);
}

/**
 * An instance type that is the default of a pipeline parameter. Requests with the parameter have a key for the volume,
 * because a definition cannot have a member for some values of a parameter only. So types with local disks are refused;
 * omitting the key would affect all types.
 *
 * @param instead what to do instead, as the end of a sentence
 */
export function parameterInstanceType(instead: string) {
  return instanceType.refine((type) => !hasLocalStorage(type), {
    error: ({ input }) =>
      `${String(input)} has local disks, which do not support a KMS key: ${instead}`,
  });
}

/** The resources of a step's job; undefined without a job, or without volumes. */
function resourcesOf(step: Step) {
  switch (step.Type) {
    case "ClarifyCheck":
    case "Processing":
    case "QualityCheck":
      return step.Arguments.ProcessingResources?.ClusterConfig;
    case "Training":
      return step.Arguments.ResourceConfig;
    case "Transform":
      return step.Arguments.TransformResources;
    case "Tuning":
      return step.Arguments.TrainingJobDefinition?.HyperParameterTuningResourceConfig;
    default:
      return undefined;
  }
}

/** The parameters of a definition that set the instance type of a job with a key for its volume. */
export function parametersOfKeyedVolumes(definition: PipelineDefinition): readonly string[] {
  return allSteps(definition).flatMap(({ step }) => {
    const { InstanceType: type, VolumeKmsKeyId: key } = resourcesOf(step) ?? {};
    const found =
      isComputed(type) && typeof type["Get"] === "string" ? target(type["Get"]) : undefined;
    return found?.kind === "parameter" && key !== undefined && key !== null ? [found.name] : [];
  });
}
