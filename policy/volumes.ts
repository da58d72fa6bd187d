import { hasLocalStorage } from "../pipeline/instanceTypes";
import { ownKey } from "./storage";

/** Whether volumes have the account's own key, or the instances have hardware-encrypted disks. */
export function encrypted(key: unknown, instanceType: unknown): boolean {
  return ownKey(key) || (typeof instanceType === "string" && hasLocalStorage(instanceType));
}
