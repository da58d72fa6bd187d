import * as pulumi from "@pulumi/pulumi";

/**
 * An error of which Pulumi only shows the message. It has no stack trace, because Pulumi formats that in any case, which
 * takes Node.js 20 half a minute if an async program throws (it reads on in `node_modules/@pulumi/resource.ts`).
 *
 * @param message what is wrong, and what to do
 */
export function runError(message: string): pulumi.RunError {
  const error = new pulumi.RunError(message);
  error.stack = `RunError: ${message}`;
  return error;
}
