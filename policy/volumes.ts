import { hasLocalStorage } from "../pipeline/instanceTypes";
import { ownKey } from "./storage";

/** Whether a key of the account's own is given for the volumes of instances, or they have disks that the hardware encrypts. */
export function encrypted(key: unknown, instanceType: unknown): boolean {
  return ownKey(key) || (typeof instanceType === "string" && hasLocalStorage(instanceType));
}
