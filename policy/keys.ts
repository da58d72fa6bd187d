import { hasLocalStorage } from "../pipeline/instanceTypes";
import { at, isText, type Requirement } from "./rule";

/** Whether a key is the account's own, not AWS's. */
export const ownKey = (key: unknown): boolean => isText(key) && !/(^|[:/])alias\/aws\//.test(key);

/** Whether volumes have the account's own key, or the instances have hardware-encrypted disks. */
export function encrypted(key: unknown, instanceType: unknown): boolean {
  return ownKey(key) || (typeof instanceType === "string" && hasLocalStorage(instanceType));
}

/** Requires a key of the account's own at a path. */
export function mustBeOwnKey(value: unknown, ...path: readonly (string | number)[]): Requirement {
  return [ownKey(at(value, ...path)), `${path.at(-1) ?? ""} must be one of the account's own keys`];
}

/** Requires that what is stored has a key of the account's own, if it is stored at all. */
export function mustEncrypt(what: string, settings: unknown, key: string): Requirement {
  const isStored = settings !== undefined && settings !== null;
  return [!isStored || ownKey(at(settings, key)), `${what} must be encrypted by ${key}`];
}
