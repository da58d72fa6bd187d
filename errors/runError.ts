import * as pulumi from "@pulumi/pulumi";

/**
 * An error that Pulumi shows by its message alone. It has no stack: Pulumi describes that in colours all
 * the same, and where an async program throws, Node.js 20 is at it for half a minute (it finds no end of the
 * module in `node_modules/@pulumi/resource.ts`).
 *
 * @param message what is wrong, and what to do
 */
export function runError(message: string): pulumi.RunError {
  const error = new pulumi.RunError(message);
  error.stack = `RunError: ${message}`;
  return error;
}
