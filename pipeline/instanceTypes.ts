import { z } from "zod";

/** The name of an instance type of SageMaker. Which there are is the service's to say: it adds some every month. */
export const instanceType = z
  .string()
  .regex(/^ml\.[a-z0-9-]+\.[a-z0-9-]+$/, "must be a SageMaker instance type, such as ml.m5.xlarge");

/** Families of instances that have disks of their own: with a d for disk, and those for large models. */
const families = /^ml\.([a-z]+\d+[a-z]*d[a-z]*|dl\d\w*|g[5-9]\w*|p[5-9][\w-]*|trn\d\w*)\./;

/**
 * Whether instances of a type keep data on disks of their own, which their hardware encrypts. SageMaker refuses a key
 * for their volumes: "You can't request a VolumeKmsKeyId when using an instance type with local storage". Source: the
 * API reference of ResourceConfig, TransformResources, and of CreateEndpointConfig (KmsKeyId);
 * aws/sagemaker-python-sdk#3677.
 */
export function hasLocalStorage(instanceType: string): boolean {
  return families.test(instanceType);
}

/**
 * An instance type that is the default of a pipeline parameter. The requests that take it name a key for the volume,
 * since a definition cannot have a member for some values of a parameter only. So a type whose disks take no key is
 * refused, rather than the key left out, and with it from every type that an execution is started with.
 *
 * @param instead what to do instead, as the end of a sentence
 */
export function parameterInstanceType(instead: string) {
  return instanceType.refine((type) => !hasLocalStorage(type), {
    error: ({ input }) =>
      `${String(input)} has disks of its own, which take no KMS key: ${instead}`,
  });
}

/**
 * The parameters of a definition that set the instance type of a request which names a key for the volume.
 *
 * @param part the definition, or a part of it
 */
export function parametersOfKeyedVolumes(part: unknown): readonly string[] {
  if (typeof part !== "object" || part === null) {
    return [];
  }
  const { InstanceType: type, VolumeKmsKeyId: key } = part as Readonly<Record<string, unknown>>;
  const { Get: reference } = (type ?? {}) as { readonly Get?: unknown };
  const name = /^Parameters\.(.+)$/.exec(typeof reference === "string" ? reference : "")?.[1];
  return [
    ...(name === undefined || key === undefined ? [] : [name]),
    ...Object.values(part).flatMap(parametersOfKeyedVolumes),
  ];
}
