import { type Inputs, isText } from "./rule";

/** Inputs that only policies of an identity, or roles, have. */
const owned = ["assumeRolePolicy", "group", "inlinePolicies", "role", "user"];

/**
 * Whether a resource is a boundary, by its name: a managed policy that may use NotAction and the like, because a rule for
 * the whole stack checks that it is not attached.
 */
export function isBoundary(inputs: Inputs): boolean {
  const { name } = inputs;
  return (
    isText(name) && name.endsWith("-boundary") && owned.every((one) => inputs[one] === undefined)
  );
}
