import { hasLocalStorage } from "../pipeline/instanceTypes";

/** Whether a key is given for the volumes of instances, or they have disks that the hardware encrypts. */
export function encrypted(key: unknown, instanceType: unknown): boolean {
  return key !== undefined || (typeof instanceType === "string" && hasLocalStorage(instanceType));
}
