import { z } from "zod";

/** The name of an instance type of SageMaker. Which there are is the service's to say: it adds some every month. */
export const instanceType = z
  .string()
  .regex(/^ml\.[a-z0-9-]+\.[a-z0-9-]+$/, "must be a SageMaker instance type, such as ml.m5.xlarge");

/** Families of instances that have disks of their own: with a d for disk, and those for large models. */
const families = /^ml\.([a-z]+\d+[a-z]*d[a-z]*|dl\d\w*|g[5-9]\w*|p[5-9][\w-]*|trn\d\w*)\./;

/**
 * Whether instances of a type keep data on disks of their own, which their hardware encrypts. SageMaker
 * refuses a key for their volumes. Source: the API reference of CreateEndpointConfig, KmsKeyId.
 */
export function hasLocalStorage(instanceType: string): boolean {
  return families.test(instanceType);
}
