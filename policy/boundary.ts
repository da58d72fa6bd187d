import { type Inputs, isText } from "./rule";

/** Members of policies that belong to somebody, and of roles. */
const owned = ["assumeRolePolicy", "group", "inlinePolicies", "role", "user"];

/**
 * Whether a resource is a managed policy that only limits roles, by its name: such a one may say "all but". A rule for the whole
 * stack sees that it is attached to nothing.
 */
export function isBoundary(inputs: Inputs): boolean {
  const { name } = inputs;
  return (
    isText(name) && name.endsWith("-boundary") && owned.every((one) => inputs[one] === undefined)
  );
}
